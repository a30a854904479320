"""Counts compared with published ones, and properties of the subjects."""

from posed_spontaneous.databases.audits.counts import Counts, Subjects
from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.findings import Severity

from ...databases.audits.drawn_evidence import evidence_of, found_by, tables_of

SUBJECTS = ["a", "a", "b", "b", "b", "c"]
LABELS = ["posed", "spontaneous", "posed", "posed", "spontaneous", "posed"]


def test_counts_that_equal_the_papers_are_no_finding() -> None:
    published = Published(subjects=3, samples=6, labels={"posed": 4, "spontaneous": 2}, source="X")
    evidence = evidence_of(subjects=SUBJECTS, labels=LABELS, published=published)
    assert found_by(Counts([], 0.2), evidence) == []


def test_a_count_that_differs_from_the_papers_is_a_warning_with_both_numbers() -> None:
    published = Published(subjects=3, samples=7, labels={"posed": 5}, source="a paper")
    evidence = evidence_of(subjects=SUBJECTS, labels=LABELS, published=published)
    (finding,) = found_by(Counts([], 0.2), evidence)
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith(
        "6 samples (7 published), 4 samples of posed (5 published); source: a paper: look"
    )


def test_a_published_label_that_is_missing_counts_as_zero() -> None:
    published = Published(labels={"posed": 4, "spontaneous": 2, "acted": 9})
    evidence = evidence_of(subjects=SUBJECTS, labels=LABELS, published=published)
    (finding,) = found_by(Counts([], 0.2), evidence)
    assert "0 samples of acted (9 published); source: the paper" in finding.message


def test_user_supplied_labels_are_not_compared_with_the_papers() -> None:
    published = Published(samples=6, labels={"happiness": 3, "disgust": 3})
    (finding,) = found_by(
        Counts([], 0.2), evidence_of(subjects=SUBJECTS, labels=LABELS, published=published)
    )
    assert finding.severity is Severity.NOTE


def test_samples_are_counted_by_label_and_by_the_columns_that_exist() -> None:
    evidence = evidence_of(
        subjects=SUBJECTS, labels=LABELS, emotion=["joy", "joy", "fear", "joy", None, "fear"]
    )
    tables = tables_of(Counts(["emotion", "session"], 0.2)(evidence))
    by_label = tables["Samples per subject, by label"].set_index("label")
    assert by_label.loc["posed"].tolist() == [4, 3, 1, 1, 2]
    assert by_label.loc["spontaneous"].tolist() == [2, 2, 1, 1, 1]
    by_emotion = tables["Samples by emotion and label"].set_index("emotion")
    assert by_emotion.loc["joy"].tolist() == [2, 1]
    assert by_emotion.loc["fear"].tolist() == [2, 0]
    assert by_emotion.loc["not given"].tolist() == [0, 1]
    assert not any("session" in caption for caption in tables)


def test_few_subjects_and_subjects_with_one_label_are_findings() -> None:
    evidence = evidence_of(subjects=SUBJECTS, labels=LABELS)
    few, single = found_by(Subjects(fewest=4, one_label=0.5), evidence)
    assert few.severity is Severity.WARNING
    assert "3 subjects, expected 4" in few.message
    assert (single.severity, single.samples) == (Severity.NOTE, ("n05",))
    (single,) = found_by(Subjects(fewest=3, one_label=0.3), evidence)
    assert single.severity is Severity.WARNING


def test_if_all_subjects_show_one_label_no_sample_is_flagged() -> None:
    evidence = evidence_of(subjects=list("abcd"), labels=["posed", "spontaneous"] * 2)
    (single,) = found_by(Subjects(fewest=4, one_label=0.5), evidence)
    assert (single.severity, single.samples) == (Severity.WARNING, ())
    assert "4 of 4 subjects show one label only" in single.message
    assert "no subject is left" in single.message


def test_subjects_that_differ_in_spelling_only_are_a_warning() -> None:
    subjects = ["S01", "s1", "b", "b", "b10", "b1"]
    (few, finding, *_) = found_by(
        Subjects(fewest=20, one_label=0.9), evidence_of(subjects=subjects, labels=LABELS)
    )
    assert few.message.startswith("5 subjects")
    assert "subject_id S01 and s1 differ" in finding.message
    assert finding.samples == ("n00", "n01")


def test_a_small_class_is_a_warning() -> None:
    labels = ["posed"] * 15 + ["spontaneous"]
    evidence = evidence_of(subjects=[f"s{i % 4}" for i in range(16)], labels=labels)
    (finding,) = found_by(Counts([], 0.2), evidence)
    assert "1 of 16 samples are spontaneous" in finding.message
    assert "an error of 6.2% only" in finding.message
