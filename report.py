"""Write one report on stored runs: a page, and every table and picture as files."""

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig
from tqdm import tqdm

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.reports import Chapter, Section, Study
from posed_spontaneous.reports.sections.headline import headline
from posed_spontaneous.reports.writing import refuse_foreign, write_report
from posed_spontaneous.runs import find_failures, find_runs, find_searches
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.runtime.errors import InputError

log = logging.getLogger(__name__)

register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="report")
def main(config: DictConfig) -> None:
    """Write the report on the selected studies, and log its tables to W&B if requested."""
    with one_line_errors():
        folder = Path(config.paths.report)
        refuse_foreign(folder)
        studies = find_studies(config)
        sections = list(instantiate(config.sections).values())
        chapters = [write_chapter(study, sections) for study in studies]
        log.info("%s", write_report(chapters, folder, title=config.title))
        if "wandb" in config:
            # The import is slow, and only needed here.
            from posed_spontaneous.reports.wandb_summary import log_summaries

            options = instantiate(config.wandb)
            for study in studies:
                log_summaries(study, **options)


def find_studies(config: DictConfig) -> list[Study]:
    """Find the studies below ``paths.runs``, or only ``study``; most systems first.

    Raises:
        InputError: If there is none.
    """
    root = Path(config.paths.runs)
    runs, failures = find_runs(root, list(config.trust)), find_failures(root)
    searches = find_searches(root)
    names = sorted({run.card.study for run in runs if config.study in (None, run.card.study)})
    if not names:
        raise InputError(
            f"{root}: no finished run of {config.study or 'any study'}, {len(failures)} failed: "
            "train first, or check paths.runs and study"
        )
    studies = [
        Study(
            name=name,
            runs=[run for run in runs if run.card.study == name],
            failures=[failure for failure in failures if failure.study == name],
            resamples=config.resamples,
            level=config.level,
            searches=[search for search in searches if search.card.study == name],
        )
        for name in names
    ]
    return sorted(studies, key=lambda study: -len(study.of_role("row")))


def write_chapter(study: Study, sections: Sequence[Callable[[Study], Section | None]]) -> Chapter:
    """Write all sections on a study that have content."""
    bar = tqdm(sections, desc=study.name, leave=False, disable=not sys.stderr.isatty())
    return Chapter(
        name=study.name,
        title=f"{study.card.database}, {study.card.protocol}: {study.sizes}",
        notice=study.card.notice,
        sections=[content for section in bar if (content := section(study)) is not None],
        headline=headline(study),
    )


if __name__ == "__main__":
    main()
