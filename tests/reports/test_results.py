"""The table of errors: ours next to the paper's, with a verdict for the same database only."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.reports.published import (
    PRINTED,
    agreement,
    find_system,
    paper_systems,
    printed_errors,
    published_errors,
)
from posed_spontaneous.reports.section import Picture, Table
from posed_spontaneous.reports.sections.results import results, tabulate

from ..reports.stored_runs import (
    NETWORKS,
    make_card,
    make_samples,
    read_study,
    store_run,
    store_system,
)


def tabulated(root: Path) -> pd.DataFrame:
    return tabulate(read_study(root)).set_index("system")


def test_errors_are_pooled_over_folds_and_averaged_over_seeds(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0, seed=0)
    store_run(tmp_path, [4, 5], fold=1, seed=0)
    store_run(tmp_path, [], fold=0, seed=1)
    store_run(tmp_path, [7], fold=1, seed=1)
    row = tabulated(tmp_path).loc["DiffCNN"]
    assert row["error"] == pytest.approx((3 / 8 + 1 / 8) / 2)
    assert row["std"] == pytest.approx(np.std([3 / 8, 1 / 8], ddof=1))
    assert row["fold_mean_error"] == pytest.approx(0.25)
    assert row["runs"] == "4/4"
    assert row["published_USTC-NVIE-subset"] == pytest.approx(0.0370)
    assert row["published_USTC-NVIE-full"] == pytest.approx(0.0847)


def test_training_rows_do_not_count(tmp_path: Path) -> None:
    store_run(tmp_path, [4, 5, 6, 7], fold=0)
    store_run(tmp_path, [0, 1, 2, 3], fold=1)
    assert tabulated(tmp_path).loc["DiffCNN", "error"] == 0


def test_a_seed_without_all_folds_does_not_count(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0, seed=0)
    store_run(tmp_path, [], fold=1, seed=0)
    store_run(tmp_path, [0, 1, 2, 3], fold=0, seed=1)
    row = tabulated(tmp_path).loc["DiffCNN"]
    assert row["error"] == pytest.approx(1 / 8)
    assert (row["seeds"], row["runs"]) == (1, "3/4")


def test_all_rows_of_the_paper_are_shown_in_its_order_without_complete_runs(tmp_path: Path) -> None:
    store_run(tmp_path, [], fold=0)
    rows = tabulated(tmp_path)
    assert list(rows.index) == list(printed_errors(1).index)
    assert len(rows) == 14
    assert rows["error"].isna().all()
    section = results(read_study(tmp_path))
    assert section is not None
    assert section.warnings == ["1 run missing: DiffCNN, seed0-fold01."]


def test_leave_one_subject_out_is_compared_with_table_2(tmp_path: Path) -> None:
    for fold in (0, 1):
        store_run(tmp_path, [], fold=fold, protocol="loso")
    rows = tabulated(tmp_path)
    assert "Pfister et al. 2011" in rows.index
    assert rows.loc["CompCNN-Sub-SVM", "published_SPOS"] == pytest.approx(0.1666)
    section = results(read_study(tmp_path))
    assert section is not None
    assert section.title == "Table 2"
    assert section.contents[0].name == "table2"


@pytest.mark.parametrize(
    ("database", "folds", "compared"),
    [("USTC-NVIE-subset", 10, True), ("USTC-NVIE-subset", 2, False), ("mine", 10, False)],
)
def test_a_verdict_needs_the_papers_database_and_protocol(
    tmp_path: Path, database: str, folds: int, compared: bool
) -> None:
    samples = make_samples(40)
    store_system(tmp_path, samples, 0.037, "DiffCNN", folds=folds, database=database)
    store_system(tmp_path, samples, 0.5, "CompCNN-Sub@1", folds=folds, database=database)
    rows = tabulated(tmp_path)
    assert rows["verdict"].notna().any() == compared
    if compared:
        assert rows.loc["DiffCNN", "verdict"] == "yes"
        assert rows.loc["CompCNN-Sub@1", "verdict"] == "no, ours is higher"


def test_few_subjects_and_different_options_are_warned_of(tmp_path: Path) -> None:
    samples = make_samples(7)
    for place, system in enumerate(NETWORKS[:3]):
        choices = {"trainer": {"max_epochs": 44 if place == 0 else 22}}
        store_system(tmp_path, samples, 0.3, system, choices=choices)
    section = results(read_study(tmp_path))
    assert section is not None
    few, mixed = section.warnings
    assert "Only 7 subjects" in few
    assert "DiffCNN (max epochs: 44)" in mixed


def test_agreement() -> None:
    assert agreement(0.03, 0.02, 0.04) == "yes"
    assert agreement(0.01, 0.02, 0.04) == "no, ours is higher"
    assert agreement(0.05, 0.02, 0.04) == "no, ours is lower"
    assert agreement(0.05, 0.0, 0.0) is None


def test_published_errors_are_counts_over_the_papers_samples() -> None:
    """An error in copying would rarely give a whole number of errors."""
    subset = published_errors("ustc-nvie-SUBSET", "10fold")
    assert "Zhang et al. 2011" not in subset, "cited, and on other images"
    counts = subset * 1028
    assert len(counts) == 13
    assert (abs(counts - counts.round()) < 0.06).all()
    assert len(pd.read_csv(PRINTED)) == 14 + 10 + 14


def test_a_system_without_errors_has_a_printable_row(tmp_path: Path) -> None:
    store_run(tmp_path, [], fold=0)
    store_run(tmp_path, [], fold=1)
    section = results(read_study(tmp_path))
    assert section is not None
    table, picture, figures = section.contents
    assert isinstance(table, Table)
    assert isinstance(picture, Picture)
    assert isinstance(figures, Table)
    row = table.rows.set_index("System").loc["DiffCNN"]
    assert row["Error, %"] == "0.00"
    assert row["95 % interval"] == "\N{EN DASH}", "a point has no information"
    assert list(figures.rows["System"]) == ["DiffCNN"]


def test_margins_have_no_calibration(tmp_path: Path) -> None:
    samples = make_samples(6)
    store_system(tmp_path, samples, 0.2, "DiffCNN")
    store_system(tmp_path, samples, 0.2, "CompCNN-Sub-SVM")
    store_system(tmp_path, samples, 0.2, "HOG-SVM", kind="baseline", scores="margins")
    section = results(read_study(tmp_path))
    assert section is not None
    figures = section.contents[2]
    assert isinstance(figures, Table)
    calibration = figures.rows.set_index("System")["ECE"]
    assert calibration["CompCNN-Sub-SVM"] == calibration["HOG-SVM"] == "\N{EN DASH}"
    assert float(calibration["DiffCNN"]) > 0


def test_systems_are_found_in_the_paper_by_what_they_compute() -> None:
    assert paper_systems("network", "Comb") == [f"CompCNN-Comb@{at}" for at in (1, 2, 3)]
    for system in ("DiffCNN", "CompCNN-Sub@2", "CompCNN-Comb-SVM"):
        assert find_system(make_card(system=system)) == system
    renamed = make_card(kind="network", system="Mine", operator="Sub", placement=3)
    assert find_system(renamed) == "CompCNN-Sub@3"
    assert find_system(make_card(kind="baseline", system="Gan et al. 2015")) == "Gan et al. 2015"
    assert find_system(make_card(system="Mine")) is None
    assert find_system(make_card(kind="baseline", system="DiffCNN")) is None


def test_several_variants_of_a_system_are_rows_with_the_same_published_error(
    tmp_path: Path,
) -> None:
    samples = make_samples(30)
    for epochs in (5, 6):
        choices = {"trainer": {"max_epochs": epochs}}
        store_system(tmp_path, samples, 0.2, "DiffCNN", choices=choices)
    store_system(tmp_path, samples, 0.5, "Majority", kind="baseline", role="reference")
    store_system(tmp_path, samples, 0.5, "Mine", kind="baseline")
    rows = tabulated(tmp_path)
    names = ["DiffCNN [max epochs: 5]", "DiffCNN [max epochs: 6]"]
    assert list(rows.index[5:7]) == names
    assert list(rows.loc[names, "published_USTC-NVIE-subset"]) == pytest.approx([0.0370] * 2)
    assert list(rows.index[-2:]) == ["Mine", "Majority"]
