"""Where runs are written: complete or absent, whatever happens on the way."""

import json
import logging
import os
import platform
import shlex
import shutil
import socket
import subprocess
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.runs.card import RunCard
from posed_spontaneous.runs.predictions import METRICS

CARD, CONFIG, LOG, VERSIONS = "run.json", "config.yaml", "run.log", "versions.yaml"
CHECKPOINT, CURVES = "model.ckpt", "curves/metrics.csv"
log = logging.getLogger(__name__)
diary = logging.getLogger(f"{__name__}.diary")
diary.propagate = False  # for the run's own log, not for the console

FAILURES, UNFINISHED = ".failures", ".unfinished"

_PACKAGES = (
    "albumentations",
    "hydra-core",
    "numpy",
    "opencv-python-headless",
    "pandas",
    "pytorch-lightning",
    "scikit-learn",
    "torch",
)


@dataclass(frozen=True)
class RunStore:
    """All runs below one folder.

    A run is written in ``.unfinished`` and renamed into place when it is whole, so a kill at any
    moment leaves finished runs alone and the killed one absent.

    Args:
        root: The folder.
    """

    root: Path

    def folder(self, card: RunCard) -> Path:
        """Where the run lies once it is finished."""
        return self.root / card.folder

    def finished(self, card: RunCard) -> bool:
        """Whether the run is there, whole."""
        return (self.folder(card) / CARD).is_file()

    def report(self, card: RunCard) -> float:
        """Log the test error of a finished run, and return it, 0 to 1."""
        error = float(json.loads((self.folder(card) / METRICS).read_text())["error"])
        log.info("%s: error %.1f %%", card.folder, 100 * error)
        return error

    @contextmanager
    def record(self, card: RunCard, config: DictConfig, *, spent: float = 0.0) -> Iterator[Path]:
        """Record a run: the block writes into the folder that it is given.

        When the block ends, the folder becomes the run; when it raises, its log, configuration
        and traceback are kept as a failure and the exception goes on.

        Args:
            card: The run's identity.
            config: The job's whole configuration, for a reader.
            spent: Seconds that the run took before the block.
        """
        self._sweep_leftovers(card)
        staging = self.root / UNFINISHED / f"{_flat(card)}.{socket.gethostname()}.{os.getpid()}"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        OmegaConf.save(config, staging / CONFIG, resolve=True)
        journal = logging.FileHandler(staging / LOG)
        journal.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        # Lightning's logger does not propagate to the root, and warnings are no log messages.
        loggers = [logging.getLogger(), logging.getLogger("pytorch_lightning"), diary]
        logging.captureWarnings(True)
        for logger in loggers:
            logger.addHandler(journal)
        started = time.monotonic()
        try:
            diary.info("computing %s", card.folder)
            yield staging
            seconds = round(spent + time.monotonic() - started, 2)
            diary.info("finished in %.1f s", seconds)
            OmegaConf.save(_versions() | {"seconds": seconds}, staging / VERSIONS)
        except Exception as error:
            log.error("%s failed: %s: %s", card.folder, type(error).__name__, error)
            (staging / "traceback.txt").write_text(traceback.format_exc())
            self._place(staging, self.root / FAILURES / _flat(card), replace=True)
            raise
        except BaseException:
            # Interrupted by its user: neither a run nor a failure.
            shutil.rmtree(staging)
            raise
        finally:
            for logger in loggers:
                logger.removeHandler(journal)
            journal.close()
            logging.captureWarnings(False)
        card.write(staging / CARD)
        self._place(staging, self.folder(card), replace=False)
        shutil.rmtree(self.root / FAILURES / _flat(card), ignore_errors=True)

    @staticmethod
    def _place(staging: Path, destination: Path, *, replace: bool) -> None:
        destination.parent.mkdir(parents=True, exist_ok=True)
        if replace or not (destination / CARD).is_file():
            shutil.rmtree(destination, ignore_errors=True)
        try:
            staging.rename(destination)
        except OSError:
            if not (destination / CARD).is_file():
                raise
            # Another process finished the same run first, and equal cards mean equal numbers.
            shutil.rmtree(staging)

    def _sweep_leftovers(self, card: RunCard) -> None:
        """Remove what killed processes of this machine left of the same run."""
        for leftover in (self.root / UNFINISHED).glob(f"{_flat(card)}.{socket.gethostname()}.*"):
            if not _alive(int(leftover.name.rpartition(".")[2])):
                shutil.rmtree(leftover, ignore_errors=True)


def _flat(card: RunCard) -> str:
    return "~".join(card.folder.parts)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _versions() -> dict[str, Any]:
    return {
        "command": _describe_command(),
        "code": _describe_code(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "tf32": torch.cuda.is_available() and torch.backends.cudnn.allow_tf32,
        "threads": torch.get_num_threads(),
        **{package: version(package) for package in _PACKAGES},
    }


def _describe_command() -> str:
    """The command that computes this run alone; empty outside of one."""
    if not HydraConfig.initialized():
        return ""
    job = HydraConfig.get()
    return shlex.join(["python", f"{job.job.name}.py", *job.overrides.task])


@cache
def _describe_code() -> str:
    """The commit that the code is at, marked when files differ from it; empty without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
