"""Values that the configuration computes: its custom interpolations."""

import os
import tempfile
import textwrap
from importlib.resources import files
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.runtime.errors import InputError


def every_fold(*, _root_: DictConfig) -> str:
    """All folds of the protocol on the database, as a sweep: ``0,1,2``.

    A sweep evaluates it first, so an invalid manifest or protocol ends the sweep before training.
    """
    with one_line_errors():
        _check_one_protocol(list(_root_.hydra.overrides.task))
        return ",".join(map(str, range(instantiate(_root_.datamodule).fold_count)))


def _check_one_protocol(task: list[str]) -> None:
    overrides = OverridesParser.create().parse_overrides(task)
    if any(override.key_or_group == "fold" for override in overrides):
        return
    for override in overrides:
        section = override.key_or_group.partition(".")[0]
        if section in ("data", "folds") and override.is_sweep_override():
            raise InputError(
                f"{override.input_line}: databases and protocols differ in their folds, so each "
                "needs a sweep of its own: give one value, or choose the folds with fold=0,1,2"
            )


def user_cache() -> str:
    """The folder for caches: ``XDG_CACHE_HOME``, or ``.cache`` in the home folder.

    Without ``HOME``, as in some containers, the home folder is that of the user database.
    """
    try:
        return os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    except RuntimeError:
        return str(Path(tempfile.gettempdir()) / ".cache")


def native_precision(accelerator: str) -> str:
    """The precision in which the device is fastest; see ``training.precision``."""
    # Torch is slow to import, and not every command needs it.
    from posed_spontaneous.training.precision import native_precision

    return native_precision(accelerator)


def list_options(group: str) -> str:
    """The options of a configuration group, for a command's help."""
    folder = files("posed_spontaneous.conf").joinpath(*group.split("/"))
    names = []
    for entry in folder.iterdir():
        if entry.is_dir():
            names += [f"{entry.name}/{file.name}" for file in entry.iterdir()]
        else:
            names.append(entry.name)
    text = ", ".join(sorted(name.removesuffix(".yaml") for name in names))
    return textwrap.fill(text, 76, initial_indent=" " * 20, subsequent_indent=" " * 20).lstrip()


def register_resolvers() -> None:
    """Register the interpolations with OmegaConf."""
    OmegaConf.register_new_resolver("every_fold", every_fold, replace=True)
    OmegaConf.register_new_resolver("user_cache", user_cache, replace=True)
    OmegaConf.register_new_resolver("options", list_options, replace=True)
    OmegaConf.register_new_resolver(
        "native_precision", native_precision, replace=True, use_cache=True
    )
