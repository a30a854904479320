"""Write one report on the stored studies: page, tables and pictures, from facts alone."""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig
from tqdm import tqdm

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.reports import Chapter, Section, Study
from posed_spontaneous.reports.sections.headline import headline
from posed_spontaneous.reports.writing import refuse_foreign, write_report
from posed_spontaneous.runs import find_failures, find_runs
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.runtime.errors import InputError

log = logging.getLogger(__name__)


register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="report")
def main(config: DictConfig) -> None:
    """Write the report on the chosen studies, and send its tables where a logger is asked for."""
    with one_line_errors():
        refuse_foreign(Path(config.paths.report))
        # The study with most to compare comes first.
        studies = sorted(find_studies(config), key=lambda study: -len(study.of_role("row")))
        sections = list(instantiate(config.sections).values())
        chapters = [write_chapter(study, sections) for study in studies]
        page = write_report(chapters, Path(config.paths.report), title=config.title)
        log.info("%s", page)
        if "wandb" in config:
            # W&B is imported only when it is asked for.
            from posed_spontaneous.reports.wandb_summary import log_summaries

            options = instantiate(config.wandb)
            for study in studies:
                log_summaries(study, **options)


def find_studies(config: DictConfig) -> Iterator[Study]:
    """The studies of the run folder, or the one that is chosen.

    Raises:
        InputError: If there is none.
    """
    root = Path(config.paths.runs)
    runs, failures = find_runs(root), find_failures(root)
    names = sorted({run.card.study for run in runs})
    if config.study is not None:
        names = [name for name in names if name == config.study]
    if not names:
        raise InputError(
            f"{root}: no finished run of {config.study or 'any study'}, {len(failures)} failed: "
            "train first, or check paths.runs and study"
        )
    for name in names:
        yield Study(
            name=name,
            runs=[run for run in runs if run.card.study == name],
            failures=[failure for failure in failures if failure.study == name],
            resamples=config.resamples,
            level=config.level,
        )


def write_chapter(study: Study, sections: Sequence[Callable[[Study], Section | None]]) -> Chapter:
    """Ask every section what it has to say of a study."""
    bar = tqdm(sections, desc=study.name, leave=False, disable=not sys.stderr.isatty())
    return Chapter(
        name=study.name,
        title=f"{study.card.database}, {study.card.protocol}: {study.sizes}",
        notice=study.card.notice,
        sections=[section for say in bar if (section := say(study)) is not None],
        headline=headline(study),
    )


if __name__ == "__main__":
    main()
