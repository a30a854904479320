"""Nothing that a stranger writes into a stored configuration is run."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from posed_spontaneous.networks import CompCNN
from posed_spontaneous.runs import load
from posed_spontaneous.runs.rebuilding import rebuild
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training import train

from ..conftest import ROOT

ATTACKS = [
    {"_target_": "pandas.read_pickle"},
    {"_target_": "shutil.copyfile"},
    {"_target_": "posed_spontaneous.networks.paper.torch.load"},
    {"_target_": "posed_spontaneous.runtime.files.shutil.rmtree"},
    {"_target_": "posed_spontaneous.datamodules.pair_datamodule.load_pairs"},
    {"_target_": "hydra.utils.get_method", "path": "os.system"},
    {"_target_": "posed_spontaneous.networks.CompCNN", "operator": {"_target_": "os.system"}},
    {"_target_": "posed_spontaneous.networks.CompCNN", "channels": [[{"_target_": "os.system"}]]},
    {"_target_": "posed_spontaneous.networks.CompCNN", "at": "${every_fold:}"},
    {"_target_": "posed_spontaneous.${oc.env:HOME}"},
    {"_target_": "nonsense"},
]


@pytest.mark.parametrize("section", ATTACKS)
def test_other_code_is_refused_by_name(section: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"^there: (names|found the interpolation)"):
        rebuild(OmegaConf.create(section), (), "there")


def test_a_trusted_package_is_built() -> None:
    section = OmegaConf.create({"_target_": "fractions.Fraction", "numerator": 3})
    with pytest.raises(InputError, match=r"trust=\[fractions\]"):
        rebuild(section, (), "there")
    assert rebuild(section, ["fractions"], "there") == 3


def test_a_changed_configuration_in_a_run_folder_builds_nothing(
    small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        train(compose("train", [*small, *narrow, f"paths.runs={tmp_path}"]))
    (run,) = load(tmp_path)
    assert isinstance(run.network(), CompCNN)
    assert run.datamodule().pairs.digest() == run.card.data_digest
    config = OmegaConf.load(run.path / "config.yaml")
    config.network._target_ = "pathlib.Path.touch"
    config.datamodule.manifest = {"_target_": "pandas.read_pickle", "filepath_or_buffer": "x"}
    OmegaConf.save(config, run.path / "config.yaml")
    with pytest.raises(InputError, match=r"config\.yaml, network: names pathlib\.Path\.touch"):
        run.network()
    with pytest.raises(InputError, match=r"config\.yaml, datamodule: names pandas\.read_pickle"):
        run.datamodule()
