"""One study, read from its run folders: its variants, their predictions and metrics."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from posed_spontaneous.dataset.manifest import SCORE_PREFIX
from posed_spontaneous.evaluation import (
    MIN_FOLDS,
    Outcomes,
    Pair,
    all_pairs,
    compare,
    estimate,
)
from posed_spontaneous.reports.choices import (
    describe_choices,
    differing_choices,
    flatten_choices,
    training_choices,
)
from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.published import find_system, paper_systems
from posed_spontaneous.runs import (
    Failure,
    RunCard,
    RunFolder,
    SearchFolder,
    join_predictions,
    name_run,
)
from posed_spontaneous.runtime.errors import InputError

TABLE_ROLES = ("row", "reference")
ENOUGH_SEEDS = 5
"""Trainings of each fold from which a verdict on a method is drawn."""


@dataclass(frozen=True)
class Variant:
    """A system in one configuration, with all its runs.

    Args:
        name: Name of its folder.
        runs: Its finished runs, at least one.
        distinction: Text that distinguishes it from the other variants of its system; may be
            empty.
    """

    name: str
    runs: Sequence[RunFolder]
    distinction: str = ""

    @property
    def card(self) -> RunCard:
        """The card of its first run. Its runs differ in seed and fold only."""
        return self.runs[0].card

    @property
    def system(self) -> str:
        """Name of the system."""
        return self.card.system

    @property
    def label(self) -> str:
        """The system's name, with the distinction in brackets."""
        return f"{self.system} [{self.distinction}]" if self.distinction else self.system

    @cached_property
    def paper_system(self) -> str | None:
        """Name of the system in the paper's tables; None if it is not in them."""
        return find_system(self.card)

    @cached_property
    def training_subjects(self) -> int:
        """Number of training subjects of its first run."""
        rows = self.runs[0].predictions()
        return int(rows.loc[rows["part"] == "train", "subject_id"].nunique())


