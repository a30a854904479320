"""A command whose jobs take no time and end in every possible way."""

import os
import signal
import sys
import time
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.runtime.errors import InputError

CONF = Path(__file__).parent.parent.parent / "conf"
ConfigStore.instance().store(
    "example",
    {
        "defaults": ["_self_", {"hydra": "default"}],
        "item": 0,
        "ending": "finish",
        "work": None,
        "paths": {"runs": "???"},
    },
)


class TwoReasonsError(Exception):
    """Cannot be unpickled, because its constructor takes two arguments."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def estimate_work(item: int) -> int:
    if item == 0:
        raise ValueError("cannot be estimated")
    return 10 * item


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="example")
def main(config: DictConfig) -> None:
    with one_line_errors(continue_sweep=True):
        run(config.ending, config.item, Path(config.paths.runs))


def run(ending: str, item: int, folder: Path) -> None:
    number = HydraConfig.get().job.num
    tries = len(list(folder.glob(f"started-{number}-*")))
    (folder / f"started-{number}-{tries}").write_text(f"{time.monotonic_ns()} {os.getpid()}")
    match ending:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "killed_once" if not tries:
            os.kill(os.getpid(), signal.SIGKILL)
        case "terminated_once" if not tries:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        case "input_error":
            raise InputError(f"item: got {item}, expected another")
        case "unpicklable_error":
            raise TwoReasonsError("this", "that")
        case "exit":
            sys.exit("exit with a message")
        case "sleep":
            time.sleep(60)
    (folder / f"finished-{number}").write_text(os.environ["OMP_NUM_THREADS"])


if __name__ == "__main__":
    main()
