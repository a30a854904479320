"""Columns that predict the label, and columns that do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from posed_spontaneous.databases.audits import Evidence
from posed_spontaneous.databases.audits.confounds import Confounds, estimate_accuracy
from posed_spontaneous.databases.findings import Finding, Severity

from ...databases.audits.drawn_evidence import evidence_of, tables_of

SUBJECTS = [f"s{number:02d}" for number in np.repeat(np.arange(46), 8)]
LABELS = ["posed", "spontaneous"] * 184
CONFOUNDS = Confounds(
    folds=5,
    margin=0.1,
    perfect=0.95,
    level=0.99,
    label_sources=["emotion"],
    unseen=["apex_frame"],
)


def predict_from(**columns: object) -> tuple[dict[str, float], list[Finding]]:
    """Balanced accuracies by column, and all findings, for 184 samples of each label."""
    evidence = evidence_of(subjects=SUBJECTS, labels=LABELS, **columns)
    return balanced_accuracies(evidence), [r for r in CONFOUNDS(evidence) if isinstance(r, Finding)]


def balanced_accuracies(evidence: Evidence) -> dict[str, float]:
    (table,) = tables_of(CONFOUNDS(evidence)).values()
    return dict(zip(table["column"], table["balanced accuracy"], strict=True))


def test_a_session_that_separates_184_from_184_is_fatal() -> None:
    sessions = ["1" if label == "posed" else "2" for label in LABELS]
    accuracies, (finding,) = predict_from(session=sessions)
    assert accuracies["session"] == 1.0
    assert finding.severity is Severity.FATAL
    assert "session alone" in finding.message


def test_session_numbers_that_differ_for_each_sample_are_compared_by_range() -> None:
    number = iter(range(1000))
    later = iter(range(1700, 3000))
    sessions = [str(next(number if label == "posed" else later)) for label in LABELS]
    accuracies, (finding,) = predict_from(session=sessions)
    assert accuracies["session"] > 0.98
    assert finding.severity is Severity.FATAL


def test_light_that_changes_with_the_class_is_a_warning() -> None:
    """Planted: posed pairs become brighter, spontaneous ones darker, by few gray levels."""
    rng = np.random.default_rng(1)
    onset = rng.integers(60, 180, (len(LABELS), 12, 12))
    step = np.where(np.array(LABELS) == "posed", 8, -8)[:, None, None]
    apex = onset + step + rng.integers(-3, 4, onset.shape)
    evidence = evidence_of(onset, apex, subjects=SUBJECTS, labels=LABELS)
    assert balanced_accuracies(evidence)["onset to apex: brightness"] > 0.98
    findings = [r for r in CONFOUNDS(evidence) if isinstance(r, Finding)]
    assert [finding.severity for finding in findings] == [Severity.WARNING]
    assert "onset to apex: brightness alone predicts" in findings[0].message


def test_many_cameras_with_one_label_each_are_found_by_their_names() -> None:
    rng = np.random.default_rng(0)
    cameras = [f"{'ABCDEFGH'[2 * rng.integers(4) + (label == 'posed')]}" for label in LABELS]
    accuracies, (finding,) = predict_from(camera=cameras)
    assert accuracies["camera"] == 1.0
    assert finding.severity is Severity.FATAL


def test_a_column_that_predicts_some_labels_is_a_warning() -> None:
    rng = np.random.default_rng(0)
    width = [rng.normal(label == "posed", 0.8) for label in LABELS]
    accuracies, (finding,) = predict_from(width=width)
    assert 0.6 < accuracies["width"] < 0.85
    assert (finding.severity, finding.check) == (Severity.WARNING, "confounds")


def test_columns_that_predict_nothing_are_not_flagged() -> None:
    rng = np.random.default_rng(1)
    accuracies, found = predict_from(
        noise=rng.normal(size=368),
        coin=rng.integers(0, 2, 368),
        colour=rng.choice(["red", "green", None], 368),
        gender=[subject[-1] in "02468" for subject in SUBJECTS],
        holes=np.where(rng.random(368) < 0.5, np.nan, rng.normal(size=368)),
        huge=rng.normal(size=368) * 1e60,
    )
    assert found == []
    assert set(accuracies) >= {
        "noise",
        "coin",
        "colour",
        "gender",
        "holes",
        "huge",
        "onset contrast",
    }
    assert all(abs(value - 0.5) < 0.1 for value in accuracies.values())


@pytest.mark.slow
@pytest.mark.parametrize("subjects", [7, 46])
def test_few_random_columns_are_flagged(subjects: int) -> None:
    rng = np.random.default_rng(2)
    columns = {f"noise{number}": rng.normal(size=8 * subjects) for number in range(100)}
    evidence = evidence_of(
        subjects=SUBJECTS[: 8 * subjects], labels=LABELS[: 8 * subjects], **columns
    )
    findings = [r for r in CONFOUNDS(evidence) if isinstance(r, Finding)]
    assert len(findings) <= 2


def test_light_that_predicts_the_label_before_any_expression_is_fatal() -> None:
    rng = np.random.default_rng(0)
    onset = rng.integers(60, 120, (368, 12, 12)) + 40 * (np.array(LABELS) == "posed")[:, None, None]
    evidence = evidence_of(onset, onset + 5, subjects=SUBJECTS, labels=LABELS)
    findings = [r for r in CONFOUNDS(evidence) if isinstance(r, Finding)]
    (fatal,) = (finding for finding in findings if finding.severity is Severity.FATAL)
    assert "onset brightness" in fatal.message


def test_missing_values_can_predict_the_label() -> None:
    accuracies, (finding,) = predict_from(
        age=[20.0 if label == "posed" else np.nan for label in LABELS]
    )
    assert accuracies["age"] == 1.0
    assert finding.severity is Severity.FATAL


def test_sessions_of_one_label_each_within_subjects_are_a_warning() -> None:
    rng = np.random.default_rng(0)
    place = {name: code for code, name in enumerate(rng.permutation(92))}
    sessions = [
        f"r{place[2 * int(subject[1:]) + (label == 'posed')]}"
        for subject, label in zip(SUBJECTS, LABELS, strict=True)
    ]
    accuracies, (finding,) = predict_from(session=sessions)
    assert accuracies["session"] < 0.6
    assert finding.severity is Severity.WARNING
    assert "each of 92 recurring values of session has one label only" in finding.message


def test_a_measured_column_is_not_taken_for_sessions() -> None:
    rng = np.random.default_rng(0)
    person = np.array([int(subject[1:]) for subject in SUBJECTS])
    code = rng.permutation(92)[2 * person + (np.array(LABELS) == "posed")]
    evidence = evidence_of(subjects=SUBJECTS, labels=LABELS, session=code, interocular=code + 0.25)
    (finding,) = (result for result in CONFOUNDS(evidence) if isinstance(result, Finding))
    assert "values of session has one label only" in finding.message


def test_with_few_samples_no_column_is_tested() -> None:
    evidence = evidence_of(subjects=SUBJECTS[:16], labels=LABELS[:16], session=LABELS[:16])
    (finding,) = CONFOUNDS(evidence)
    assert finding.severity is Severity.NOTE
    assert "16 samples, expected 20 or more" in finding.message


def test_names_of_samples_constants_and_the_label_itself_are_skipped() -> None:
    accuracies, (finding,) = predict_from(
        clip=[f"clip {number}" for number in range(368)],
        database="NVIE",
        emotion=LABELS,
        latent_skew=np.array(LABELS) == "posed",
        clip_path=LABELS,
    )
    light = [f"{of} {m}" for of in ("onset", "onset to apex:") for m in ("brightness", "contrast")]
    sharpness = ["onset sharpness", "onset to apex: sharpness"]
    assert set(accuracies) == {*light, *sharpness}
    assert finding.severity is Severity.NOTE
    for name in (
        "clip (another value for each sample",
        "database (one value)",
        "emotion (the label itself)",
    ):
        assert name in finding.message


def test_emotions_that_make_the_labels_are_a_warning_where_a_camera_is_fatal() -> None:
    mixed = [
        ("joy", "surprise")[number // 2 % 2] if label == "posed" else "fear"
        for number, label in enumerate(LABELS)
    ]
    _, (finding,) = predict_from(emotion=mixed)
    assert finding.severity is Severity.WARNING
    assert "fear: spontaneous, joy: posed, surprise: posed" in finding.message
    _, (finding,) = predict_from(camera=mixed)
    assert finding.severity is Severity.FATAL


def test_three_labels_have_a_third_as_chance() -> None:
    labels = ["anger", "fear", "joy"] * 40
    evidence = evidence_of(subjects=SUBJECTS[:120], labels=labels, two=["a", "b", "b"] * 40)
    assert balanced_accuracies(evidence)["two"] == pytest.approx(2 / 3, abs=0.01)


def test_with_one_subject_nothing_is_predicted() -> None:
    evidence = evidence_of(subjects=["a"] * 4, labels=LABELS[:4])
    (finding,) = CONFOUNDS(evidence)
    assert finding.severity is Severity.NOTE


@settings(max_examples=30)
@given(st.integers(0, 2**31))
def test_balanced_accuracy_equals_scikit_learn_s_and_is_within_its_interval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, predicted = rng.choice(["a", "b", "c"], (2, 60))
    subjects = rng.choice(list("pqrstu"), 60)
    estimate = estimate_accuracy(labels, predicted, subjects, level=0.95)
    assert estimate.value == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert estimate.low <= estimate.value <= estimate.high


def test_with_subjects_of_equal_size_the_interval_is_that_of_their_mean() -> None:
    rng = np.random.default_rng(0)
    subjects = np.repeat(list("abcdefgh"), 10)
    labels = np.tile(["p", "s"], 40)
    predicted = np.where(rng.random(80) < 0.7, labels, np.where(labels == "p", "s", "p"))
    estimate = estimate_accuracy(labels, predicted, subjects, level=0.9)
    means = (labels == predicted).reshape(8, 10).mean(axis=1)
    reach = 1.894579 * means.std(ddof=1) / np.sqrt(8)  # Student's quantile, 7 degrees of freedom
    assert (estimate.low, estimate.high) == pytest.approx(
        (means.mean() - reach, means.mean() + reach)
    )


def test_a_column_that_no_crop_shows_is_a_warning_at_most() -> None:
    accuracies, (finding,) = predict_from(
        apex_frame=[10 if label == "posed" else 30 for label in LABELS]
    )
    assert accuracies["apex_frame"] == 1.0
    assert finding.severity is Severity.WARNING
    assert "no crop shows it" in finding.message
