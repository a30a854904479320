"""The name of a run depends on every choice that determines its numbers, and on no other."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from posed_spontaneous.runs import RunCard
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training import open_job

from ..conftest import ROOT


def card_of(manifest: Path, *overrides: str) -> RunCard:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose(
            "train", ["data=manifest", f"data.path={manifest}", "folds.k=2", *overrides]
        )
    return open_job(config).card


DETERMINING = [
    "+callbacks.average._target_=pytorch_lightning.callbacks.StochasticWeightAveraging",
    "+callbacks.mine={_target_:statistics.Stop}",
    "architecture.channels=[20,40,64]",
    "architecture.hidden_dropout=[0.5,0.5]",
    "architecture.kernels=[5,5,3]",
    "augmentation=none",
    "augmentation.geometric.0.rotate=[-9,9]",
    "comparison.at=3",
    "comparison.op=comb",
    "datamodule.batch_size=8",
    "datamodule.frames=[apex,blank]",
    "datamodule.validation=0.4",
    "group=mine",
    "network=diffcnn",
    "optimizer.lr=0.5",
    "optimizer=sgd",
    "role=trial",
    "schedule=constant",
    "stopping=early",
    "trainer.devices=2",
    "trainer.max_epochs=3",
    "trainer.precision=bf16-mixed",
]

OTHER = [
    "callbacks.progress._target_=pytorch_lightning.callbacks.TQDMProgressBar",
    "callbacks.progress=null",
    "+callbacks.rate._target_=pytorch_lightning.callbacks.LearningRateMonitor",
    "logger=tensorboard",
    "paths.runs=elsewhere",
    "threads=4",
    "trainer.accelerator=cpu",
    "trainer.enable_progress_bar=true",
]


@pytest.mark.parametrize("override", DETERMINING)
def test_what_determines_the_numbers_changes_the_variant(manifest: Path, override: str) -> None:
    default, other = card_of(manifest), card_of(manifest, override)
    assert other.variant != default.variant
    assert other.study == default.study


@pytest.mark.parametrize("override", OTHER)
def test_any_other_choice_is_the_same_run(manifest: Path, override: str) -> None:
    assert card_of(manifest, override).folder == card_of(manifest).folder


def test_seed_and_fold_share_a_variant(manifest: Path) -> None:
    default, other = card_of(manifest), card_of(manifest, "seed=7", "fold=1")
    assert other.variant == default.variant
    assert other.folder.name == "seed7-fold01"


@pytest.mark.parametrize("override", ["folds.k=3", "folds.seed=1"])
def test_another_split_is_another_study(manifest: Path, override: str) -> None:
    assert card_of(manifest, override).study != card_of(manifest).study


def test_the_card_names_operator_placement_and_scores(manifest: Path) -> None:
    card = card_of(manifest, "comparison.op=comb", "comparison.at=3", "role=trial", "group=mine")
    assert (card.kind, card.operator, card.placement) == ("network", "Comb", 3)
    assert (card.role, card.group, card.scores) == ("trial", "mine", "probabilities")
    difference = card_of(manifest, "network=diffcnn")
    assert (difference.operator, difference.placement) == (None, None)


def test_an_unknown_role_is_refused(manifest: Path) -> None:
    with pytest.raises(InputError, match="role: got 'line', expected one of row, reference"):
        card_of(manifest, "role=line")


def test_initial_weights_are_identified_by_content(manifest: Path, tmp_path: Path) -> None:
    folders = set()
    for number in range(2):
        (tmp_path / "model.ckpt").write_bytes(bytes([number]))
        config = {"ckpt_path": str(tmp_path / "model.ckpt")}
        folders.add(card_of(manifest, f"ckpt_path={config['ckpt_path']}").folder)
    assert len(folders | {card_of(manifest).folder}) == 3
    with pytest.raises(InputError, match=r"ckpt_path: .*absent.ckpt cannot be read"):
        card_of(manifest, f"ckpt_path={tmp_path}/absent.ckpt")


@pytest.mark.parametrize("name", ["lab/mine", ".hidden", "a~b", "a b", ""])
def test_a_name_that_no_folder_can_have_is_refused(manifest: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"data\.name: got"):
        card_of(manifest, f"data.name='{name}'")
