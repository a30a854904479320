"""What is part of a run's identity although no option of this project names it."""

import sys
from importlib import metadata
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from posed_spontaneous.runs.choices import (
    OBSERVERS,
    REQUIRED_LIBRARIES,
    _identify_package,
    add_sources,
    check_sections,
)
from posed_spontaneous.runtime.errors import InputError


@pytest.fixture(autouse=True)
def forget() -> None:
    _identify_package.cache_clear()


def sources(**choices: object) -> object:
    """Digests of what the choices name, read from the files as they are now."""
    _identify_package.cache_clear()
    return add_sources(dict(choices)).get("sources")


def write_package(folder: Path, operator: str) -> None:
    (folder / "mylab").mkdir(exist_ok=True)
    (folder / "mylab" / "__init__.py").touch()
    (folder / "mylab" / "operators.py").write_text("from mylab.layers import compare\n")
    (folder / "mylab" / "layers.py").write_text(f"def compare(x, y):\n    return {operator}\n")


def test_an_edit_anywhere_in_an_own_package_is_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mylab", raising=False)
    network = {"operator": [{"_target_": "mylab.operators.compare"}]}
    write_package(tmp_path, "x - y")
    first = sources(network=network)
    (tmp_path / "mylab" / ".venv").mkdir()
    (tmp_path / "mylab" / ".venv" / "other.py").touch()
    assert sources(network=network) == first
    write_package(tmp_path, "abs(x - y)")
    second = sources(network=network)
    assert isinstance(first, dict)
    assert first.keys() == {"mylab"}
    assert first != second
    write_package(tmp_path, "x - y")
    assert sources(network=network) == first


def test_a_class_given_by_name_counts_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "onefile.py").write_text("class A: ...\n")
    found = sources(network={"_target_": "hydra.utils.get_class", "path": "onefile.A"})
    assert isinstance(found, dict)
    assert found.keys() == {"onefile"}


def test_a_distribution_is_identified_by_its_version() -> None:
    found = sources(network={"_target_": "hypothesis.strategies.integers"})
    assert found == {"hypothesis": f"hypothesis=={metadata.version('hypothesis')}"}


def test_own_classes_and_required_libraries_need_no_digest() -> None:
    parts = ["posed_spontaneous.networks.CompCNN", "torch.optim.AdamW", "functools.partial"]
    assert sources(network=[{"_target_": part} for part in parts]) is None


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(InputError, match=r"^absent_lab: the configuration names it"):
        sources(network={"_target_": "absent_lab.Operator"})


def test_every_required_library_has_a_fixed_version() -> None:
    required = " ".join(metadata.requires("posed-spontaneous") or []).lower()
    names = metadata.packages_distributions()
    for library in REQUIRED_LIBRARIES:
        assert any(name.lower() in required for name in names[library]), library


@pytest.mark.parametrize("observer", OBSERVERS)
def test_every_observer_exists(observer: str) -> None:
    from hydra.utils import get_class

    assert get_class(observer)


@pytest.mark.parametrize("section", ["lr", "batch_size", "max_epochs"])
def test_a_section_without_meaning_is_refused(section: str) -> None:
    with pytest.raises(InputError, match=f"^{section}: no such option at the top level"):
        check_sections(OmegaConf.create({"seed": 0, section: 1}))
