"""Every option of every configuration group composes, and what it names can be built."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.networks import ComparisonOperator, PairNetwork

from .conftest import ROOT

CONF = ROOT / "conf"
register_resolvers()

PRIMARY = {
    **dict.fromkeys(("alignment", "audit", "database", "detector", "spotting"), "prepare"),
    "baseline": "baseline",
    "sections": "report",
    "svm": "ensemble",
}
"""The command that a group belongs to, where it is not train."""


def find_options() -> Iterator[tuple[str, str]]:
    for file in sorted(CONF.rglob("*/*.yaml")):
        # An experiment is chosen by its path: experiment=probe/apex_only.
        group, _, folder = file.parent.relative_to(CONF).as_posix().partition("/")
        if group != "experiment":
            yield file.parent.relative_to(CONF).as_posix(), file.stem
        else:
            yield group, f"{folder}/{file.stem}".removeprefix("/")


OPTIONS = list(find_options())


def compose_command(name: str, overrides: list[str], folder: Path) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(name, [*overrides, f"paths.runs={folder}"], return_hydra_config=True)
    HydraConfig.instance().set_config(config)
    return config


@pytest.fixture
def chosen(manifest: Path) -> list[str]:
    return ["data=manifest", f"data.path={manifest}"]


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=["=".join(o) for o in OPTIONS])
def test_every_option_composes_and_instantiates(
    group: str, option: str, chosen: list[str], tmp_path: Path
) -> None:
    command = PRIMARY.get(group, "train")
    if command in ("ensemble", "report"):
        chosen = []
    if command == "prepare":
        chosen = ["database=folder", f"root={tmp_path}"]
    if group == "data":
        chosen = chosen[1:] if option == "manifest" else [f"paths.cache={tmp_path}"]
    config = compose_command(command, [*chosen, f"{group}={option}"], tmp_path)
    OmegaConf.set_struct(config, False)
    config.run = {"folder": str(tmp_path), "study": "s", "variant": "v", "name": "n"}
    OmegaConf.resolve(config.network if "network" in config else config.paths)
    section = OmegaConf.select(config, group.replace("/", "."))
    if group == "data" and option.startswith("faces"):
        return  # generating them is what tests/faces is for
    if group == "database":
        return  # each is built on its own layout in tests/databases
    if group == "hydra" or group.startswith("hydra/"):
        return  # Hydra itself builds its own sections
    if isinstance(section, DictConfig):
        needs = {"classes": 2} if group in ("network", "lightning_module") else {}
        if group == "lightning_module":
            needs["network"] = instantiate(config.network, classes=2)
        assert instantiate(section, **needs) is not None


@pytest.mark.parametrize("operator", [p.stem for p in (CONF / "comparison.op").glob("*.yaml")])
@pytest.mark.parametrize("placement", [1, 2, 3])
def test_operator_and_placement_reach_the_network(
    operator: str, placement: int, chosen: list[str], tmp_path: Path
) -> None:
    overrides = [*chosen, f"comparison.op={operator}", f"comparison.at={placement}"]
    config = compose_command("train", overrides, tmp_path)
    network: PairNetwork = instantiate(config.network, classes=2)
    assert network.name.lower() == f"compcnn-{operator}@{placement}"
    compared = [m for m in network.modules() if isinstance(m, ComparisonOperator)]
    assert len(compared) == 1


def test_the_named_networks_are_those_of_table_1(chosen: list[str], tmp_path: Path) -> None:
    config = compose_command("train", [*chosen, "experiment=table1"], tmp_path)
    names = []
    for option in config.hydra.sweeper.params.network.split(","):
        network = compose_command("train", [*chosen, f"network={option}"], tmp_path).network
        names.append(instantiate(network, classes=2).name)
    compared = [f"CompCNN-{o}@{at}" for o in ("Sub", "Comb") for at in (1, 2, 3)]
    assert names == ["DiffCNN", *compared]


def test_declared_defaults(chosen: list[str], tmp_path: Path) -> None:
    config = compose_command("train", chosen, tmp_path)
    assert config.architecture.pool_dropout == [0.05, 0.15, 0.25]
    assert config.architecture.hidden_dropout == [0.5, 0.25]
    assert config.datamodule.validation == 0
    assert list(config.stopping) == []
