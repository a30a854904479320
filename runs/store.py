"""Where runs are written: a run folder is complete or absent."""

import json
import logging
import shutil
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.runs.card import RunCard
from posed_spontaneous.runs.predictions import METRICS
from posed_spontaneous.runs.versions import describe_versions
from posed_spontaneous.runtime.files import publish_folder, staging_folder

CARD, CONFIG, LOG, VERSIONS = "run.json", "config.yaml", "run.log", "versions.yaml"
CHECKPOINT, CURVES = "model.ckpt", "curves/metrics.csv"
FAILURES, UNFINISHED, TRACEBACK = ".failures", ".unfinished", "traceback.txt"

PRIMARY = {
    "defaults": ["_self_", {"hydra": "default"}],
    "hydra": {"searchpath": ["pkg://posed_spontaneous.conf"]},
}
"""Makes a stored configuration a primary one, from which the command repeats the run."""

log = logging.getLogger(__name__)
run_log = logging.getLogger(f"{__name__}.run_log")
run_log.propagate = False  # written to the run's own log, not to the console


@dataclass(frozen=True)
class RunStore:
    """All runs below one folder.

    A run is written in ``.unfinished`` and renamed when it is complete. A kill at any moment
    leaves finished runs unchanged and the killed run absent.

    Args:
        root: The folder.
    """

    root: Path

    def folder(self, card: RunCard) -> Path:
        """Path of the run folder of a finished run."""
        return self.root / card.folder

    def finished(self, card: RunCard) -> bool:
        """Whether the run is stored."""
        return (self.folder(card) / CARD).is_file()

    def report(self, card: RunCard, note: str = "") -> None:
        """Log the test error of a finished run."""
        error = float(json.loads((self.folder(card) / METRICS).read_text())["error"])
        log.info("%s: error %.1f %%%s", card.folder, 100 * error, note)

    def skip(self, card: RunCard, config: DictConfig) -> None:
        """Log that a run is finished already, and which requests have no effect for that reason.

        Args:
            card: The run's identity.
            config: The job's whole configuration.
        """
        with (self.folder(card) / CONFIG).open("rb") as file:
            stored = yaml.load(file, yaml.CSafeLoader)
        for section in ("logger", "callbacks"):
            if new := set(config.get(section) or ()) - set(stored.get(section) or ()):
                log.warning(
                    "%s: the run was finished without %s, which sees nothing now: delete the "
                    "folder, or set paths.runs to another one, to train again",
                    self.folder(card),
                    ", ".join(f"{section}.{name}" for name in sorted(new)),
                )
        self.report(card, " (already finished, nothing trained)")

    @contextmanager
    def record(self, card: RunCard, config: DictConfig, *, spent: float = 0.0) -> Iterator[Path]:
        """Record a run: the block writes into the folder that is yielded.

        When the block ends, the folder becomes the run. When it raises, log, configuration and
        traceback are kept as a failure and the exception is raised again.

        Args:
            card: The run's identity.
            config: The job's whole configuration.
            spent: Seconds that the run took before the block.
        """
        failure = self.root / FAILURES / _flat(card)
        with staging_folder(self.root / UNFINISHED, _flat(card)) as folder:
            started = time.monotonic()
            try:
                card.write(folder / CARD)
                OmegaConf.save(OmegaConf.merge(PRIMARY, config), folder / CONFIG, resolve=True)
                with _logging_to(folder / LOG):
                    run_log.info("computing %s", card.folder)
                    yield folder
                    seconds = spent + time.monotonic() - started
                    run_log.info("finished in %.1f s", seconds)
                OmegaConf.save(describe_versions(seconds), folder / VERSIONS)
            except Exception as error:
                log.error("%s failed: %s: %s", card.folder, type(error).__name__, error)
                (folder / TRACEBACK).write_text(traceback.format_exc())
                publish_folder(folder, failure, replace=True)
                raise
            publish_folder(folder, self.folder(card), replace=not self.finished(card))
        shutil.rmtree(failure, ignore_errors=True)


@contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """Copy log messages and warnings of the block to a file."""
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # Lightning's logger does not propagate to the root logger.
    loggers = [logging.getLogger(), logging.getLogger("pytorch_lightning"), run_log]
    logging.captureWarnings(True)
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
        logging.captureWarnings(False)


def _flat(card: RunCard) -> str:
    return "~".join(card.folder.parts)
