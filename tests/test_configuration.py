"""Every option of every configuration group composes, and its objects can be built."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.conf.resolvers import list_options, register_resolvers
from posed_spontaneous.networks import ComparisonOperator, PairNetwork
from posed_spontaneous.training.train import build_parts

from .conftest import CARD, ROOT

CONF = ROOT / "conf"
register_resolvers()

PRIMARY = {
    **dict.fromkeys(("alignment", "audit", "database", "detector", "spotting"), "prepare"),
    "baseline": "baseline",
    **dict.fromkeys(("pruner", "sampler", "space"), "search"),
    "sections": "report",
    "variances": "plan",
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
    if command in ("ensemble", "plan", "report"):
        chosen = []
    if command == "prepare":
        chosen = ["database=folder", f"root={tmp_path}"]
    if group == "data":
        chosen = chosen[1:] if option == "manifest" else [f"paths.cache={tmp_path}"]
    config = compose_command(command, [*chosen, f"{group}={option}"], tmp_path)
    OmegaConf.resolve(config.network if "network" in config else config.paths)
    section = OmegaConf.select(config, group.replace("/", "."))
    if group == "data" and option.startswith("faces"):
        return  # generated in tests/faces
    if group == "database":
        return  # built on its own layout in tests/databases
    if (group, option) == ("variances", "stored"):
        return  # built on a stored study in tests/test_plan.py
    if group == "hydra" or group.startswith("hydra/"):
        return  # Hydra itself builds its own sections
    if group in ("callbacks", "logger", "stopping"):
        if option != "mlflow":  # an optional package
            assert len(build_parts(section, tmp_path, CARD)) == len(section)
    elif isinstance(section, DictConfig):
        needs = {"classes": 2} if group in ("network", "lightning_module") else {}
        assert instantiate(section, **needs) is not None


@pytest.mark.parametrize(
    "name", ["train", "search", "baseline", "ensemble", "prepare", "audit", "report", "plan"]
)
def test_the_help_lists_the_choices_of_the_command(name: str) -> None:
    """Exactly the groups of the command's defaults list, with all their options."""
    defaults = OmegaConf.load(CONF / f"{name}.yaml").defaults
    # An entry without a group is _self_ or another command, whose help is named.
    groups = {str(key) for entry in defaults if isinstance(entry, DictConfig) for key in entry}
    groups = {g for g in groups if not g.startswith("override") and "@" not in g and g != "hydra"}
    template = (CONF / "hydra" / "help" / f"{name}.yaml").read_text()
    choices = template.partition("GROUP=OPTION:\n")[2].partition("\n\n")[0]
    listed = [line.split()[0] for line in choices.splitlines()]
    assert sorted(set(listed) - {"hydra/launcher"}) == sorted(groups)
    for group, value in re.findall(r"^ +(\S+) +\$\{options:(\S+)\}$", choices, re.M):
        assert group == value
    folders = [line.split() for line in choices.splitlines() if "${" not in line]
    for group, *options in folders:
        for option in options:
            assert (CONF / group / f"{option.strip(',')}.yaml").is_file()


def test_options_are_listed_with_their_folders() -> None:
    listed = list_options("experiment")
    assert "probe/apex_only, probe/onset_against_itself" in " ".join(listed.split())
    assert "table1" in listed
    assert " ".join(list_options("pruner").split()) == "median, none"


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
