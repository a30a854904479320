"""A network that is trained in a pack equals the network that is trained on its own."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.runs import CHECKPOINT, RunFolder, find_failures, find_runs
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training import TrainingJob, train
from posed_spontaneous.training import open_job as open_training_job
from posed_spontaneous.training.packing.pack import train_pack

from ...conftest import ROOT, Command

register_resolvers()

OPERATORS = sorted(path.stem for path in (ROOT / "conf" / "comparison.op").glob("*.yaml"))
STEPS = ["trainer.max_epochs=3", "trainer.accelerator=cpu"]


def open_job(overrides: list[str], root: Path) -> tuple[TrainingJob, DictConfig]:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        command = compose("train", [*overrides, f"paths.runs={root}"], return_hydra_config=True)
    command.hydra.job.name = "train"
    HydraConfig.instance().set_config(command)
    config = command.copy()
    with open_dict(config):
        del config["hydra"]
    return open_training_job(config), command


def train_both_ways(members: list[list[str]], folder: Path) -> tuple[list[RunFolder], ...]:
    """Runs of the members, each alone and all as one."""
    for member in members:
        train(open_job(member, folder / "alone")[0].config)
    jobs, commands = zip(*(open_job(m, folder / "packed") for m in members), strict=True)
    train_pack(jobs, commands)
    return find_runs(folder / "alone"), find_runs(folder / "packed")


@pytest.mark.parametrize("network", ["diffcnn", "comb1", "sub3"])
def test_members_of_a_pack_equal_networks_trained_on_their_own(
    network: str, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    usual = [*small, *narrow, *STEPS, f"network={network}"]
    members = [[*usual, f"fold={fold}", f"seed={seed}"] for fold in (0, 1) for seed in (0, 3)]
    alone, packed = train_both_ways(members, tmp_path)
    assert [run.card for run in packed] == [run.card for run in alone]
    assert len(packed) == 4
    for one, other in zip(alone, packed, strict=True):
        scores = [run.predictions().filter(like="score_").to_numpy() for run in (one, other)]
        np.testing.assert_allclose(scores[1], scores[0], atol=2e-4)
        np.testing.assert_allclose(other.features(), one.features(), atol=2e-3)


@pytest.mark.parametrize("placement", ["1", "all"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_can_be_packed(
    operator: str, placement: str, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    usual = [*small, *narrow, "trainer.accelerator=cpu", "trainer.max_epochs=1"]
    usual += [f"comparison.op={operator}", f"comparison.at={placement}"]
    alone, packed = train_both_ways([[*usual, f"fold={fold}"] for fold in (0, 1)], tmp_path)
    assert len(packed) == 2
    for one, other in zip(alone, packed, strict=True):
        scores = [run.predictions().filter(like="score_").to_numpy() for run in (one, other)]
        np.testing.assert_allclose(scores[1], scores[0], atol=2e-4)


def test_padding_of_smaller_members_is_ignored(
    small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    usual = [*small, *narrow, *STEPS, "network=sub1", "datamodule.batch_size=13"]
    # 24 and 16 pairs: the second batch has 11 and 3.
    members = [[*usual, f"datamodule.training_subjects={count}"] for count in (3, 2)]
    alone, packed = train_both_ways(members, tmp_path)
    for one, other in zip(alone, packed, strict=True):
        scores = [run.predictions().filter(like="score_").to_numpy() for run in (one, other)]
        np.testing.assert_allclose(scores[1], scores[0], atol=2e-4)
        curves = [run.curves().dropna(subset="train/loss") for run in (one, other)]
        for figure in ("train/loss", "train/accuracy", "train/balanced_accuracy", "epoch", "step"):
            np.testing.assert_allclose(curves[1][figure], curves[0][figure], atol=1e-4)


@pytest.mark.parametrize(
    "length",
    [
        ["trainer.max_epochs=3"],
        ["trainer.max_epochs=-1", "trainer.max_steps=7"],
        ["trainer.max_epochs=2", "+trainer.accumulate_grad_batches=1"],
    ],
    ids=["epochs", "steps", "own option"],
)
@pytest.mark.parametrize("network", ["diffcnn", "comb2"])
def test_members_with_fewer_batches_keep_their_own_epochs_and_schedule(
    network: str, length: list[str], small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    usual = [*small, *narrow, "trainer.accelerator=cpu", *length, f"network={network}"]
    # 24, 16 and 24 pairs in batches of 7: 4, 3 and 4 batches.
    usual += ["datamodule.batch_size=7", "trainer.precision=64-true"]
    members = [
        [*usual, f"datamodule.training_subjects={count}", f"seed={seed}"]
        for count, seed in ((3, 0), (2, 1), (3, 2))
    ]
    alone, packed = train_both_ways(members, tmp_path)
    assert len(packed) == 3
    for one, other in zip(alone, packed, strict=True):
        scores = [run.predictions().filter(like="score_").to_numpy() for run in (one, other)]
        np.testing.assert_allclose(scores[1], scores[0], atol=1e-6)
        curves = [run.curves().dropna(subset="train/loss") for run in (one, other)]
        for figure in ("train/loss", "train/accuracy", "train/balanced_accuracy", "epoch", "step"):
            np.testing.assert_allclose(curves[1][figure], curves[0][figure], atol=1e-5)
        stored = [torch.load(run.path / CHECKPOINT, weights_only=True) for run in (one, other)]
        assert stored[1]["epoch"] == stored[0]["epoch"]
        assert stored[1]["global_step"] == stored[0]["global_step"]
        draws = [{k: v for k, v in c["state_dict"].items() if k.endswith("draw")} for c in stored]
        assert draws[1] == draws[0]


def test_a_run_of_a_pack_holds_an_ordinary_checkpoint(
    small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    member = [*small, *narrow, *STEPS, "network=comb3"]
    (alone,), (packed,) = train_both_ways([member], tmp_path)
    places = [torch.load(run.path / CHECKPOINT, weights_only=True) for run in (alone, packed)]
    assert places[1]["epoch"] == places[0]["epoch"] == 3
    assert places[1]["global_step"] == places[0]["global_step"]
    weights = [run.network().state_dict() for run in (alone, packed)]
    for name, weight in weights[0].items():
        torch.testing.assert_close(weights[1][name], weight, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("stopping=early", "stopping"),
        ("logger=wandb", "logger"),
        ("+trainer.gradient_clip_val=1.0", "gradient_clip_val"),
        ("datamodule.validation=0.3", "validation"),
        ("trainer.precision=16-mixed", "precision"),
        ("optimizer._target_=torch.optim.Adafactor", "optimizer"),
    ],
)
def test_unsupported_options_are_refused_in_one_line(
    choice: str, message: str, small: list[str], tmp_path: Path
) -> None:
    job, command = open_job([*small, *STEPS, choice], tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        train_pack([job], [command])
    assert "\n" not in str(caught.value)
    assert not find_runs(tmp_path)


def test_steps_are_counted_as_outside_of_a_pack(
    small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    steps = ["trainer.max_epochs=-1", "trainer.max_steps=8", "trainer.accelerator=cpu"]
    (alone,), (packed,) = train_both_ways([[*small, *narrow, *steps, "fold=1"]], tmp_path)
    for column in ("step", "epoch"):
        assert packed.curves()[column].tolist() == alone.curves()[column].tolist()


def test_three_classes_are_packed_too(
    small: list[str], narrow: list[str], manifest: Path, tmp_path: Path
) -> None:
    rows = pd.read_csv(manifest)
    rows["label"] = np.resize(["anger", "fear", "joy"], len(rows))
    named = manifest.parent / "three.csv"
    rows.to_csv(named, index=False)
    usual = [*small, *narrow, *STEPS, f"data.path={named}"]
    alone, packed = train_both_ways([[*usual, f"seed={seed}"] for seed in (0, 1)], tmp_path)
    for one, other in zip(alone, packed, strict=True):
        scores = [run.predictions().filter(like="score_").to_numpy() for run in (one, other)]
        assert scores[0].shape[1] == 3
        np.testing.assert_allclose(scores[1], scores[0], atol=2e-4)


def test_a_failing_pack_leaves_a_failure_for_each_run(
    small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    diverging = [*small, *narrow, *STEPS, "optimizer.lr=1e30"]
    jobs, commands = zip(
        *(open_job([*diverging, f"fold={f}"], tmp_path) for f in (0, 1)), strict=True
    )
    with pytest.raises(FloatingPointError):
        train_pack(jobs, commands)
    assert not find_runs(tmp_path)
    assert find_failures(tmp_path)


SWEEP = ["-m", "network=diffcnn,sub2", "seed=0,1", *STEPS]


def test_the_launcher_packs_a_sweep_and_a_run_can_be_repeated(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    usual = [
        *(*SWEEP, *small, *narrow, f"paths.runs={tmp_path}", "hydra/launcher=packed"),
        # Of four runs of a network three and one, and a run that is asked for twice.
        *("hydra.launcher.largest=3", "fold=0,1,0"),
    ]
    done = command("train.py", *usual)
    assert done.returncode == 0, done.stderr
    runs = find_runs(tmp_path)
    assert len(runs) == 8  # 2 networks, 2 folds, 2 seeds
    assert "pack 4 of 4" in done.stdout
    for run in runs:
        # The command of a run is its own, not that of the pack.
        assert f"seed={run.card.seed}" in run.versions()["command"]
        assert f"fold={run.card.fold}" in run.versions()["command"]

    before = {run.path: run.predictions() for run in runs}
    redone = runs[3]
    shutil.rmtree(redone.path)
    stamps = {run.path: (run.path / "run.json").stat().st_mtime_ns for run in find_runs(tmp_path)}
    assert command("train.py", *usual).returncode == 0
    again = {run.path: run for run in find_runs(tmp_path)}
    assert set(again) == set(before)
    for path, stamp in stamps.items():
        assert (path / "run.json").stat().st_mtime_ns == stamp
    pd.testing.assert_frame_equal(
        again[redone.path].predictions(), before[redone.path], atol=2e-4, rtol=0
    )


def test_the_launcher_packs_networks_alone(command: Command, small: list[str]) -> None:
    done = command("baseline.py", "-m", "baseline=majority", *small, "hydra/launcher=packed")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("use hydra/launcher=all_cores")


def test_an_invalid_job_of_a_packed_sweep_fails_alone(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    done = command(
        "train.py", "-m", "comparison.at=1,5", "fold=0", *STEPS, *small, *narrow,
        f"paths.runs={tmp_path}", "hydra/launcher=packed",
    )  # fmt: skip
    assert done.returncode == 1
    assert "comparison.at: got 5" in done.stdout
    assert len(find_runs(tmp_path)) == 1


def test_single_precision_is_why_they_differ(
    small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    usual = [*small, *narrow, *STEPS, "network=comb2", "trainer.precision=64-true"]
    members = [[*usual, f"fold={fold}"] for fold in (0, 1)]
    alone, packed = train_both_ways(members, tmp_path)
    for one, other in zip(alone, packed, strict=True):
        scores = [run.predictions().filter(like="score_").to_numpy() for run in (one, other)]
        np.testing.assert_allclose(scores[1], scores[0], atol=1e-6)
