"""The name of a run follows from every choice that decides its numbers, and from no other."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from posed_spontaneous.runs import RunCard
from posed_spontaneous.runtime.errors import InputError

from ..conftest import ROOT


def card_of(manifest: Path, *overrides: str) -> RunCard:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose(
            "train", ["data=manifest", f"data.path={manifest}", "folds.k=2", *overrides]
        )
    datamodule = instantiate(config.datamodule)
    name = instantiate(config.network, classes=2).name
    return RunCard.of("network", name, config, datamodule)


DECIDING = [
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
    "network=diffcnn",
    "optimizer.lr=0.5",
    "optimizer=sgd",
    "schedule=constant",
    "stopping=early",
    "trainer.devices=2",
    "trainer.max_epochs=3",
    "trainer.precision=bf16-mixed",
]

SHOWING = [
    "callbacks.progress._target_=other.Bar",
    "paths.runs=elsewhere",
    "threads=4",
    "trainer.accelerator=cpu",
    "trainer.enable_progress_bar=true",
]


@pytest.mark.parametrize("override", DECIDING)
def test_a_deciding_choice_is_another_variant(manifest: Path, override: str) -> None:
    usual, other = card_of(manifest), card_of(manifest, override)
    assert other.variant != usual.variant
    assert other.study == usual.study


@pytest.mark.parametrize("override", SHOWING)
def test_a_showing_choice_is_the_same_run(manifest: Path, override: str) -> None:
    assert card_of(manifest, override).folder == card_of(manifest).folder


def test_seed_and_fold_are_siblings(manifest: Path) -> None:
    usual, other = card_of(manifest), card_of(manifest, "seed=7", "fold=1")
    assert other.variant == usual.variant
    assert other.folder.name == "seed7-fold01"


@pytest.mark.parametrize("override", ["folds.k=3", "folds.seed=1"])
def test_another_split_is_another_study(manifest: Path, override: str) -> None:
    assert card_of(manifest, override).study != card_of(manifest).study


@pytest.mark.parametrize("name", ["lab/mine", ".hidden", "a~b", "a b", ""])
def test_a_name_that_no_folder_can_have_is_refused(manifest: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"data\.name: got"):
        card_of(manifest, f"data.name='{name}'")
