"""Shared by the tests: an architecture, a drawn database, a function that runs commands."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.networks import Architecture
from posed_spontaneous.runs import RunCard, SearchCard

from .drawn_faces import draw_database

ROOT = Path(__file__).parent.parent

# For tests that compose configurations in their own process.
register_resolvers()

# A slow machine must not fail a test.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Commands ignore Ctrl-C if the tests are started in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)

CARD = RunCard(
    kind="network",
    system="DiffCNN",
    operator=None,
    placement=None,
    role="row",
    group="main",
    scores="probabilities",
    database="drawn",
    notice="Drawn faces.",
    protocol="2fold",
    folds=2,
    fold=0,
    seed=0,
    classes=("posed", "spontaneous"),
    data_digest="d",
    split_digest="s",
    choices={"trainer": {"max_epochs": 3}},
)
"""A card for tests that need a run but no training."""

SEARCH_CARD = SearchCard(
    study=CARD.study,
    system="DiffCNN",
    space="training",
    inner="3fold",
    folds=2,
    fold=0,
    seed=0,
    subjects=5,
    options={"optimizer.lr": {"low": 1e-4, "high": 1e-1, "log": True}},
    method={"sampler": {"_target_": "optuna.samplers.TPESampler"}},
    choices={"trainer": {"max_epochs": 3}},
)
"""A card for tests that need a search but no training."""

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def architecture() -> Architecture:
    return Architecture(
        kernels=(5, 5, 5),
        channels=(4, 6, 8),
        hidden=(16, 12),
        pool_dropout=(0.05, 0.15, 0.25),
        hidden_dropout=(0.5, 0.25),
    )


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn database of 6 subjects and 48 pairs."""
    return draw_database(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="session")
def small(manifest: Path) -> list[str]:
    """Overrides for runs of a second: the drawn database, two folds, a narrow network."""
    return [
        "data=manifest",
        f"data.path={manifest}",
        "data.name=drawn",
        "folds.k=2",
        "datamodule.batch_size=8",
    ]


@pytest.fixture(scope="session")
def narrow() -> list[str]:
    """Overrides for a narrow network that trains for one epoch."""
    return [
        "trainer.max_epochs=1",
        "architecture.channels=[2,3,4]",
        "architecture.hidden=[6,5]",
    ]


@pytest.fixture(scope="session")
def command() -> Command:
    """Runs a command of the project as a user does, from the repository's root."""

    def run(
        script: str, *arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, ROOT / script, *arguments],
            cwd=cwd,
            env=os.environ | dict(env or {}),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run
