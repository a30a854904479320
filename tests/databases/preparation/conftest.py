"""Fixtures for the tests of the preparation."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf

from posed_spontaneous.databases.preparation.sample import SamplePreparer

from ...conftest import ROOT

Settings = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The configuration of a preparer, with overrides."""

    @cache
    def compose_settings(*overrides: str) -> dict[str, Any]:
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
            config = compose("prepare", ["database=pairs", "root=.", "folder=.", *overrides])
            return OmegaConf.to_container(config.sample, resolve=True)

    return compose_settings


@pytest.fixture(scope="session")
def preparer(settings: Settings) -> Callable[..., SamplePreparer]:
    """A preparer, with overrides."""
    return cache(lambda *overrides: instantiate(settings(*overrides)))


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A folder for frames."""
    return tmp_path / "frames"
