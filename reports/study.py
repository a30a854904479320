"""One study read from its run folders: its variants under the names that a reader knows."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import pandas as pd

from posed_spontaneous.dataset.manifest import SCORE_PREFIX
from posed_spontaneous.evaluation import Outcomes, estimate
from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.published import paper_order
from posed_spontaneous.runs import Failure, RunCard, RunFolder, digest_config, join_predictions
from posed_spontaneous.runtime.errors import InputError

PROBE_OPTIONS = {"datamodule.frames": "['onset', 'apex']", "datamodule.label_shuffle": "None"}
"""Options that take from a system what it is asked about, and what they say when they do not."""
PROBE_BASELINES = ("Metadata",)
SIZE_OPTION = "datamodule.training_subjects"
REFERENCES = ("Majority", "Oracle")
"""Systems that mark the ends of the scale and compete with none."""
ESTIMATE_COLUMNS = ["system", "metric", "value", "std", "low", "high", "seeds"]


@dataclass(frozen=True)
class Variant:
    """A system in one configuration, with all its runs.

    Args:
        name: Its folder's name.
        system: The system's name in the paper's tables.
        runs: Its finished runs, at least one.
        usual: Whether it is the system's usual variant.
        differs: The options that set it apart, with their values as text: from the usual variant
            or, where there is none, from a system that sees everything.
    """

    name: str
    system: str
    runs: Sequence[RunFolder]
    usual: bool
    differs: Mapping[str, str]

    @property
    def kind(self) -> str:
        """``network``, ``ensemble`` or ``baseline``."""
        return self.runs[0].card.kind

    @property
    def tells_probabilities(self) -> bool:
        """Whether its scores are probabilities; those of a support vector machine are not."""
        chosen = flatten_choices(self.runs[0].card).values()
        return self.kind != "ensemble" and not any("sklearn.svm." in value for value in chosen)

    @property
    def label(self) -> str:
        """The system, with what sets this variant apart."""
        apart = ", ".join(f"{option}={value}" for option, value in self.differs.items())
        return f"{self.system} [{apart}]" if apart else self.system

    @cached_property
    def role(self) -> str:
        """What it is for: a ``row`` of the table, a ``probe``, a training ``size``, a ``trial``."""
        special = find_special(flatten_choices(self.runs[0].card))
        if self.system in PROBE_BASELINES or special.keys() & PROBE_OPTIONS.keys():
            return "probe"
        if special:
            return "size" if self.differs.keys() == special.keys() else "trial"
        return "row" if self.usual else "trial"

    @property
    def seeds(self) -> list[int]:
        """Seeds of its runs."""
        return sorted({run.card.seed for run in self.runs})

    @cached_property
    def training_subjects(self) -> int:
        """Number of subjects that its first run was trained on."""
        said = self.runs[0].predictions()
        return int(said.loc[said["part"] == "train", "subject_id"].nunique())


@dataclass(frozen=True, eq=False)
class Study:
    """All runs that were tested on the same samples in the same folds.

    Args:
        name: Name of the study, which is its folder's.
        runs: Its finished runs, at least one.
        failures: Its runs that raised.
        resamples: Resamples of each interval and each permutation test.
        level: Level of the intervals, 0 to 1.

    Raises:
        InputError: If the level or the resamples are out of range.
    """

    name: str
    runs: Sequence[RunFolder]
    failures: Sequence[Failure]
    resamples: int
    level: float

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise InputError(f"level: got {self.level}, expected above 0 and below 1, such as 0.95")
        if self.resamples < 100:
            raise InputError(
                f"resamples: got {self.resamples}, expected 100 or more: fewer give no interval"
            )

    @property
    def card(self) -> RunCard:
        """A card of the study; its database, protocol, classes and digests are everyone's."""
        return self.runs[0].card

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Every variant, systems in the paper's order and of each the usual variant first."""
        found: dict[str, list[RunFolder]] = defaultdict(list)
        for run in self.runs:
            found[run.card.variant].append(run)
        place = {system: number for number, system in enumerate(paper_order())}
        return tuple(
            sorted(_name_variants(found), key=lambda v: (place.get(v.system, len(place)), v.system))
        )

    def of_role(self, role: str) -> list[Variant]:
        """The variants of a role."""
        return [variant for variant in self.variants if variant.role == role]

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Every test prediction; each file is read once."""
        return join_predictions(self.runs)

    def outcomes(
        self, variants: Sequence[Variant], subjects: Sequence[str] | None = None
    ) -> Outcomes | None:
        """What variants said, of the seeds that have all their folds; None if none has.

        Args:
            variants: The variants.
            subjects: Whose samples count; None takes everyone's.
        """
        rows = self.predictions[self.predictions["variant"].isin([v.name for v in variants])]
        folds = rows.groupby(["variant", "seed"])["fold"].transform("nunique")
        whole = rows[folds == self.card.folds]
        if subjects is not None:
            whole = whole[whole["subject_id"].isin(subjects)]
        return None if whole.empty else Outcomes.of(whole, self.card.classes)

    def estimates(self, variants: Sequence[Variant]) -> pd.DataFrame:
        """Figures of variants with their intervals; see ``estimate``."""
        outcomes = self.outcomes(variants)
        if outcomes is None:
            return pd.DataFrame(columns=ESTIMATE_COLUMNS)
        return estimate(outcomes, resamples=self.resamples, level=self.level)

    @cached_property
    def row_outcomes(self) -> Outcomes | None:
        """What the systems of the table said."""
        return self.outcomes(self.of_role("row"))

    @cached_property
    def row_estimates(self) -> pd.DataFrame:
        """Figures of the systems of the table, with their intervals."""
        return self.estimates(self.of_role("row"))

    @cached_property
    def competitors(self) -> dict[str, str]:
        """Folder names of the table's whole systems that compete, by system."""
        whole = set() if self.row_outcomes is None else set(self.row_outcomes.systems)
        rows = [v for v in self.of_role("row") if v.system not in REFERENCES]
        return {variant.system: variant.name for variant in rows if variant.name in whole}

    @cached_property
    def samples(self) -> pd.DataFrame:
        """What is known of each test sample, without what any run said of it."""
        said = ["predicted", "variant", "system", "seed", "part"]
        scores = [c for c in self.predictions.columns if c.startswith(SCORE_PREFIX)]
        described = self.predictions.drop(columns=[*said, *scores])
        # A probe may have shuffled the labels, and its runs hold them so.
        probes = {variant.name for variant in self.of_role("probe")}
        true = ~self.predictions["variant"].isin(probes)
        described = described[true] if true.any() else described
        return described.drop_duplicates("sample_id").sort_values("sample_id", ignore_index=True)

    @property
    def sizes(self) -> str:
        """How much is tested, in words."""
        subjects = self.samples["subject_id"].nunique()
        return f"{counted(subjects, 'test subject')}, {counted(len(self.samples), 'pair')}"

    @cached_property
    def shared_seeds(self) -> list[int]:
        """Seeds that one of the table's systems has, and every trained one therefore owes."""
        return sorted({s for v in self.of_role("row") if v.kind != "baseline" for s in v.seeds})

    def owed_seeds(self, variant: Variant) -> list[int]:
        """Seeds that a variant must have to be whole."""
        shared = variant.role == "row" and variant.kind != "baseline"
        return self.shared_seeds if shared else variant.seeds

    def owed(self, variant: Variant) -> int:
        """Number of runs that a variant must have to be whole."""
        return len(self.owed_seeds(variant)) * self.card.folds

    @cached_property
    def missing(self) -> list[str]:
        """A line for each run that a variant lacks, with the reason where one is known."""
        lines = []
        for variant in self.variants:
            present = {(run.card.seed, run.card.fold) for run in variant.runs}
            for seed, fold in product(self.owed_seeds(variant), range(self.card.folds)):
                if (seed, fold) not in present:
                    cell = f"seed{seed}-fold{fold:02d}"
                    lines.append(f"{variant.label}, {cell}" + self._reason(variant.name, cell))
        known = {variant.name for variant in self.variants}
        strangers = [f for f in self.failures if f.variant not in known]
        return lines + [
            f"{f.variant}, {f.run}: {f.reason} (run it again, or delete {f.path})"
            for f in strangers
        ]

    @cached_property
    def odd_ones(self) -> list[str]:
        """Systems of the table that were trained in another setting than most of them."""
        trained = [v for v in self.of_role("row") if v.kind != "baseline"]
        settings = Counter(_setting(v.runs[0].card) for v in trained)
        if len(settings) < 2:
            return []
        shared = settings.most_common(1)[0][0]
        return [v.system for v in trained if _setting(v.runs[0].card) != shared]

    def _reason(self, variant: str, run: str) -> str:
        found = [f for f in self.failures if (f.variant, f.run) == (variant, run)]
        return f": {found[0].reason}" if found else ""


