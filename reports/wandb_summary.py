"""A study's table in W&B, beside the runs of its folds."""

from typing import Any

import pandas as pd
import wandb

from posed_spontaneous.callbacks.wandb.session import open_session
from posed_spontaneous.reports.sections.results import tabulate
from posed_spontaneous.reports.study import Study


def log_summaries(study: Study, **init: Any) -> None:
    """Log one run a system, in the group of its folds, and one run with the whole table.

    Args:
        study: The study.
        **init: What ``wandb.init`` needs for every run: ``project``, ``dir``, ``mode`` and
            ``settings``.
    """
    figures = tabulate(study)
    for row in figures.dropna(subset="variant").to_dict("records"):
        system, variant = row.pop("system"), row.pop("variant")
        with open_session(
            init,
            group=f"{study.name}/{variant}",
            job_type="summary",
            name=system,
            config={"run": {"study": study.name, "variant": variant}},
            tags=[system],
            notes=study.card.notice,
        ) as run:
            run.summary.update({name: value for name, value in row.items() if pd.notna(value)})
    with open_session(
        init,
        group=study.name,
        job_type="table",
        name="results",
        config={"run": {"study": study.name}},
        notes=study.card.notice,
    ) as run:
        run.log({"results": wandb.Table(dataframe=figures, allow_mixed_types=True)})
