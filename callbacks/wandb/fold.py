"""The W&B run of a fold of a system that is no network: a view of its run folder."""

from typing import Any

import wandb

from posed_spontaneous.callbacks.wandb.panels import draw_confusion, render
from posed_spontaneous.callbacks.wandb.run import run_config, run_identity
from posed_spontaneous.callbacks.wandb.session import open_session
from posed_spontaneous.runs import RunFolder


def log_fold(run: RunFolder, **init: Any) -> None:
    """Log a finished run in the group of its other folds.

    Args:
        run: The run.
        **init: Arguments of ``wandb.init``: ``project``, ``dir``, ``mode`` and ``settings``.
    """
    card, table = run.card, run.predictions()
    test = table[table["part"] == "test"]
    title = f"{card.system}, {card.name}"
    confusion = draw_confusion(test["label"], test["predicted"], card.classes, title)
    with open_session(init, config=run_config(run), **run_identity(card)) as opened:
        opened.log({"test/confusion": wandb.Image(render(confusion))})
        opened.summary.update({f"test/{name}": value for name, value in run.metrics().items()})
