"""The native precision is asked of the device that trains."""

import pytest
import torch

from posed_spontaneous.training.precision import native_precision


@pytest.mark.parametrize(("units", "precision"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_processor_is_asked_for_its_units(
    units: bool, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": units})
    assert native_precision("auto") == precision


def test_a_gpu_that_does_not_train_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": False})
    assert native_precision("auto") == "bf16-mixed"
    assert native_precision("cpu") == "32-true"


def test_this_processor_gives_an_answer() -> None:
    assert native_precision("auto") in ("bf16-mixed", "32-true")
