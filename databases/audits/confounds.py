"""Whether a column of the manifest, or the light, predicts the label without any expression.

In the MMI database the recording session alone separates posed from spontaneous smiles, 184 of
184: a network that recognises sessions by light and background is then always correct.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t
from sklearn.compose import make_column_transformer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from posed_spontaneous.databases.audits.check import Check, CheckTable
from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.layouts.folders import naming
from posed_spontaneous.dataset.manifest import CLIP, LATENT_PREFIX, REQUIRED

RECURS = 5
"""Smallest number of samples of a value, or of a leaf of the tree."""
FEWEST = 4 * RECURS
"""Number of samples below which no tree is fitted."""
CHANGE = "onset to apex:"
"""Prefix of the columns that compare the two crops of a pair."""
LEAVES = 8
"""Largest number of ranges of a column of numbers."""
SESSIONS = 8
"""Number of recurring values with one label each that is not by chance: at most one in 2^8."""


class BalancedAccuracy(NamedTuple):
    """Balanced accuracy with the ends of its interval over subjects, 0 to 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Confounds(Check):
    """Predicts the label of subjects that were not trained on, from one column at a time.

    A decision tree is fitted to the values of the column or, for numbers, to their ranks. The
    columns are those of the manifest, the brightness, contrast and sharpness of the onset, which
    precedes any expression, and those of the apex relative to it, which an expression changes a
    little: a warning at most.

    Args:
        folds: Number of groups of subjects, or fewer if there are fewer subjects.
        margin: Balanced accuracy above chance from which there is a warning, if the lower end of
            the interval is above chance as well.
        perfect: Balanced accuracy from which that is fatal.
        level: Nominal coverage of the intervals, 0 to 1.
        label_sources: Columns from which labels may be made, such as emotions joined to classes:
            if one determines every label, that is a warning and never fatal.
        unseen: Columns that no crop shows, such as numbers of frames: a warning at most.
    """

    name = "confounds"
    folds: int
    margin: float
    perfect: float
    level: float
    label_sources: Sequence[str]
    unseen: Sequence[str]

    def __call__(self, evidence: Evidence) -> Iterator[Finding | CheckTable]:
        rows = evidence.rows
        labels, subjects = (rows[name].to_numpy(str) for name in ("label", "subject_id"))
        chance = 1 / len(np.unique(labels))
        if len(np.unique(subjects)) < 2 or chance == 1:
            yield self.note("one subject or one label: nothing can be predicted for others")
            return
        if len(rows) < FEWEST:
            yield self.note(
                f"{len(rows)} samples, expected {FEWEST} or more to test whether a column "
                "predicts the label"
            )
            return
        skipped, accuracies = [], []
        for name, column in _columns(evidence):
            if reason := _reason_to_skip(column, labels):
                skipped.append(f"{name} ({reason})")
                continue
            predicted = self._predict(column, labels, subjects)
            accuracy = estimate_accuracy(labels, predicted, subjects, level=self.level)
            accuracies.append((name, *accuracy))
            yield from self._test(name, column, rows, accuracy, chance)
        if skipped:
            yield self.note(f"columns that are not tested: {', '.join(skipped)}")
        accuracies.sort(key=lambda row: row[1], reverse=True)
        yield CheckTable(
            "Label predicted from one column, for subjects not trained on: chance is "
            f"{chance:.3f}, intervals of {self.level:.0%}",
            pd.DataFrame(accuracies, columns=["column", "balanced accuracy", "low", "high"]),
        )

    def _predict(
        self, column: pd.Series, labels: NDArray[np.str_], subjects: NDArray[np.str_]
    ) -> NDArray[np.str_]:
        numeric = pd.api.types.is_numeric_dtype(column)
        # A tree depends only on the ranks of numbers, and float32 has no room for all numbers.
        values = (column.rank(method="dense") if numeric else column).to_frame("value")
        encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RECURS)
        model = make_pipeline(
            make_column_transformer(("passthrough" if numeric else encoder, ["value"])),
            DecisionTreeClassifier(
                min_samples_leaf=RECURS,
                max_leaf_nodes=LEAVES if numeric else None,
                class_weight="balanced",
                random_state=0,
            ),
        )
        folds = GroupKFold(min(self.folds, len(np.unique(subjects))))
        predicted: NDArray[np.str_] = cross_val_predict(
            model, values, labels, groups=subjects, cv=folds
        )
        return predicted

    def _test(
        self,
        name: str,
        column: pd.Series,
        rows: pd.DataFrame,
        found: BalancedAccuracy,
        chance: float,
    ) -> Iterator[Finding]:
        above_chance = found.low > chance
        predicts = (
            f"{name} alone predicts the label of other subjects with a balanced accuracy of "
            f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%}, chance {chance:.1%})"
        )
        if name in self.label_sources and _determines(column, rows["label"]):
            pairs = rows["label"].groupby(column).first()
            listed = naming([f"{value}: {label}" for value, label in pairs.items()])
            yield self.warning(
                f"{name} determines every label ({listed}): correct if the labels are made from "
                "it, otherwise the classes differ in it and no result can be trusted"
            )
        elif above_chance and name in self.unseen and found.value >= chance + self.margin:
            yield self.warning(
                f"{predicts}: no crop shows it, but clips may, and it may be correlated with what "
                "crops show; check how the recordings of each class were cut and annotated"
            )
        elif name.startswith(CHANGE) and above_chance and found.value >= chance + self.margin:
            yield self.warning(
                f"{predicts}: a network needs no expression where the light or the focus of the "
                "apex differs by class; compare its accuracy with this one, and check how the "
                "recordings of each class were lit and cut"
            )
        elif above_chance and found.value >= self.perfect:
            yield self.fatal(
                f"{predicts}: a network may recognise it by light or background, so no result "
                "depends on expressions only; compare samples with the same value; if the labels "
                f"are made from it, add {name} to audit.checks.confounds.label_sources"
            )
        elif above_chance and found.value >= chance + self.margin:
            yield self.warning(
                f"{predicts}: a network with no better accuracy may have learned nothing else; "
                "balance it, or report results for each of its values"
            )
        elif values := _count_values_with_one_label(column, rows):
            yield self.warning(
                f"each of {values} recurring values of {name} has one label only, although their "
                "subjects show several: if they are sessions, the classes were recorded "
                "separately; check whether light, camera or framing differ"
            )


