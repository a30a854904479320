"""A database as its configuration file makes it."""

from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from posed_spontaneous.databases.database import Database
from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

CONF = Path(__file__).parents[3] / "conf"


def configured(name: str, root: Path, *overrides: str) -> Database:
    """What ``database=NAME root=ROOT`` and the overrides choose."""
    with initialize_config_dir(str(CONF), version_base=None):
        config = compose(overrides=[f"+database={name}", f"+root='{root}'", *overrides])
    try:
        return instantiate(config.database)
    except Exception as error:
        # As commands do: Hydra's exception wraps the one that a target raises.
        raise error.__cause__ if isinstance(error.__cause__, InputError) else error from None


def read_all(database: Database) -> tuple[list[Recording], list[Finding]]:
    """What it reads, recordings and findings apart."""
    items = list(database.read())
    recordings = [item for item in items if isinstance(item, Recording)]
    return recordings, [item for item in items if isinstance(item, Finding)]
