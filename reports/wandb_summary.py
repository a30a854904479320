"""A study's results table in W&B, next to the runs of its folds."""

from typing import Any

import pandas as pd
import wandb

from posed_spontaneous.callbacks.wandb.session import open_session
from posed_spontaneous.reports.sections.results import tabulate
from posed_spontaneous.reports.study import Study


def log_summaries(study: Study, **init: Any) -> None:
    """Log one W&B run per system, in the group of its folds, and one with the whole table.

    Args:
        study: The study.
        **init: Arguments of ``wandb.init`` for every run: ``project``, ``dir``, ``mode`` and
            ``settings``.
    """
    init = {**init, "notes": study.card.notice}
    figures = tabulate(study)
    for row in figures.dropna(subset="variant").to_dict("records"):
        system, variant = row.pop("system"), row.pop("variant")
        config = {"run": {"study": study.name, "variant": variant}}
        group = f"{study.name}/{variant}"
        with open_session(
            init, group=group, job_type="summary", name=system, config=config, tags=[system]
        ) as run:
            run.summary.update({name: value for name, value in row.items() if pd.notna(value)})
    config = {"run": {"study": study.name}}
    with open_session(
        init, group=study.name, job_type="table", name="results", config=config
    ) as run:
        run.log({"results": wandb.Table(dataframe=figures, allow_mixed_types=True)})