def _name_variants(variants: Mapping[str, Sequence[RunFolder]]) -> Iterator[Variant]:
    """Tell each system's usual variant, and of every other what differs from it.

    The usual one is no probe and trains on all subjects; a system may lack it. It was run in the
    setting that most of the study's runs share and, among equals, has most in common with the
    others.
    """
    choices = {name: flatten_choices(runs[0].card) for name, runs in variants.items()}
    settings = Counter(_setting(run.card) for runs in variants.values() for run in runs)
    systems: dict[str, list[str]] = defaultdict(list)
    for name, runs in variants.items():
        systems[runs[0].card.system].append(name)

    for system, names in systems.items():

        def oddity(name: str, names: Sequence[str] = names) -> tuple[int, int, int, str]:
            return (
                -settings[_setting(variants[name][0].card)],
                sum(len(_differing(choices[name], choices[other])) for other in names),
                -len(variants[name]),
                name,
            )

        whole = [name for name in names if not find_special(choices[name])]
        usual = min(whole, key=oddity, default=None)
        for name in sorted(names, key=lambda name: (name != usual, name)):
            differs = find_special(choices[name])
            if usual is not None:
                options = _differing(choices[usual], choices[name])
                differs = {option: choices[name].get(option, "None") for option in options}
            yield Variant(name, system, variants[name], name == usual, differs)


