"""Loggers in addition to the curves in the run folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from posed_spontaneous.callbacks import loggers
from posed_spontaneous.runs import find_runs
from posed_spontaneous.runtime.errors import InputError

from ..conftest import CARD, Command


def test_tensorboard_receives_the_curves(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    done = command(
        "train.py", *small, *narrow, f"paths.runs={tmp_path}", "logger=tensorboard",
        "trainer.max_epochs=2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = find_runs(tmp_path)
    events = EventAccumulator(str(tmp_path / ".tensorboard" / run.card.folder))
    events.Reload()
    logged = [event.value for event in events.Scalars("train/loss")]
    assert logged == pytest.approx(run.curves()["train/loss"], rel=1e-6)
    assert len(logged) == 2


@pytest.mark.parametrize("package", ["tensorboard", "mlflow"])
def test_a_missing_package_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ModuleNotFoundError(package)

    name = {"tensorboard": "TensorBoardLogger", "mlflow": "MLFlowLogger"}[package]
    monkeypatch.setattr(loggers, name, fail)
    build = getattr(loggers, f"{package}_logger")
    option = {"tensorboard": {"root": "x"}, "mlflow": {"tracking_uri": "x"}}[package]
    with pytest.raises(InputError, match=f"logger={package}: .* pip install"):
        build(Path("folder"), CARD, **option)


def test_an_mlflow_run_is_named_after_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    received = {}
    monkeypatch.setattr(
        loggers, "MLFlowLogger", lambda *args, **options: received.update(options, args=args)
    )
    card = replace(CARD, seed=4, fold=1)
    loggers.mlflow_logger(Path("folder"), card, tracking_uri="sqlite:///x.db")
    assert received["args"] == (card.study, f"{card.variant}/seed4-fold01")
    assert received["tracking_uri"] == "sqlite:///x.db"
    assert received["tags"]["role"] == "row"
