"""The section of searches: the best trials, and which subjects the choice has seen."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from posed_spontaneous.reports import Section, Table
from posed_spontaneous.reports.sections.searches import searches
from posed_spontaneous.runs import find_searches
from posed_spontaneous.runs.searches import SearchFolder

from ..conftest import SEARCH_CARD
from .stored_runs import read_study, store_run

ERRORS = (0.4, 0.25, 0.1, 0.25)


def store_search(root: Path, errors: Sequence[float] = ERRORS, fold: int = 0) -> None:
    """Store a search whose third trial was pruned."""
    card = replace(SEARCH_CARD, fold=fold)
    trials = {
        "trial": range(1, len(errors) + 1),
        "state": ["complete", "complete", "pruned", "complete"],
        "error": errors,
        "inner_folds": [3, 3, 1, 3],
        "optimizer.lr": ["0.1", "0.012345678", "0.01", "1e-05"],
        "architecture.kernels": "[5, 5, 3]",
    }
    SearchFolder(root / card.folder, card).write(pd.DataFrame(trials))


def write_section(root: Path) -> Section:
    store_run(root, [0])
    study = replace(read_study(root), searches=find_searches(root))
    section = searches(study)
    assert section is not None
    return section


def find_table(section: Section, name: str) -> Table:
    (table,) = (c for c in section.contents if isinstance(c, Table) and c.name == name)
    return table


def test_the_best_complete_trials_are_listed(tmp_path: Path) -> None:
    store_search(tmp_path)
    table = find_table(write_section(tmp_path), "search-best")
    assert table.rows["Trial"].tolist() == ["2 of 4", "4 of 4", "1 of 4"]
    assert table.rows["Error on inner folds"].tolist() == ["25.00", "25.00", "40.00"]
    assert table.rows["Options"][0] == "optimizer.lr=0.0123, architecture.kernels=[5, 5, 3]"
    assert table.figures["options"][0].startswith("optimizer.lr=0.012345678, ")
    assert table.figures["pruned"].tolist() == [1, 1, 1]


def test_a_choice_in_one_fold_has_seen_test_subjects_of_the_others(tmp_path: Path) -> None:
    store_search(tmp_path, fold=1)
    (note,) = write_section(tmp_path).notes
    assert "used the training subjects of outer fold 1, which include test subjects of" in note
    assert "nested" not in note


def test_a_search_within_every_fold_is_nested(tmp_path: Path) -> None:
    for fold in (0, 1):
        store_search(tmp_path, fold=fold)
    section = write_section(tmp_path)
    (note,) = section.notes
    assert "The search is nested" in note
    assert "8 trials, compared by their error on inner folds (3fold)" in note
    assert find_table(section, "search-best").rows["Outer fold"].tolist() == ["0"] * 3 + ["1"] * 3


def test_the_values_that_were_searched_are_described(tmp_path: Path) -> None:
    options = {
        "a": {"low": 1e-4, "high": 0.1, "log": True},
        "b": {"low": 10, "high": 40, "step": 10},
        "c": {"choices": ["none", None, 3]},
    }
    card = replace(SEARCH_CARD, options=options)
    store_search(tmp_path)
    (stored,) = find_searches(tmp_path)
    SearchFolder(tmp_path / card.folder, card).write(stored.trials())
    table = find_table(write_section(tmp_path), "search-space").rows
    assert dict(zip(table["Option"], table["Values"], strict=True)) == {
        "optimizer.lr": "0.0001 to 0.1, logarithmic",
        "a": "0.0001 to 0.1, logarithmic",
        "b": "10 to 40 in steps of 10",
        "c": "none, null, 3",
    }


def test_without_a_search_there_is_no_section(tmp_path: Path) -> None:
    store_run(tmp_path, [0])
    assert searches(read_study(tmp_path)) is None


def test_a_stored_search_is_read_as_written(tmp_path: Path) -> None:
    store_search(tmp_path)
    (found,) = find_searches(tmp_path)
    assert found.card == SEARCH_CARD
    trials = found.trials()
    assert trials["error"].tolist() == pytest.approx(list(ERRORS))
    assert trials["optimizer.lr"].tolist() == ["0.1", "0.012345678", "0.01", "1e-05"]