def estimate_accuracy(
    labels: NDArray[np.str_],
    predicted: NDArray[np.str_],
    subjects: NDArray[np.str_],
    *,
    level: float,
) -> BalancedAccuracy:
    """Estimate the balanced accuracy, with an interval over subjects.

    The interval is Student's, with the standard error of the jackknife over subjects. With 7
    subjects, 8 samples of each and a level of .99, it flags 1 to 3 of 100 columns of random
    numbers; the bootstrap of ``evaluation``, made for metrics of a whole experiment, 6 to 8.

    Args:
        labels: True classes, ``(N,)``.
        predicted: Predicted classes, ``(N,)``.
        subjects: Subject of each sample, ``(N,)``; at least two.
        level: Nominal coverage of the interval, 0 to 1.
    """
    value = float(balanced_accuracy_score(labels, predicted))
    samples = pd.crosstab(subjects, labels).to_numpy()
    correct = pd.crosstab(subjects, labels, predicted == labels, aggfunc="sum").fillna(0).to_numpy()
    others = samples.sum(axis=0) - samples
    recall = (correct.sum(axis=0) - correct) / np.where(others > 0, others, np.nan)
    # Without the only subject of a class, the class is excluded from the mean.
    jackknife = np.nanmean(recall, axis=1)
    error = np.sqrt((len(samples) - 1) * jackknife.var())
    margin = float(t.ppf((1 + level) / 2, len(samples) - 1) * error)
    return BalancedAccuracy(value, max(value - margin, 0.0), min(value + margin, 1.0))


def _columns(evidence: Evidence) -> Iterator[tuple[str, pd.Series]]:
    """Columns that describe a sample: numbers as numbers, all others as text."""
    for name in evidence.rows.columns:
        if name not in (*REQUIRED, CLIP) and not str(name).startswith(LATENT_PREFIX):
            yield str(name), _typed(evidence.rows[name])
    light = {phase: _measure(evidence, phase) for phase in PHASES}
    for measure, onset in light["onset"].items():
        yield f"onset {measure}", onset
        # Ranks must not tell differences of the last digits apart.
        yield f"{CHANGE} {measure}", (light["apex"][measure] - onset).round(6)


def _measure(evidence: Evidence, phase: str) -> dict[str, pd.Series]:
    readable = evidence.readable[phase][:, None, None]
    levels = np.where(readable, evidence.crops[phase].astype(float), np.nan)
    return {
        "brightness": pd.Series(levels.mean(axis=(1, 2))),
        "contrast": pd.Series(levels.std(axis=(1, 2))),
        "sharpness": pd.Series(evidence.sharpness[phase]),
    }


def _typed(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    if column.dtype != bool and numbers.notna().sum() == column.notna().sum():
        return numbers.astype(float)
    return column.astype(object).where(column.notna(), "not given").astype(str)


def _reason_to_skip(column: pd.Series, labels: NDArray[np.str_]) -> str:
    """Why a column is not tested; empty if it is."""
    values = column.nunique(dropna=False)
    if values == 1:
        return "one value"
    if not pd.api.types.is_numeric_dtype(column):
        if values == len(column):
            return "another value for each sample"
        if (column.to_numpy(str) == labels).all():
            return "the label itself"
    return ""


def _determines(column: pd.Series, labels: pd.Series) -> bool:
    return bool((labels.groupby(column, dropna=False).nunique() == 1).all())


def _count_values_with_one_label(column: pd.Series, rows: pd.DataFrame) -> int:
    """Number of recurring values if each has one label, although its subjects have several; or 0.

    Fractions are measurements and not names of sessions.
    """
    if pd.api.types.is_numeric_dtype(column) and (column % 1 > 0).any():
        return 0
    several = rows.groupby("subject_id")["label"].transform("nunique") > 1
    values = rows["label"][several].groupby(column[several])
    sizes = values.size()
    recurring = sizes > 1
    enough = recurring.sum() >= SESSIONS and 2 * sizes[recurring].sum() >= several.sum()
    return int(recurring.sum()) if enough and (values.nunique()[recurring] == 1).all() else 0
