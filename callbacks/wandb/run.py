"""One W&B run a job: a view of the run folder, never the only copy of anything."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytorch_lightning as pl
import torch
import wandb
from omegaconf import OmegaConf
from pytorch_lightning.loggers import WandbLogger

from posed_spontaneous.callbacks.wandb.panels import Sample, draw_confusion, draw_maps, draw_pair, render
from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.networks import CompCNN, PairNetwork
from posed_spontaneous.runs.predictions import METRICS, PREDICTIONS
from posed_spontaneous.runs.store import CONFIG
from posed_spontaneous.dataset.manifest import SCORE_PREFIX

log = logging.getLogger(__name__)


def choose_mode() -> str:
    """``online`` where W&B has a key, else ``offline``; nobody is asked, and WANDB_MODE wins.

    Raises:
        InputError: If WANDB_MODE asks for ``online`` and there is no key.
    """
    # W&B would otherwise ask for a key on a terminal.
    mode = str(_silence().settings.mode)
    if mode != "online" or wandb.login(prompt=False, verify=False):
        return mode
    if "WANDB_MODE" in os.environ:
        raise InputError(
            "WANDB_MODE=online, but W&B has no key: run wandb login, or unset WANDB_MODE"
        )
    return "offline"


class WandbRun(pl.Callback):
    """Fills the W&B run that the logger opened, and closes it whatever happens.

    An open run would swallow the next job of the same process.

    Args:
        run: The job's ``folder``, ``study``, ``variant`` and ``name``.
        samples: Number of test samples whose maps are shown.
    """

    def __init__(self, run: Mapping[str, str], samples: int) -> None:
        self.run = dict(run)
        self.folder = Path(self.run.pop("folder"))
        self.samples = samples
        _silence()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Tell the job's configuration before its first curve."""
        if stage == "fit":
            run = _open_run(trainer)
            choices = OmegaConf.merge(OmegaConf.load(self.folder / CONFIG), {"run": self.run})
            run.config.update(OmegaConf.to_container(choices))  # type: ignore[no-untyped-call]
            run.tags = (*(run.tags or ()), _network(pl_module).name)
            if not run.offline and run.url:
                log.info("W&B: %s", run.url)

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the test fold; its facts were written when the epoch ended."""
        datamodule: PairDataModule = trainer.datamodule  # type: ignore[attr-defined]
        table = pd.read_parquet(self.folder / PREDICTIONS)
        test = table[table["part"] == "test"]
        figures = json.loads((self.folder / METRICS).read_text())

        title = f"{_network(pl_module).name}, {self.run['name']}"
        confusion = draw_confusion(
            test["label"], test["predicted"], datamodule.pairs.classes, title
        )
        panels: dict[str, Any] = {"test/confusion": wandb.Image(render(confusion))}
        if len(shown := pick_samples(test, self.samples)):
            panels["test/pairs"] = show_samples(shown, datamodule, pl_module)
        run = _open_run(trainer)
        run.log(panels)
        run.summary.update({f"test/{name}": value for name, value in figures.items()})

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Close the run after the last stage."""
        if stage == "predict":
            wandb.finish()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Close the run as failed, so that it shows as failed."""
        if wandb.run is not None:
            wandb.run.summary["failure"] = f"{type(exception).__name__}: {exception}"
        wandb.finish(exit_code=1)


def pick_samples(test: pd.DataFrame, number: int) -> pd.DataFrame:
    """At most ``number`` rows, alternating over right and wrong predictions of each class."""
    outcome = ["label", "predicted"]
    turn = test.groupby(outcome).cumcount()
    return test.assign(turn=turn).sort_values(["turn", *outcome], kind="stable").head(number)


def show_samples(
    test: pd.DataFrame, datamodule: PairDataModule, pl_module: pl.LightningModule
) -> list[wandb.Image]:
    """One picture a row: the pair, and the maps around the comparison layer if there is one.

    Args:
        test: Prediction rows, indexed by their row in the manifest.
        datamodule: Where the images are.
        pl_module: The trained module.
    """
    pairs, rows = datamodule.pairs, test.index.to_numpy()
    samples = [
        Sample(
            name=record["sample_id"],
            onset=onset,
            apex=apex,
            label=record["label"],
            predicted=record["predicted"],
            score=record[SCORE_PREFIX + record["predicted"]],
        )
        for record, onset, apex in zip(
            test.to_dict("records"), pairs.onset[rows], pairs.apex[rows], strict=True
        )
    ]
    network = _network(pl_module)
    if isinstance(network, CompCNN):
        batch = datamodule.read(rows)
        weight = network.output.weight  # whose device and precision the images need
        with torch.no_grad():
            maps = network.comparison_layer(batch["onset"].to(weight), batch["apex"].to(weight))
        figures = draw_maps(samples, *(layer.float().cpu().numpy() for layer in maps))
    else:
        figures = [draw_pair(sample) for sample in samples]
    return [
        wandb.Image(render(figure), caption=sample.title)
        for figure, sample in zip(figures, samples, strict=True)
    ]


def _silence() -> Any:
    return wandb.setup(wandb.Settings(silent=True))


def _open_run(trainer: pl.Trainer) -> wandb.Run:
    run = next(log.experiment for log in trainer.loggers if isinstance(log, WandbLogger))
    return cast(wandb.Run, run)


def _network(pl_module: pl.LightningModule) -> PairNetwork:
    return cast(PairNetwork, pl_module.network)
