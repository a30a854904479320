"""Write Table 1 of every stored study, from its predictions."""

import logging
from collections.abc import Sequence
from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from errors import InputError
from mistakes import one_line_mistakes
from reports import Table, build_table, draw_errors, readable_rows, write_table
from runs import Failure, RunFolder, find_failures, find_runs

log = logging.getLogger(__name__)


@hydra.main(version_base="1.3", config_path="conf", config_name="report")
def main(config: DictConfig) -> None:
    """Write the tables and figures of the chosen studies beside their runs."""
    with one_line_mistakes():
        root = Path(config.paths.runs)
        runs, failures = find_runs(root), find_failures(root)
        studies = sorted({run.card.study for run in runs})
        if config.study is not None:
            studies = [study for study in studies if study == config.study]
        if not studies:
            raise InputError(
                f"{root}: no finished run of {config.study or 'any study'}: train first, or check "
                "paths.runs and study"
            )
        for study in studies:
            table = write_report(root, study, runs, failures)
            if "wandb" in config:
                # W&B is imported only when it is asked for.
                from reports.wandb_summary import log_summaries

                options = instantiate(config.wandb)
                log_summaries(
                    table.rows, study, readable_rows(table), notes=table.notice, **options
                )


def write_report(
    root: Path, study: str, runs: Sequence[RunFolder], failures: Sequence[Failure]
) -> Table:
    """Write one study's table and figure into its folder, log the table and return it."""
    runs = [run for run in runs if run.card.study == study]
    failures = [failure for failure in failures if failure.study == study]
    table = build_table(study, runs, failures)
    folder = root / study
    files = write_table(table, folder)
    draw_errors(table, runs, folder / "table1.svg")
    log.info("%s\n%s", folder, files[0].read_text())
    return table


if __name__ == "__main__":
    main()