@dataclass(frozen=True, eq=False)
class Study:
    """All runs that were tested on the same samples in the same folds.

    Args:
        name: Its name, which is also its folder's.
        runs: Its finished runs, at least one.
        failures: Its failed runs.
        resamples: Resamples of each interval and each permutation test, 100 or more.
        level: Level of the intervals, above 0 and below 1; an InputError otherwise.
        searches: The searches within the training parts of its folds.
    """

    name: str
    runs: Sequence[RunFolder]
    failures: Sequence[Failure]
    resamples: int
    level: float
    searches: Sequence[SearchFolder] = ()

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise InputError(f"level: got {self.level}, expected above 0 and below 1, such as 0.95")
        if self.resamples < 100:
            raise InputError(
                f"resamples: got {self.resamples}, expected 100 or more: fewer give no interval"
            )

    @property
    def card(self) -> RunCard:
        """A card of the study. Database, protocol, classes and digests are the same in all."""
        return self.runs[0].card

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """All variants, systems in the paper's order and the others by name."""
        runs: dict[str, list[RunFolder]] = defaultdict(list)
        for run in self.runs:
            runs[run.card.variant].append(run)
        systems: dict[str, list[Variant]] = defaultdict(list)
        for name, own in runs.items():
            systems[own[0].card.system].append(Variant(name, own))
        named = [variant for own in systems.values() for variant in _distinguish(own)]
        order = [*paper_systems(), None]
        return tuple(sorted(named, key=lambda v: (order.index(v.paper_system), v.label)))

    def of_role(self, role: str) -> list[Variant]:
        """The variants of a role."""
        return [variant for variant in self.variants if variant.card.role == role]

    @property
    def rows(self) -> list[Variant]:
        """The variants that are rows of the results table."""
        return [variant for variant in self.variants if variant.card.role in TABLE_ROLES]

    @cached_property
    def compared(self) -> list[Variant]:
        """The variants of the role ``row`` that have a seed with all folds."""
        complete = () if self.row_outcomes is None else self.row_outcomes.systems
        return [variant for variant in self.of_role("row") if variant.name in complete]

    @cached_property
    def groups(self) -> dict[str, list[Variant]]:
        """The compared variants by group. Only systems of one group are compared."""
        names = dict.fromkeys(variant.card.group for variant in self.compared)
        return {name: [v for v in self.compared if v.card.group == name] for name in names}

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """Paired tests within each group, variants by name; see ``compare``."""
        pairs = [
            pair for group in self.groups.values() for pair in all_pairs([v.name for v in group])
        ]
        if self.row_outcomes is None or not pairs:
            return pd.DataFrame()
        return self.compare(self.row_outcomes, pairs)

    def compare(self, outcomes: Outcomes, pairs: Sequence[Pair]) -> pd.DataFrame:
        """Paired tests with the study's resamples and level; see ``compare``."""
        return compare(outcomes, pairs, resamples=self.resamples, level=self.level)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Test predictions of all runs; each file is read once."""
        return join_predictions(self.runs)

    @cached_property
    def versions(self) -> pd.DataFrame:
        """Code, machine and packages of all runs, a row per run."""
        return pd.DataFrame([run.versions() for run in self.runs])

    def outcomes(
        self, variants: Sequence[Variant], subjects: Sequence[str] | None = None
    ) -> Outcomes | None:
        """Predictions of variants for their seeds with all folds; None if there is no such seed."""
        rows = self.predictions[self.predictions["variant"].isin([v.name for v in variants])]
        folds = rows.groupby(["variant", "seed"])["fold"].transform("nunique")
        complete = rows[folds == self.card.folds]
        if subjects is not None:
            complete = complete[complete["subject_id"].isin(subjects)]
        return None if complete.empty else Outcomes.of(complete, self.card.classes)

    def estimates(self, variants: Sequence[Variant]) -> pd.DataFrame:
        """Metrics of variants with their intervals; see ``estimate``."""
        outcomes = self.outcomes(variants)
        if outcomes is None:
            columns = ["system", "metric", "value", "std", "low", "high", "seeds"]
            return pd.DataFrame(columns=columns)
        return estimate(outcomes, resamples=self.resamples, level=self.level)

    @cached_property
    def row_outcomes(self) -> Outcomes | None:
        """Predictions of the rows of the results table."""
        return self.outcomes(self.rows)

    @cached_property
    def row_estimates(self) -> pd.DataFrame:
        """Metrics of the rows of the results table, with their intervals."""
        return self.estimates(self.rows)

    def row_metric(self, metric: str) -> pd.DataFrame:
        """One metric of the rows of the results table, indexed by the names of the variants."""
        estimates = self.row_estimates
        return estimates[estimates["metric"] == metric].set_index("system")

    @cached_property
    def samples(self) -> pd.DataFrame:
        """Columns of the manifest for each test sample."""
        scores = [c for c in self.predictions.columns if c.startswith(SCORE_PREFIX)]
        rows = self.predictions.drop(
            columns=["predicted", "variant", "system", "seed", "part", *scores]
        )
        # The runs of a probe may hold shuffled labels.
        probes = {variant.name for variant in self.of_role("probe")}
        true = ~self.predictions["variant"].isin(probes)
        rows = rows[true] if true.any() else rows
        return rows.drop_duplicates("sample_id").sort_values("sample_id", ignore_index=True)

    @cached_property
    def seeds(self) -> int:
        """Number of seeds of the trained systems."""
        trained = [run for run in self.runs if run.card.kind != "baseline"]
        return len({run.card.seed for run in trained or self.runs})

    @property
    def describes_methods(self) -> bool:
        """Whether intervals and tests are of methods, between folds, or of networks as trained."""
        return self.card.folds >= MIN_FOLDS

    @property
    def undecided_because(self) -> str:
        """What a verdict on a method lacks; empty if nothing."""
        if not self.describes_methods:
            return f"{self.card.folds} of {MIN_FOLDS} folds"
        return f"{self.seeds} of {ENOUGH_SEEDS} seeds" if self.seeds < ENOUGH_SEEDS else ""

    @property
    def test_name(self) -> str:
        """The test of differences, in words."""
        if self.describes_methods:
            return f"t-test between the {self.card.folds} folds"
        return "sign-flip permutation test over subjects"

    @property
    def uncertainty(self) -> str:
        """What intervals and p-values contain, as a sentence."""
        if self.describes_methods:
            return (
                f"Intervals and tests are between the {self.card.folds} folds: they contain the "
                "variation over subjects, trainings and training sets."
            )
        return (
            f"With {counted(self.card.folds, 'fold')}, intervals and tests are over subjects: they "
            "describe these trained networks and not the methods."
        )

    @property
    def sizes(self) -> str:
        """Numbers of subjects and pairs, in words."""
        subjects = self.samples["subject_id"].nunique()
        return f"{counted(subjects, 'test subject')}, {counted(len(self.samples), 'pair')}"

    def expected_runs(self, variant: Variant) -> list[str]:
        """Names of the runs that a variant should have: all folds, all seeds of its group."""
        seeds = {run.card.seed for v in (variant, *self._trained_with(variant)) for run in v.runs}
        return [name_run(seed, fold) for seed in sorted(seeds) for fold in range(self.card.folds)]

    @cached_property
    def missing(self) -> list[str]:
        """A line for each missing run, with the reason where it is known."""
        reasons = {(f.variant, f.run): f": {f.reason}" for f in self.failures}
        lines = [
            f"{variant.label}, {run}{reasons.get((variant.name, run), '')}"
            for variant in self.variants
            for run in self.expected_runs(variant)
            if run not in {finished.card.name for finished in variant.runs}
        ]
        known = {variant.name for variant in self.variants}
        return lines + [
            f"{f.variant}, {f.run}: {f.reason} (run it again, or delete {f.path})"
            for f in self.failures
            if f.variant not in known
        ]

    @cached_property
    def non_default_options(self) -> list[str]:
        """Systems whose training differs from most of their group, with the options."""
        lines = []
        for variant in self.of_role("row"):
            choices = [tuple(training_choices(v.card).items()) for v in self._trained_with(variant)]
            usual = dict(Counter(choices).most_common(1)[0][0]) if choices else {}
            own = training_choices(variant.card)
            # A user-supplied network may lack some of the options.
            different = {o: value for o, value in own.items() if value != usual.get(o, value)}
            if different:
                lines.append(f"{variant.label} ({describe_choices([different])[0]})")
        return lines

    def _trained_with(self, variant: Variant) -> list[Variant]:
        """Trained rows of a variant's group; none if it is not one of them."""
        trained = [v for v in self.of_role("row") if v.card.kind != "baseline"]
        group = [v for v in trained if v.card.group == variant.card.group]
        return group if variant in group else []


def _distinguish(variants: Sequence[Variant]) -> Iterator[Variant]:
    """The variants of one system, each with the text that distinguishes it."""
    rows = [variant for variant in variants if variant.card.role in TABLE_ROLES]
    for role in {variant.card.role for variant in variants}:
        own = [variant for variant in variants if variant.card.role == role]
        match role:
            case "row" | "reference":
                names = [""] * len(own)
            case "size":
                names = [counted(v.training_subjects, "training subject") for v in own]
            case _:
                names = [variant.card.group for variant in own]
        if len(set(names)) < len(own) or {row.card.group for row in rows}.intersection(names):
            others = rows if rows and role in ("probe", "trial") else own
            choices = [_choices(variant) for variant in others]
            names = describe_choices([differing_choices(_choices(v), choices) for v in own])
        for variant, name in zip(own, names, strict=True):
            yield replace(variant, distinction=name)


def _choices(variant: Variant) -> dict[str, str]:
    return {**flatten_choices(variant.card), "group": variant.card.group}