def find_special(choices: Mapping[str, str]) -> dict[str, str]:
    """The options that take from a system what it sees or learns from, where they do.

    Args:
        choices: Flat choices of a card.
    """
    plain = PROBE_OPTIONS | {SIZE_OPTION: "None"}
    return {
        option: choices[option]
        for option, none in plain.items()
        if choices.get(option, none) != none
    }


def _choices(card: RunCard) -> dict[str, Any]:
    """A card's choices; of an ensemble, those of its members beside its own."""
    own = {name: value for name, value in card.choices.items() if name != "members"}
    return {**own, **card.choices.get("members", {})}


def _setting(card: RunCard) -> str:
    """What a system shares with the others of a table: its choices and sizes, not its network."""
    choices = _choices(card)
    architecture = choices.get("network", {}).get("architecture")
    shared = {name: value for name, value in choices.items() if name not in ("network", "svm")}
    return digest_config({**shared, "architecture": architecture})


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return sorted(o for o in {*one, *other} if one.get(o, "None") != other.get(o, "None"))


def flatten_choices(card: RunCard) -> dict[str, str]:
    """A card's choices as ``section.option``, values as text; of an ensemble, its members' too."""
    return _flatten(_choices(card))


def _flatten(choices: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in choices.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{option}": inner for option, inner in _flatten(value).items()}
        else:
            flat[name] = str(value)
    return flat
