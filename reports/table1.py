"""Table 1: the published errors beside ours, every missing run named."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation import fold_mean, pooled
from runs import Failure, RunCard, RunFolder, digest_config, join_predictions

PUBLISHED = Path(__file__).with_name("published.csv")


@dataclass(frozen=True)
class Table:
    """One study's systems beside the paper's.

    Attributes:
        study: Name of the study.
        notice: What a reader must be told beside the figures; may be empty.
        rows: One row a system, figures in percent. ``system``, its name, and ``variant``, its
            folder; ``kind``; ``published_subset`` and ``published_full``, errors on USTC-NVIE;
            ``error``, pooled over folds, mean over seeds; ``error_deviation`` over seeds;
            ``fold_mean_error``; ``balanced_accuracy``; ``seeds``, how many are whole; ``runs``,
            how many of how many. Figures are missing where no seed has all its folds.
        missing: A line for each run that the rows lack, with the reason where one is known.
    """

    study: str
    notice: str
    rows: pd.DataFrame
    missing: Sequence[str]


def build_table(study: str, runs: Sequence[RunFolder], failures: Sequence[Failure]) -> Table:
    """Compute the table of one study.

    Args:
        study: Name of the study.
        runs: Its finished runs, at least one.
        failures: Its runs that raised.
    """
    published = pd.read_csv(PUBLISHED).set_index("system")
    variants: dict[str, list[RunFolder]] = defaultdict(list)
    for run in runs:
        variants[run.card.variant].append(run)
    labels = _label_variants(variants)
    # Every network of the table owes the seeds that one of them has; trials owe their own.
    main = {name for name, label in labels.items() if label == variants[name][0].card.system}
    shared = {r.card.seed for name in main for r in variants[name] if r.card.kind != "baseline"}

    rows, missing = [], []
    for name, members in variants.items():
        own = {run.card.seed for run in members}
        owed = shared if name in main and members[0].card.kind != "baseline" else own
        lacking = list(_lacking_runs(members, sorted(owed)))
        missing += [f"{labels[name]}, {cell}" + _reason(failures, name, cell) for cell in lacking]
        rows.append(
            {
                "variant": name,
                "system": labels[name],
                "name": members[0].card.system,
                "kind": members[0].card.kind,
                **_figures(members),
                "runs": f"{len(members)}/{len(members) + len(lacking)}",
            }
        )
    for failure in failures:
        if failure.variant not in variants:
            missing.append(f"{failure.variant}, {failure.run}: {failure.reason}")
    ours = pd.DataFrame(rows)
    for system in published.index.difference(list(ours["name"]), sort=False):
        missing += [f"{system}: no runs"] if "CNN" in system else []
    # A trial's label is not in the paper, so no published figure stands beside it.
    table = published.add_prefix("published_").merge(ours, on="system", how="outer", sort=False)
    order = {system: place for place, system in enumerate(published.index)}
    table["place"] = table["name"].fillna(table["system"]).map(order).fillna(len(order))
    table = table.sort_values(["place", "system"]).drop(columns=["place", "name"])
    return Table(study, runs[0].card.notice, table.reset_index(drop=True), missing)


def _figures(members: Sequence[RunFolder]) -> Mapping[str, float]:
    folds = members[0].card.folds
    predictions = join_predictions(members)
    whole = predictions.groupby("seed").filter(lambda seed: seed["fold"].nunique() == folds)
    if whole.empty:
        absent = ("error", "error_deviation", "fold_mean_error", "balanced_accuracy")
        return dict.fromkeys(absent, math.nan) | {"seeds": 0}
    by_seed, by_fold = pooled(whole), fold_mean(whole)
    return {
        "error": 100 * by_seed["error"].mean(),
        "error_deviation": 100 * by_seed["error"].std(),
        "fold_mean_error": 100 * by_fold["error"].mean(),
        "balanced_accuracy": 100 * by_seed["balanced_accuracy"].mean(),
        "seeds": len(by_seed),
    }


def _lacking_runs(members: Sequence[RunFolder], seeds: Sequence[int]) -> Iterator[str]:
    present = {(run.card.seed, run.card.fold) for run in members}
    for seed in seeds:
        for fold in range(members[0].card.folds):
            if (seed, fold) not in present:
                yield f"seed{seed}-fold{fold:02d}"


def _reason(failures: Sequence[Failure], variant: str, run: str) -> str:
    found = [f for f in failures if (f.variant, f.run) == (variant, run)]
    return f": {found[0].reason}" if found else ""


def _label_variants(variants: Mapping[str, Sequence[RunFolder]]) -> Mapping[str, str]:
    """Name a system's usual variant by the system alone, others by what differs from it.

    The usual variant was run in the setting that most of the study's runs share; among equals it
    is the one with most runs.
    """
    settings = Counter(_setting(run.card) for members in variants.values() for run in members)

    def rarity(name: str) -> tuple[int, int, str]:
        members = variants[name]
        return -settings[_setting(members[0].card)], -len(members), name

    labels: dict[str, str] = {}
    for name in sorted(variants, key=rarity):
        members = variants[name]
        system = members[0].card.system
        choices = _flatten(members[0].card.choices)
        if system not in labels.values():
            labels[name] = system
            continue
        (first,) = (variants[other][0] for other, label in labels.items() if label == system)
        usual = _flatten(first.card.choices)
        apart = sorted(o for o in usual | choices if str(usual.get(o)) != str(choices.get(o)))
        setting = ", ".join(f"{option}={choices.get(option)}" for option in apart)
        labels[name] = f"{system} [{setting}]"
    return labels


def _setting(card: RunCard) -> str:
    """What a system shares with the others of a table: its choices without the network."""
    choices = card.choices.get("members", card.choices)
    return digest_config({name: choices[name] for name in choices if name != "network"})


def _flatten(choices: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in choices.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{option}": inner for option, inner in _flatten(value).items()}
        else:
            flat[name] = value
    return flat
