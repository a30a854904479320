"""Folds keep subjects whole, whatever the database."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from posed_spontaneous.dataset import Folds, HoldOut, InnerFolds, LeaveOneSubjectOut, SubjectKFold
from posed_spontaneous.dataset.folds import Split, check_disjoint_subjects
from posed_spontaneous.runtime.errors import InputError

EMPTY = np.empty(0, np.int64)


@st.composite
def databases(draw: st.DrawFn) -> pd.DataFrame:
    """Databases of 4 to 12 subjects, each with both labels and any number of samples."""
    rows = []
    for subject in range(draw(st.integers(4, 12))):
        for label in ("posed", "spontaneous"):
            for sample in range(draw(st.integers(1, 4))):
                rows.append((f"{subject}-{label}-{sample}", f"s{subject}", label))
    return pd.DataFrame(rows, columns=["sample_id", "subject_id", "label"])


PROTOCOLS = st.sampled_from(
    [SubjectKFold(k=2, seed=0), SubjectKFold(k=4, seed=3), LeaveOneSubjectOut()]
)


@given(databases(), PROTOCOLS, st.sampled_from([0.0, 0.3]), st.integers(0, 5))
def test_no_subject_is_in_two_parts(
    rows: pd.DataFrame, folds: Folds, validation: float, seed: int
) -> None:
    tested = []
    for fold in range(folds.count(rows)):
        whole = folds.split(rows, fold, validation=0.0, seed=seed).train
        # A single training subject cannot be divided; another test covers that error.
        assume(not validation or rows["subject_id"].iloc[whole].nunique() > 1)
        split = folds.split(rows, fold, validation=validation, seed=seed)
        check_disjoint_subjects(rows, split)
        assert bool(len(split.validation)) == bool(validation)
        tested += list(split.test)
    assert sorted(tested) == list(range(len(rows)))


@given(databases(), PROTOCOLS, st.randoms())
def test_the_order_of_the_rows_does_not_matter(
    rows: pd.DataFrame, folds: Folds, random: object
) -> None:
    shuffled = rows.sample(frac=1, random_state=np.random.RandomState(1))
    assert folds.digest(rows) == folds.digest(shuffled)


@given(databases())
def test_leave_one_subject_out_tests_one_subject(rows: pd.DataFrame) -> None:
    folds = LeaveOneSubjectOut()
    assert folds.count(rows) == rows["subject_id"].nunique()
    split = folds.split(rows, 1, validation=0.0, seed=0)
    assert rows["subject_id"].iloc[split.test].nunique() == 1


@given(databases(), st.integers(0, 5))
def test_a_hold_out_protocol_tests_one_part_and_trains_on_the_others(
    rows: pd.DataFrame, seed: int
) -> None:
    folds = HoldOut(k=4, seed=0)
    assert folds.count(rows) == 1
    split = folds.split(rows, 0, validation=0.0, seed=seed)
    check_disjoint_subjects(rows, split)
    assert set(split.test) == set(np.flatnonzero(SubjectKFold(k=4, seed=0).assign(rows) == 0))
    assert len(split.train) + len(split.test) == len(rows)


@given(databases(), st.sampled_from([0, 1]))
def test_inner_folds_never_touch_the_outer_test_part(rows: pd.DataFrame, fold: int) -> None:
    outer = SubjectKFold(k=2, seed=0)
    folds = InnerFolds(outer, fold, LeaveOneSubjectOut())
    untouched = set(np.flatnonzero(outer.assign(rows) == fold))
    assume(rows["subject_id"].drop(list(untouched)).nunique() >= 2)
    tested: list[int] = []
    for inner in range(folds.count(rows)):
        split = folds.split(rows, inner, validation=0.0, seed=0)
        check_disjoint_subjects(rows, split)
        assert set(split.unused) == untouched
        tested += list(split.test)
    assert sorted([*tested, *untouched]) == list(range(len(rows)))


@given(databases(), st.integers(0, 5), st.data())
def test_fewer_training_subjects_are_a_subset_of_more(
    rows: pd.DataFrame, seed: int, data: st.DataObject
) -> None:
    folds = HoldOut(k=4, seed=0)

    def split(count: int | None) -> Split:
        return folds.split(rows, 0, validation=0.0, seed=seed, training_subjects=count)

    everyone = split(None)
    total = rows["subject_id"].iloc[everyone.train].nunique()
    count = data.draw(st.integers(1, total))
    fewer = split(count)
    check_disjoint_subjects(rows, fewer)
    assert rows["subject_id"].iloc[fewer.train].nunique() == count
    assert set(fewer.train) <= set(split(min(count + 1, total)).train) <= set(everyone.train)
    assert list(fewer.test) == list(everyone.test)
    with pytest.raises(InputError, match=rf"training_subjects: got {total + 1}, expected 1 to"):
        split(total + 1)


def test_folds_are_stratified() -> None:
    """Each subject has one class only, and still every fold has its share of both."""
    rows = pd.DataFrame(
        [
            (f"{subject}-{sample}", f"s{subject}", "posed" if subject % 2 else "spontaneous")
            for subject in range(40)
            for sample in range(3)
        ],
        columns=["sample_id", "subject_id", "label"],
    )
    fold = SubjectKFold(k=5, seed=0).assign(rows)
    shares = (rows["label"] == "posed").groupby(fold).mean()
    assert shares.between(0.4, 0.6).all()


def test_another_seed_gives_other_folds() -> None:
    rows = pd.DataFrame(
        [(f"{s}-{label}", f"s{s}", label) for s in range(30) for label in "ab"],
        columns=["sample_id", "subject_id", "label"],
    )
    assert SubjectKFold(k=5, seed=0).digest(rows) != SubjectKFold(k=5, seed=1).digest(rows)


def test_a_shared_subject_stops_the_run() -> None:
    rows = pd.DataFrame({"subject_id": ["a", "a", "b", "b"]})
    train, test = np.array([0, 2]), np.array([1, 3])
    with pytest.raises(RuntimeError, match=r"\['a', 'b'\] are in more than one part: test, train"):
        check_disjoint_subjects(rows, Split(train, EMPTY, test, EMPTY))


def test_a_missing_sample_stops_the_run() -> None:
    rows = pd.DataFrame({"subject_id": ["a", "b", "c"]})
    with pytest.raises(RuntimeError, match="every sample exactly once"):
        check_disjoint_subjects(rows, Split(np.array([0]), EMPTY, np.array([1]), EMPTY))


@pytest.mark.parametrize("k", [1, 5])
def test_an_impossible_number_of_folds_is_an_error(k: int) -> None:
    rows = pd.DataFrame(
        [(f"{s}{label}", f"s{s}", label) for s in range(4) for label in "ab"],
        columns=["sample_id", "subject_id", "label"],
    )
    with pytest.raises(InputError, match=rf"got {k} folds for 4 subjects, expected 2 to 4"):
        SubjectKFold(k=k, seed=0).assign(rows)


def test_more_folds_than_samples_of_a_class_are_an_error() -> None:
    rows = pd.DataFrame(
        [(f"x{s}", f"s{s}", "ab"[s % 2]) for s in range(12)],
        columns=["sample_id", "subject_id", "label"],
    )
    with pytest.raises(InputError, match="10 folds for classes of at most 6 samples"):
        SubjectKFold(k=10, seed=0).assign(rows)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_validation_share_out_of_range_is_an_error(share: float) -> None:
    rows = pd.DataFrame(
        [(f"{s}{label}", f"s{s}", label) for s in range(4) for label in "ab"],
        columns=["sample_id", "subject_id", "label"],
    )
    with pytest.raises(InputError, match=r"datamodule\.validation: got"):
        SubjectKFold(k=2, seed=0).split(rows, 0, validation=share, seed=0)


def test_holding_out_the_only_training_subject_is_an_error() -> None:
    rows = pd.DataFrame(
        [(f"{s}{label}", f"s{s}", label) for s in range(2) for label in "ab"],
        columns=["sample_id", "subject_id", "label"],
    )
    with pytest.raises(InputError, match=r"validation: got 0\.3 of 1 training subject"):
        SubjectKFold(k=2, seed=0).split(rows, 0, validation=0.3, seed=0)


def test_a_fold_that_does_not_exist_is_an_error() -> None:
    rows = pd.DataFrame(
        [(f"{s}{label}", f"s{s}", label) for s in range(4) for label in "ab"],
        columns=["sample_id", "subject_id", "label"],
    )
    with pytest.raises(InputError, match="fold: got 2, expected 0 to 1"):
        SubjectKFold(k=2, seed=0).split(rows, 2, validation=0.0, seed=0)
