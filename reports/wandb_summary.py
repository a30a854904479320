"""A study's table in W&B, beside the runs of its folds."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
import wandb


def log_summaries(systems: pd.DataFrame, study: str, table: pd.DataFrame, **init: Any) -> None:
    """Log one run a system, in the group of its folds, and one run with the whole table.

    Args:
        systems: One row a system: its ``system`` name, its ``variant`` and any figures. Rows
            without a variant, known from publications alone, and missing figures are left out.
        study: Name of the study.
        table: Table 1 as it is printed.
        **init: What ``wandb.init`` needs for every run: ``project``, ``dir``, ``mode``,
            ``settings`` and ``notes``.
    """
    # Otherwise W&B falls back to a temporary folder.
    Path(init["dir"]).mkdir(parents=True, exist_ok=True)
    for row in systems.dropna(subset="variant").to_dict("records"):
        system, variant = row.pop("system"), row.pop("variant")
        with wandb.init(
            group=f"{study}/{variant}",
            job_type="summary",
            name=system,
            config={"run": {"study": study, "variant": variant}},
            tags=[system],
            **deepcopy(init),  # since wandb.init writes into the settings that it gets
        ) as run:
            run.summary.update({name: value for name, value in row.items() if pd.notna(value)})
    with wandb.init(
        group=study,
        job_type="table",
        name="table1",
        config={"run": {"study": study}},
        **deepcopy(init),
    ) as run:
        run.log({"table1": wandb.Table(dataframe=table, allow_mixed_types=True)})
