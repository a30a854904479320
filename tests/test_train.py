"""The user's commands, executed on a drawn database."""

import json
import shutil
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import open_dict

from posed_spontaneous.runs import RunFolder, find_failures, find_runs

from .conftest import ROOT, Command

SWEEP = ["-m", "comparison.op=sub,comb", "comparison.at=1,3"]


def read_predictions(root: Path) -> dict[str, pd.DataFrame]:
    return {str(run.card.folder): run.predictions() for run in find_runs(root)}


def assert_same_predictions(root: Path, other: Path) -> None:
    ours, theirs = read_predictions(root), read_predictions(other)
    assert ours.keys() == theirs.keys()
    for name in ours:
        pd.testing.assert_frame_equal(ours[name], theirs[name], check_exact=True)


@pytest.fixture(scope="module")
def sweep(
    command: Command, small: list[str], narrow: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Runs of two operators, two placements and both folds, trained in sequence."""
    root = tmp_path_factory.mktemp("sweep")
    done = command("train.py", *SWEEP, *small, *narrow, f"paths.runs={root}")
    assert done.returncode == 0, done.stderr
    return root


def test_a_sweep_trains_every_network_on_every_fold(sweep: Path) -> None:
    cards = [run.card for run in find_runs(sweep)]
    assert {(card.system, card.fold) for card in cards} == {
        (f"CompCNN-{operator}@{placement}", fold)
        for operator in ("Sub", "Comb")
        for placement in (1, 3)
        for fold in (0, 1)
    }
    assert len({card.study for card in cards}) == 1


def test_a_run_holds_the_facts(sweep: Path) -> None:
    run = find_runs(sweep)[0]
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        "config.yaml", "curves", "features.npz", "metrics.json", "model.ckpt",
        "predictions.parquet", "run.json", "run.log", "versions.yaml",
    }  # fmt: skip
    predictions, features = run.predictions(), run.features()
    assert list(features.index) == list(predictions["sample_id"])
    assert features.shape == (48, 5)
    assert (features.to_numpy() >= 0).all()
    scores = predictions[["score_posed", "score_spontaneous"]]
    assert (abs(scores.sum(axis=1) - 1) < 1e-5).all()
    test = predictions[predictions["part"] == "test"]
    stored = json.loads((run.path / "metrics.json").read_text())
    assert stored["error"] == pytest.approx((test["label"] != test["predicted"]).mean())
    curves = pd.read_csv(run.path / "curves" / "metrics.csv")
    assert {"train/loss", "train/accuracy", "epoch"} <= set(curves)


def test_the_checkpoint_gives_the_stored_predictions(sweep: Path) -> None:
    """The stored weights, loaded into a new network, give the stored predictions."""
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    run: RunFolder = find_runs(sweep)[-1]
    config = OmegaConf.load(run.path / "config.yaml")
    network = instantiate(config.network, classes=2).eval()
    weights = torch.load(run.path / "model.ckpt", weights_only=True)["state_dict"]
    network.load_state_dict({name.removeprefix("network."): w for name, w in weights.items()})
    batches = instantiate(config.datamodule).predict_dataloader()
    with torch.inference_mode():
        scores = torch.cat([network(b["onset"], b["apex"]).softmax(1) for b in batches])
    stored = torch.tensor(run.predictions()[["score_posed", "score_spontaneous"]].to_numpy())
    torch.testing.assert_close(scores, stored.float())


def test_a_second_sweep_skips_what_is_finished(
    sweep: Path, command: Command, small: list[str], narrow: list[str]
) -> None:
    before = {run.path: (run.path / "run.json").stat().st_mtime_ns for run in find_runs(sweep)}
    done = command("train.py", *SWEEP, *small, *narrow, f"paths.runs={sweep}")
    assert done.returncode == 0
    assert {
        run.path: (run.path / "run.json").stat().st_mtime_ns for run in find_runs(sweep)
    } == before
    assert done.stdout.count("(already finished, nothing trained)") == len(before)


def test_a_request_that_a_finished_run_cannot_fulfil_is_answered(
    sweep: Path, command: Command, small: list[str], narrow: list[str]
) -> None:
    done = command(
        "train.py", *small, *narrow, f"paths.runs={sweep}", "logger=tensorboard",
        "+callbacks.rate._target_=pytorch_lightning.callbacks.LearningRateMonitor",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for request in ("logger.tensorboard", "callbacks.rate"):
        assert f"the run was finished without {request}, which sees nothing now" in done.stdout


def test_a_callback_that_may_compute_makes_another_run(
    sweep: Path, command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    """The callback zeroes the output layer, so its run must not be found by the plain command."""
    (tmp_path / "freezing.py").write_text(
        "import pytorch_lightning as pl\n"
        "class Zero(pl.Callback):\n"
        "    def on_train_end(self, trainer, module):\n"
        "        for p in module.network.parameters():\n"
        "            p.data.zero_()\n"
    )
    shutil.copytree(sweep, tmp_path / "runs")
    done = command(
        "train.py", *small, *narrow, f"paths.runs={tmp_path}/runs",
        "+callbacks.zero._target_=freezing.Zero", env={"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before = {run.path.relative_to(sweep) for run in find_runs(sweep)}
    runs = {run.path.relative_to(tmp_path / "runs"): run for run in find_runs(tmp_path / "runs")}
    (new,) = runs.keys() - before
    assert runs[new].card.choices["callbacks"] == {"zero": {"_target_": "freezing.Zero"}}
    assert runs[new].metrics()["error"] == 0.5


def test_an_option_without_meaning_is_refused(command: Command, small: list[str]) -> None:
    done = command("train.py", *small, "+lr=0.1")
    assert done.returncode == 1
    assert done.stderr.startswith("error: lr: no such option at the top level")
    assert len(done.stderr.strip().splitlines()) == 1


def test_parallel_processes_predict_the_same(
    sweep: Path,
    command: Command,
    small: list[str],
    narrow: list[str],
    tmp_path: Path,
) -> None:
    done = command(
        "train.py", *SWEEP, *small, *narrow, f"paths.runs={tmp_path}",
        "hydra/launcher=all_cores", "hydra.launcher.workers=2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_same_predictions(tmp_path, sweep)


def test_a_kill_loses_only_the_unfinished_run(
    sweep: Path, command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    arguments = [*SWEEP, *small, *narrow, f"paths.runs={tmp_path}"]
    process = subprocess.Popen(
        [sys.executable, "train.py", *arguments],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    # The second run is being written when the first is finished.
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if find_runs(tmp_path) and any((tmp_path / ".unfinished").iterdir()):
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()

    finished = read_predictions(tmp_path)
    reference = read_predictions(sweep)
    assert 1 <= len(finished) < len(reference)
    kept = {run.path: (run.path / "run.json").stat().st_mtime_ns for run in find_runs(tmp_path)}

    done = command("train.py", *arguments)
    assert done.returncode == 0, done.stderr
    assert_same_predictions(tmp_path, sweep)
    for path, written in kept.items():
        assert (path / "run.json").stat().st_mtime_ns == written
    assert not list((tmp_path / ".unfinished").iterdir())


@pytest.mark.parametrize("protocols", ["folds.k=2,3", "folds=kfold,loso"])
def test_a_sweep_has_one_protocol(
    protocols: str, command: Command, small: list[str], tmp_path: Path
) -> None:
    others = [override for override in small if not override.startswith("folds")]
    done = command("train.py", "-m", *others, protocols, f"paths.runs={tmp_path}")
    assert done.returncode != 0
    assert f"{protocols}: databases and protocols differ" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_failing_job_is_recorded_and_others_finish(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    arguments = ["-m", "optimizer.lr=-1,1e-3", "fold=0", *small, *narrow, f"paths.runs={tmp_path}"]
    done = command("train.py", *arguments, "schedule=constant")
    assert done.returncode != 0
    assert len(find_runs(tmp_path)) == 1
    (failure,) = find_failures(tmp_path)
    assert "Invalid learning rate" in failure.reason
    assert "Traceback" in (failure.path / "traceback.txt").read_text()
    assert (failure.path / "config.yaml").exists()


MISTAKES = {
    "placement": (["comparison.at=4"], r"comparison.at: got 4, expected 1, 2, 3 or all"),
    "operator": (["comparison.op=plus"], "Could not find 'comparison.op/plus'"),
    "fold": (["fold=2"], "fold: got 2, expected 0 to 1"),
    "folds": (["folds.k=7"], "folds.k: got 7 folds for 6 subjects"),
    "kernels": (["architecture.kernels=[5,5]"], "architecture.kernels: got 2 values"),
    "manifest": (["data.path=none.csv"], "none.csv: no such file"),
    "size": (["datamodule.image_size=48"], "44x44 pixels, expected 48x48"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_before_training(
    mistake: str, command: Command, small: list[str], tmp_path: Path
) -> None:
    overrides, message = MISTAKES[mistake]
    done = command("train.py", *small, *overrides, f"paths.runs={tmp_path}")
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not find_runs(tmp_path)
    if "error: " in done.stderr:
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("mistake", ["folds", "manifest"])
def test_a_sweep_reports_a_mistake_once(
    mistake: str, command: Command, small: list[str], tmp_path: Path
) -> None:
    overrides, message = MISTAKES[mistake]
    done = command("train.py", "-m", *small, *overrides, f"paths.runs={tmp_path}")
    assert done.returncode != 0
    assert done.stderr.count(message) == 1
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_invalid_job_of_a_sweep_fails_on_its_own(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    done = command(
        "train.py", "-m", "comparison.at=4,1", "fold=0", *small, *narrow, f"paths.runs={tmp_path}"
    )
    assert done.returncode != 0
    assert [run.card.system for run in find_runs(tmp_path)] == ["CompCNN-Sub@1"]
    assert MISTAKES["placement"][1] in done.stderr
    assert "Traceback" not in done.stderr


def test_early_stopping_keeps_the_best_epoch_of_held_out_subjects(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    done = command(
        "train.py", *small, *narrow, f"paths.runs={tmp_path}", "stopping=early",
        "datamodule.validation=0.4", "trainer.max_epochs=4", "optimizer.lr=0.05",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = find_runs(tmp_path)
    assert set(run.predictions()["part"]) == {"train", "validation", "test"}
    curves = pd.read_csv(run.path / "curves" / "metrics.csv")
    held_back = run.predictions().query("part == 'validation'")
    scores = held_back[["score_posed", "score_spontaneous"]].to_numpy()
    truth = (held_back["label"] == "spontaneous").to_numpy(int)
    loss = -np.log(scores[np.arange(len(truth)), truth]).mean()
    assert loss == pytest.approx(curves["validation/loss"].min(), abs=1e-5)


@pytest.mark.parametrize("command_name", ["train", "baseline"])
def test_a_sweeper_that_optimises_gets_no_test_figure(
    command_name: str, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    overrides = [*small, f"paths.runs={tmp_path}", *(narrow if command_name == "train" else [])]
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose(command_name, overrides, return_hydra_config=True)
    config.hydra.mode = RunMode.RUN
    HydraConfig.instance().set_config(config)
    with open_dict(config):
        del config["hydra"]
    task = import_module(f"posed_spontaneous.{command_name}").main.__wrapped__
    assert task(config) is None
    assert len(find_runs(tmp_path)) == 1
