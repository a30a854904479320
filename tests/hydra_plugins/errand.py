"""A command whose jobs take no time and end in every way there is."""

import os
import signal
import sys
import time
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from posed_spontaneous.runtime.error_messages import one_line_mistakes
from posed_spontaneous.runtime.errors import InputError

CONF = Path(__file__).parent.parent.parent / "conf"
ConfigStore.instance().store(
    "errand",
    {
        "defaults": ["_self_", {"hydra": "default"}],
        "item": 0,
        "deed": "work",
        "work": None,
        "paths": {"runs": "???"},
    },
)


class TwoReasonsError(Exception):
    """Cannot be made anew from its message alone."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def weigh(item: int) -> int:
    if item == 0:
        raise ValueError("weighs nothing")
    return 10 * item


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="errand")
def main(config: DictConfig) -> None:
    with one_line_mistakes(spare_siblings=True):
        do(config.deed, config.item, Path(config.paths.runs))


def do(deed: str, item: int, folder: Path) -> None:
    number = HydraConfig.get().job.num
    tries = len(list(folder.glob(f"begun-{number}-*")))
    (folder / f"begun-{number}-{tries}").write_text(f"{time.monotonic_ns()} {os.getpid()}")
    match deed:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die_once" if not tries:
            os.kill(os.getpid(), signal.SIGKILL)
        case "end_once" if not tries:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        case "mistake":
            raise InputError(f"item: got {item}, expected another")
        case "strange":
            raise TwoReasonsError("this", "that")
        case "exit":
            sys.exit("enough")
        case "linger":
            time.sleep(60)
    (folder / f"done-{number}").write_text(os.environ["OMP_NUM_THREADS"])


if __name__ == "__main__":
    main()
