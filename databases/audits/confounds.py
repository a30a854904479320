"""Whether a column, or the light, tells the label without any expression.

The recording session alone tells the posed smiles of the MMI database from the spontaneous ones,
184 of 184: a network that knows sessions by their light and background is then always right.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from posed_spontaneous.databases.audits.evidence import Evidence, Table
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.tree import naming
from posed_spontaneous.dataset.manifest import CLIP, LATENT_PREFIX, REQUIRED

RECURS = 5
"""Samples that a value, or a leaf of the tree, must have: rarer ones say nothing of others."""
FEWEST = 4 * RECURS
"""Samples below which a tree has hardly a leaf to grow."""
LEAVES = 8
"""Ranges that a column of numbers is cut into."""
SESSIONS = 8
"""Recurring values with one label each from which that is no chance: at most one in 2^8."""


class Figure(NamedTuple):
    """Balanced accuracy with its interval over subjects, each 0 to 1."""

    value: float
    low: float
    high: float


class Confounds:
    """Predicts the label from one column at a time, on subjects that were not trained on.

    A decision tree reads the column's values or, of numbers, their ranks. To the manifest's
    columns come the brightness, contrast and sharpness of the onset, before any expression.

    Args:
        folds: Groups of subjects; fewer where there are fewer subjects.
        margin: Balanced accuracy above chance from which there is a warning, if the interval's
            lower end is above chance as well.
        perfect: Balanced accuracy from which that is fatal.
        level: Coverage that the intervals claim, 0 to 1.
        label_sources: Columns that the labels may be made of, such as emotions joined to classes:
            if they tell every label, that is a warning and never fatal.
        unseen: Columns that no crop shows, such as numbers of frames: a warning at most.
    """

    CHECK = "confounds"

    def __init__(
        self,
        folds: int,
        margin: float,
        perfect: float,
        level: float,
        label_sources: Sequence[str],
        unseen: Sequence[str],
    ) -> None:
        self.folds = folds
        self.margin = margin
        self.perfect = perfect
        self.level = level
        self.label_sources = label_sources
        self.unseen = unseen

    def __call__(self, evidence: Evidence) -> Iterator[Finding | Table]:
        rows = evidence.rows
        labels = rows["label"].to_numpy(str)
        chance = 1 / len(np.unique(labels))
        if rows["subject_id"].nunique() < 2 or chance == 1:
            yield self._find(
                Severity.NOTE, "one subject or one label: nothing to predict on others"
            )
            return
        if len(rows) < FEWEST:
            yield self._find(
                Severity.NOTE,
                f"{len(rows)} samples, expected {FEWEST} or more: too few to tell whether a column "
                "tells the label",
            )
            return
        left_out, figures = {}, {}
        for name, column in _columns(evidence):
            if reason := _useless(column, labels):
                left_out[name] = reason
                continue
            figures[name] = self._predict(column, labels, rows["subject_id"].to_numpy(str))
            yield from self._judge(name, column, rows, figures[name], chance)
        if left_out:
            told = ", ".join(f"{name} ({reason})" for name, reason in left_out.items())
            yield self._find(Severity.NOTE, f"columns left out: {told}")
        table = pd.DataFrame(
            [(name, *figure) for name, figure in figures.items()],
            columns=["column", "balanced accuracy", "low", "high"],
        ).sort_values("balanced accuracy", ascending=False, kind="stable", ignore_index=True)
        yield Table(
            f"Label told from one column alone, on other subjects: chance is {chance:.3f}, "
            f"intervals of {self.level:.0%}",
            table,
        )

    def _predict(
        self, column: pd.Series, labels: NDArray[np.str_], subjects: NDArray[np.str_]
    ) -> Figure:
        numeric = pd.api.types.is_numeric_dtype(column)
        # Ranks are what a tree sees of numbers, whatever their size.
        values = (column.rank(method="dense") if numeric else column).to_frame("value")
        named = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RECURS)
        model = make_pipeline(
            make_column_transformer(("passthrough" if numeric else named, ["value"])),
            DecisionTreeClassifier(
                min_samples_leaf=RECURS,
                max_leaf_nodes=LEAVES if numeric else None,
                class_weight="balanced",
                random_state=0,
            ),
        )
        folds = GroupKFold(min(self.folds, len(np.unique(subjects))))
        predicted = cross_val_predict(model, values, labels, groups=subjects, cv=folds)
        return balanced_accuracy(labels, predicted, subjects, level=self.level)

    def _judge(
        self, name: str, column: pd.Series, rows: pd.DataFrame, figure: Figure, chance: float
    ) -> Iterator[Finding]:
        told = (
            f"{name} alone tells the label of other subjects in {figure.value:.1%} "
            f"({figure.low:.1%} to {figure.high:.1%}, chance {chance:.1%}, balanced)"
        )
        if name in self.label_sources and _determines(column, rows["label"]):
            pairs = rows["label"].groupby(column).first()
            listed = naming([f"{value}: {label}" for value, label in pairs.items()])
            yield self._find(
                Severity.WARNING,
                f"{name} tells every label ({listed}): right if the labels are made of it, else "
                "the classes differ in it and no figure can be trusted",
            )
        elif name in self.unseen and figure.low > chance and figure.value >= chance + self.margin:
            yield self._find(
                Severity.WARNING,
                f"{told}: no crop shows it, but clips may, and it may go with what crops show; "
                "look how the recordings of each class were cut and annotated",
            )
        elif figure.low > chance and figure.value >= self.perfect:
            yield self._find(
                Severity.FATAL,
                f"{told}: a network may read it from light or background, so no figure says "
                "anything of expressions; compare within one value of it; if the labels are made "
                f"of it, add {name} to audit.checks.confounds.label_sources",
            )
        elif figure.low > chance and figure.value >= chance + self.margin:
            yield self._find(
                Severity.WARNING,
                f"{told}: a network that does no better may have learned nothing else; balance it, "
                "or report figures within its values",
            )
        elif values := _one_label_each(column, rows):
            yield self._find(
                Severity.WARNING,
                f"each of {values} recurring values of {name} holds one label only, though their "
                "subjects show several: if they are sessions, the classes were recorded apart; "
                "look whether light, camera or framing differ",
            )

    def _find(self, severity: Severity, message: str) -> Finding:
        return Finding(check=self.CHECK, severity=severity, message=message)


def balanced_accuracy(
    labels: NDArray[np.str_],
    predicted: NDArray[np.str_],
    subjects: NDArray[np.str_],
    *,
    level: float,
) -> Figure:
    """Mean over the classes of the share told rightly.

    The interval is Student's, with the jackknife's standard error, which leaves out one subject
    at a time: samples of one subject resemble each other.

    Args:
        labels: True classes, ``(N,)``.
        predicted: Classes told, ``(N,)``.
        subjects: Whose each sample is, ``(N,)``; two or more.
        level: Coverage that the interval claims, 0 to 1.
    """
    shown = pd.crosstab(subjects, labels).to_numpy()
    told = pd.crosstab(subjects, labels, predicted == labels, aggfunc="sum").fillna(0).to_numpy()
    value = float((told.sum(axis=0) / shown.sum(axis=0)).mean())
    left, right = shown.sum(axis=0) - shown, told.sum(axis=0) - told
    # Whoever alone shows a class takes it along.
    shares = np.divide(right, left, out=np.full(left.shape, np.nan), where=left > 0)
    without = np.nanmean(shares, axis=1)
    n = len(without)
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    reach = float(t.ppf((1 + level) / 2, n - 1) * error)
    return Figure(value, max(value - reach, 0.0), min(value + reach, 1.0))


def _columns(evidence: Evidence) -> Iterator[tuple[str, pd.Series]]:
    """What describes a sample: numbers as numbers, all else as text."""
    for name in evidence.rows.columns:
        if name not in (*REQUIRED, CLIP) and not str(name).startswith(LATENT_PREFIX):
            yield str(name), _typed(evidence.rows[name])
    onset = np.where(
        evidence.readable["onset"][:, None, None], evidence.crops["onset"].astype(float), np.nan
    )
    yield "onset brightness", pd.Series(onset.mean(axis=(1, 2)))
    yield "onset contrast", pd.Series(onset.std(axis=(1, 2)))
    yield "onset sharpness", pd.Series(evidence.sharpness["onset"])


def _typed(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    if column.dtype != bool and numbers.notna().sum() == column.notna().sum():
        return numbers.astype(float)
    return column.astype(object).where(column.notna(), "not given").astype(str)


def _useless(column: pd.Series, labels: NDArray[np.str_]) -> str:
    """Why a column is not looked at; empty if it is."""
    values = column.nunique(dropna=False)
    if values == 1:
        return "one value"
    if not pd.api.types.is_numeric_dtype(column):
        if values == len(column):
            return "a value of its own for each sample"
        if (column.to_numpy(str) == labels).all():
            return "the label itself"
    return ""


def _determines(column: pd.Series, labels: pd.Series) -> bool:
    return bool((labels.groupby(column, dropna=False).nunique() == 1).all())


def _one_label_each(column: pd.Series, rows: pd.DataFrame) -> int:
    """Number of recurring values if none has two labels, though its subjects do; else 0.

    Fractions are measured, and so no sessions.
    """
    if pd.api.types.is_numeric_dtype(column) and (column % 1 > 0).any():
        return 0
    several = rows.groupby("subject_id")["label"].transform("nunique") > 1
    values = rows["label"][several].groupby(column[several])
    recurring = values.size() > 1
    pure = (values.nunique() == 1)[recurring]
    enough = recurring.sum() >= SESSIONS and 2 * values.size()[recurring].sum() >= several.sum()
    return int(recurring.sum()) if enough and pure.all() else 0
