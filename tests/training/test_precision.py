"""The native precision is asked of the device, and decides nothing else."""

import pytest
import torch

from training.precision import native_precision


@pytest.mark.parametrize(("units", "precision"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_processor_is_asked_for_its_units(
    units: bool, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": units})
    assert native_precision() == precision


def test_this_processor_gives_an_answer() -> None:
    assert native_precision() in ("bf16-mixed", "32-true")
