"""One run from its configuration: what is stored repeats it, and what is given starts it."""

from pathlib import Path

import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir
from hydra.errors import InstantiationException
from omegaconf import DictConfig

from posed_spontaneous.lightning_modules import PairClassifier
from posed_spontaneous.runs import RunFolder, find_runs
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training import estimate_work, open_job, train

from ..conftest import ROOT, Command


def compose_run(root: Path, *overrides: str) -> DictConfig:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose("train", [*overrides, f"paths.runs={root}"])


@pytest.fixture(scope="module")
def run(small: list[str], narrow: list[str], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with options of every kind."""
    root = tmp_path_factory.mktemp("trained")
    overrides = [*small, *narrow, "network=comb2", "comparison.op.start=random", "seed=3", "fold=1"]
    train(compose_run(root, *overrides, "augmentation=mild", "optimizer=sgd", "role=trial"))
    (stored,) = find_runs(root)
    return stored


def test_a_stored_configuration_repeats_its_run(
    run: RunFolder, command: Command, tmp_path: Path
) -> None:
    done = command(
        "train.py", "--config-path", str(run.path), "--config-name", "config",
        f"paths.runs={tmp_path / 'again'}", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (again,) = find_runs(tmp_path / "again")
    assert again.card == run.card
    pd.testing.assert_frame_equal(again.predictions(), run.predictions(), check_exact=True)
    pd.testing.assert_frame_equal(again.features(), run.features(), check_exact=True)
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_the_checkpoint_rebuilds_the_network(run: RunFolder) -> None:
    module = PairClassifier.load_from_checkpoint(run.path / "model.ckpt")
    assert module.network.name == run.card.system == "CompCNN-Comb@2"
    stored = run.network().state_dict()
    assert all(torch.equal(w, stored[name]) for name, w in module.network.state_dict().items())


def test_training_starts_from_given_weights(
    run: RunFolder, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    given = f"weights={run.path / 'model.ckpt'}"
    overrides = [*small, *narrow, "network=comb2"]
    job = open_job(compose_run(tmp_path, *overrides, given))
    stored = run.network().state_dict()
    assert all(torch.equal(w, stored[n]) for n, w in job.module.network.state_dict().items())
    assert job.card.variant != open_job(compose_run(tmp_path, *overrides)).card.variant


class StopAfter(pl.Callback):
    """Writes a full checkpoint after an epoch."""

    def __init__(self, file: Path, epoch: int) -> None:
        self.file, self.epoch = file, epoch

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.current_epoch == self.epoch:
            trainer.save_checkpoint(self.file)


def test_training_continues_from_a_full_checkpoint(
    small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    """The continued run ends with the weights of the run that was never interrupted."""
    overrides = [*small, *narrow, "trainer.max_epochs=3", "fold=0"]
    file = tmp_path / "epoch1.ckpt"
    train(compose_run(tmp_path / "whole", *overrides), [StopAfter(file, 1)])
    train(compose_run(tmp_path / "continued", *overrides, f"ckpt_path={file}"))
    whole, continued = (find_runs(tmp_path / name)[0] for name in ("whole", "continued"))
    pd.testing.assert_frame_equal(
        continued.predictions(), whole.predictions(), check_exact=False, atol=1e-6
    )
    assert list(continued.curves()["epoch"]) == [2]
    assert continued.card != whole.card


def test_a_finished_run_is_not_trained_again(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pl.Trainer, "fit", lambda *_, **__: pytest.fail("trained again"))
    assert train(run.config()) is None


def test_unknown_probes_are_refused_before_training(small: list[str], tmp_path: Path) -> None:
    with pytest.raises(InstantiationException) as raised:
        open_job(compose_run(tmp_path, *small, "datamodule.frames=[onset]"))
    assert isinstance(raised.value.__cause__, InputError)
    assert "datamodule.frames: got ['onset'], expected two of" in str(raised.value.__cause__)
    assert not list(tmp_path.iterdir())


def test_work_grows_with_arithmetic_and_epochs(small: list[str], tmp_path: Path) -> None:
    def estimate(*overrides: str) -> float:
        work = compose_run(tmp_path, *small, *overrides).work
        return estimate_work(work.network, work.image_size, work.epochs, work.steps)

    once, twice = estimate("trainer.max_epochs=1"), estimate("trainer.max_epochs=2")
    assert twice == 2 * once
    assert estimate("comparison.at=3", "trainer.max_epochs=1") > once
