"""One W&B run a job: a view of the run folder."""

import logging
import os
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytorch_lightning as pl
import torch
import wandb
from omegaconf import OmegaConf
from pytorch_lightning.loggers import WandbLogger

from posed_spontaneous.callbacks.wandb.panels import (
    CHANNELS,
    draw_confusion,
    draw_pairs,
    picture_prediction,
    render,
)
from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.drawing.compared_maps import LayerMaps
from posed_spontaneous.networks import CompCNN
from posed_spontaneous.runs import RunCard, RunFolder
from posed_spontaneous.runtime.errors import InputError

log = logging.getLogger(__name__)


def choose_mode() -> str:
    """``online`` if W&B has a key, else ``offline``; nobody is prompted. WANDB_MODE overrides this.

    Raises:
        InputError: If WANDB_MODE asks for ``online`` and there is no key.
    """
    # W&B would otherwise prompt for a key on a terminal.
    mode = str(_silence().settings.mode)
    if mode != "online" or wandb.login(prompt=False, verify=False):
        return mode
    if "WANDB_MODE" in os.environ:
        raise InputError(
            "WANDB_MODE=online, but W&B has no key: run wandb login, or unset WANDB_MODE"
        )
    return "offline"


def run_identity(card: RunCard) -> dict[str, Any]:
    """Group, name, notes and tags of the W&B run of a job."""
    return {
        "group": f"{card.study}/{card.variant}",
        "job_type": "fold",
        "name": card.name,
        "notes": card.notice,
        "tags": [card.database, card.system],
    }


def run_config(run: RunFolder) -> Any:
    """The configuration of a run with its study, variant and name, as W&B takes it."""
    names = {"study": run.card.study, "variant": run.card.variant, "name": run.card.name}
    return OmegaConf.to_container(OmegaConf.merge(run.config(), {"run": names}))


def wandb_logger(folder: Path, card: RunCard, **options: Any) -> WandbLogger:
    """The logger that opens the W&B run of a job.

    Args:
        folder: The run folder; not used.
        card: The run's identity.
        **options: ``project``, ``save_dir``, ``mode`` and ``settings``.
    """
    return WandbLogger(**run_identity(card), **options)


class WandbRun(pl.Callback):
    """Fills the W&B run that the logger opens, and closes it whatever happens.

    A run that stays open would receive the data of the next job of the same process.

    Args:
        folder: The run folder.
        card: The run's identity.
        samples: Number of test pairs whose images and maps are uploaded.
    """

    def __init__(self, folder: Path, card: RunCard, samples: int) -> None:
        self.run = RunFolder(folder, card)
        self.samples = samples
        _silence()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Log the job's configuration before its first curve."""
        if stage == "fit":
            run = _find_run(trainer)
            run.config.update(run_config(self.run))  # type: ignore[no-untyped-call]
            if not run.offline and run.url:
                log.info("W&B: %s", run.url)

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the test fold, whose predictions were written when the epoch ended."""
        table, card = self.run.predictions(), self.run.card
        test = table[table["part"] == "test"]
        confusion = draw_confusion(
            test["label"], test["predicted"], card.classes, f"{card.system}, {card.name}"
        )
        panels: dict[str, Any] = {"test/confusion": wandb.Image(render(confusion))}
        if len(shown := pick_samples(test, self.samples)):
            datamodule = cast(PairDataModule, trainer.datamodule)  # type: ignore[attr-defined]
            panels["test/pairs"] = show_samples(shown, datamodule, pl_module)
        run = _find_run(trainer)
        run.log(panels)
        run.summary.update({f"test/{name}": value for name, value in self.run.metrics().items()})

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Close the W&B run after the last stage."""
        if stage == "predict":
            wandb.finish()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Close the W&B run as failed."""
        if wandb.run is not None:
            wandb.run.summary["failure"] = f"{type(exception).__name__}: {exception}"
        wandb.finish(exit_code=1)


def pick_samples(test: pd.DataFrame, number: int) -> pd.DataFrame:
    """At most ``number`` rows, alternating between correct and wrong predictions of each class."""
    outcome = ["label", "predicted"]
    turn = test.groupby(outcome).cumcount()
    return test.assign(turn=turn).sort_values(["turn", *outcome], kind="stable").head(number)


def show_samples(
    test: pd.DataFrame, datamodule: PairDataModule, pl_module: pl.LightningModule
) -> list[wandb.Image]:
    """Draw an image for each row: the pair, and the maps of the comparison layer if it exists.

    Args:
        test: Prediction rows, indexed by their row in the manifest.
        datamodule: The data.
        pl_module: The trained module.
    """
    pairs, rows = datamodule.pairs, test.index.to_numpy()
    records = zip(test.to_dict("records"), pairs.onset[rows], pairs.apex[rows], strict=True)
    pictures = [picture_prediction(*record) for record in records]
    network, layer = pl_module.network, None
    if isinstance(network, CompCNN):
        batch = datamodule.read(rows)
        weight = network.output.weight  # on the device and in the precision that it needs
        with torch.no_grad():
            maps = network.comparison_layer(batch["onset"].to(weight), batch["apex"].to(weight))
        arrays = (one.float().cpu().numpy() for one in maps)
        layer = LayerMaps.strongest(f"after block {network.placement}", arrays, CHANNELS)
    return [
        wandb.Image(render(figure), caption=f"{picture.name}: {picture.label}")
        for figure, picture in zip(draw_pairs(pictures, layer), pictures, strict=True)
    ]


def _silence() -> Any:
    return wandb.setup(wandb.Settings(silent=True))


def _find_run(trainer: pl.Trainer) -> wandb.Run:
    run = next(log.experiment for log in trainer.loggers if isinstance(log, WandbLogger))
    return cast(wandb.Run, run)
