"""The part of a configuration that determines the numbers of a run."""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module, metadata
from pathlib import Path
from sysconfig import get_path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.runtime.errors import InputError

COMPUTES = (
    "baseline", "callbacks", "datamodule", "lightning_module", "network", "stopping", "trainer",
)  # fmt: skip
"""Sections that determine the numbers."""

FILES = ("ckpt_path", "weights")
"""Options that name a file, which is identified by its content."""

OTHER = (
    # Parts of the sections above, which contain them by interpolation.
    "architecture", "augmentation", "comparison", "optimizer", "schedule",
    # Fields of the card: the data and the folds by content.
    "data", "folds", "fold", "seed", "role", "group",
    # Where a run is computed and written, and how it is shown.
    "hydra", "logger", "paths", "threads", "wandb", "work",
)  # fmt: skip
"""All other sections."""

OBSERVERS = (
    "posed_spontaneous.callbacks.EpochProgress",
    "posed_spontaneous.callbacks.wandb.run.WandbRun",
    "pytorch_lightning.callbacks.DeviceStatsMonitor",
    "pytorch_lightning.callbacks.LearningRateMonitor",
    "pytorch_lightning.callbacks.ModelSummary",
    "pytorch_lightning.callbacks.RichModelSummary",
    "pytorch_lightning.callbacks.RichProgressBar",
    "pytorch_lightning.callbacks.TQDMProgressBar",
)
"""Callbacks that change no numbers. Any other callback may, so it is part of the identity."""

REQUIRED_LIBRARIES = (
    "albumentations", "hydra", "numpy", "pgmpy", "pytorch_lightning", "scipy", "skimage",
    "sklearn", "torch", "torchmetrics",
)  # fmt: skip
"""Libraries whose versions this project fixes; ``versions.yaml`` names them."""

_IGNORED = (
    # How a run is shown or where it is computed: another device changes the rounding only.
    "trainer.accelerator",
    "trainer.enable_checkpointing",
    "trainer.enable_model_summary",
    "trainer.enable_progress_bar",
    "trainer.log_every_n_steps",
    # What the card holds in fields of its own: the data by content, not by path.
    "datamodule.manifest",
    "datamodule.test_manifest",
    "datamodule.folds",
    "datamodule.fold",
    "datamodule.seed",
    "baseline.role",
    "baseline.group",
    "baseline.scores",
    "lightning_module.network",
)


def digest_config(choices: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that identify a configuration."""
    return hashlib.sha256(json.dumps(choices, sort_keys=True, default=str).encode()).hexdigest()[:8]


def check_sections(config: DictConfig) -> None:
    """Check that every section of a configuration has a meaning.

    Raises:
        InputError: If one has none, such as after ``+lr=0.1``.
    """
    known = {*COMPUTES, *FILES, *OTHER}
    if unknown := sorted(str(name) for name in config if name not in known):
        raise InputError(
            f"{', '.join(unknown)}: no such option at the top level, expected one of "
            f"{', '.join(sorted(known))}: give the whole path, such as optimizer.lr=0.1"
        )


def select_choices(config: DictConfig) -> dict[str, Any]:
    """The sections that determine the numbers, resolved, with the digests of files and sources.

    Raises:
        InputError: If a file cannot be read.
    """
    choices: dict[str, Any] = {
        name: OmegaConf.to_container(config[name], resolve=True)
        for name in COMPUTES
        if name in config
    }
    for name in FILES:
        if file := config.get(name):
            choices[name] = _digest_file(name, Path(file))
    for name in _IGNORED:
        section, option = name.split(".")
        (choices.get(section) or {}).pop(option, None)
    callbacks = choices.pop("callbacks", None) or {}
    computing = {
        name: callback
        for name, callback in callbacks.items()
        if callback and callback["_target_"] not in OBSERVERS
    }
    return add_sources(choices | ({"callbacks": computing} if computing else {}))


def add_sources(choices: dict[str, Any]) -> dict[str, Any]:
    """The choices with ``sources``, a digest of each package outside of this project they name.

    A package that is installed from a distribution is identified by its version, any other one
    by the content of all its Python files: an edited operator is another operator.
    """
    packages = {target.partition(".")[0] for target in list_targets(choices)}
    foreign = packages - {"posed_spontaneous", *REQUIRED_LIBRARIES, *sys.stdlib_module_names}
    sources = {package: _identify_package(package) for package in sorted(foreign)}
    return {**choices, "sources": sources} if sources else choices


def list_targets(node: Any) -> Iterator[str]:
    """Dotted paths of all objects that a configuration names."""
    if isinstance(node, Mapping):
        if "_target_" in node:
            target = str(node["_target_"])
            yield target
            # hydra.utils.get_class and the like have the object's path as an argument.
            if target.startswith("hydra.utils.get_"):
                yield str(node.get("path"))
        for value in node.values():
            yield from list_targets(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from list_targets(value)


@lru_cache
def _identify_package(package: str) -> str:
    try:
        module = sys.modules.get(package) or import_module(package)
    except ImportError as error:
        raise InputError(
            f"{package}: the configuration names it, and it cannot be imported ({error}): install "
            "it, or add its folder to PYTHONPATH"
        ) from None
    places = [Path(folder) for folder in getattr(module, "__path__", [])]
    if not places and (file := getattr(module, "__file__", None)):
        places = [Path(file)]
    installed = [Path(get_path(name)).resolve() for name in ("purelib", "platlib")]
    if any(place.resolve().is_relative_to(root) for place in places for root in installed):
        names = metadata.packages_distributions().get(package, [])
        if names:
            return " ".join(f"{name}=={metadata.version(name)}" for name in sorted(set(names)))
    digest = hashlib.sha256()
    for place in places:
        for source in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            name = source.relative_to(place)
            if any(part.startswith(".") for part in name.parts):
                continue  # such as a virtual environment
            digest.update(str(name).encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _digest_file(option: str, file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(
            f"{option}: {file} cannot be read ({error.strerror}): check the path"
        ) from None
