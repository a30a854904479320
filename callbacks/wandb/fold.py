"""One W&B run a fold of a system that is no network: a view of its run folder."""

import json
from typing import Any

import wandb
from omegaconf import OmegaConf

from posed_spontaneous.callbacks.wandb.panels import draw_confusion, render
from posed_spontaneous.callbacks.wandb.session import open_session
from posed_spontaneous.runs import RunFolder
from posed_spontaneous.runs.predictions import METRICS


def log_fold(run: RunFolder, **init: Any) -> None:
    """Log a finished run in the group of its other folds.

    Args:
        run: The run.
        **init: What ``wandb.init`` needs: ``project``, ``dir``, ``mode`` and ``settings``.
    """
    card, table = run.card, run.predictions()
    test = table[table["part"] == "test"]
    figures = json.loads((run.path / METRICS).read_text())
    title = f"{card.system}, {card.folder.name}"
    confusion = draw_confusion(test["label"], test["predicted"], card.classes, title)
    names = {"study": card.study, "variant": card.variant, "name": card.folder.name}
    choices = OmegaConf.merge(run.config(), {"run": names})
    with open_session(
        init,
        group=f"{card.study}/{card.variant}",
        job_type="fold",
        name=card.folder.name,
        config=OmegaConf.to_container(choices),
        tags=[card.database, card.system],
        notes=card.notice,
    ) as opened:
        opened.log({"test/confusion": wandb.Image(render(confusion))})
        opened.summary.update({f"test/{name}": value for name, value in figures.items()})
