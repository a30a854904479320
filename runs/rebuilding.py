"""Networks and DataModules of stored runs, rebuilt without running code that a folder names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hydra.utils import get_object, instantiate
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.runs.choices import list_targets
from posed_spontaneous.runtime.errors import InputError

_ROOMS = ("datamodules", "dataset", "networks")
"""Packages of this project whose classes may be built from a stored configuration."""
_FUNCTIONS = (
    "posed_spontaneous.faces.generate_faces",
    "posed_spontaneous.networks.build_comp_cnn",
)


def rebuild(section: DictConfig, trust: Sequence[str], place: str, **arguments: Any) -> Any:
    """Build what a section of a stored configuration describes.

    A run folder may come from somebody else, so its configuration names only classes of this
    project's networks and data, and of packages that the user trusts.

    Args:
        section: The section.
        trust: Names of packages whose objects may be built as well.
        place: The file and the section, for messages.
        **arguments: Further arguments of the outermost object.

    Raises:
        InputError: If the section names another object, or contains an interpolation.
    """
    content = OmegaConf.to_container(section, resolve=False)
    for value in _texts(content):
        if "${" in value:
            raise InputError(
                f"{place}: found the interpolation {value!r}, expected plain values: a run folder "
                "stores a resolved configuration, so train the run again"
            )
    for target in list_targets(content):
        if not _is_allowed(target, trust):
            raise InputError(
                f"{place}: names {target}, which is neither a network nor data of this project, "
                "so it is not built: if you trust the code and the run folder, add "
                f"trust=[{target.partition('.')[0]}] (in Python trust=('...',))"
            )
    return instantiate(content, **arguments)


def _is_allowed(target: str, trust: Sequence[str]) -> bool:
    package, room, *_ = [*target.split("."), ""]
    if package in trust or target in _FUNCTIONS:
        return True
    if package != "posed_spontaneous" or room not in _ROOMS:
        return False
    # A path such as posed_spontaneous.networks.torch.load leads out of the project.
    found = get_object(target)
    return isinstance(found, type) and found.__module__.startswith(f"{package}.{room}")


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node
