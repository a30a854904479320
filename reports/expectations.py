"""What is expected of a planned study: published errors, and the variances of a stored study."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from posed_spontaneous.evaluation.simulation import Variances
from posed_spontaneous.evaluation.variance_components import estimate_variances
from posed_spontaneous.reports.published import printed_errors
from posed_spontaneous.reports.study import Study
from posed_spontaneous.runs import find_runs
from posed_spontaneous.runtime.errors import InputError


def expected_errors(systems: Sequence[str], database: str) -> list[float]:
    """Errors that the paper printed for systems on a database, 0 to 1.

    Raises:
        InputError: If the paper printed none.
    """
    printed = pd.concat([printed_errors(table) for table in (1, 2)], axis=1)
    if database not in printed:
        known = ", ".join(map(str, printed))
        raise InputError(f"published: got {database}, expected one of the paper's: {known}")
    errors = printed[database].dropna()
    unknown = [system for system in systems if system not in errors]
    if unknown:
        raise InputError(
            f"systems: no published error of {', '.join(unknown)} on {database}, expected some of "
            f"{', '.join(errors.index)}; or give errors=[FIRST,SECOND]"
        )
    return [float(errors[system]) for system in systems]


def stored_variances(runs: str, study: str | None) -> Variances:
    """Variances of the trained systems of a stored study; see ``estimate_variances``.

    Args:
        runs: The folder of all studies.
        study: Name of the study, a folder in it.

    Raises:
        InputError: If there is no such study, or too little of it to tell the variances apart.
    """
    stored = find_runs(Path(runs))
    own = [run for run in stored if run.card.study == study]
    if not own:
        known = ", ".join(sorted({run.card.study for run in stored})) or "none"
        raise InputError(
            f"variances.study: got {study or 'none'}, expected a study with finished runs in "
            f"{runs}, which has {known}"
        )
    kept = Study(own[0].card.study, own, failures=[], resamples=100, level=0.95)
    outcomes = kept.outcomes([v for v in kept.of_role("row") if v.card.kind != "baseline"])
    variances = None if outcomes is None else estimate_variances(outcomes)
    if variances is None:
        raise InputError(
            f"variances.study: {study} has too few runs to tell trainings from subjects, expected "
            "two trained systems, each with errors in several folds and two seeds with all folds: "
            "train more seeds, or plan with variances=assumed"
        )
    return variances
