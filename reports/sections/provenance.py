"""Where every figure comes from: data, code, packages, configuration, commands."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.section import Section, Table
from posed_spontaneous.reports.study import Study, Variant, flatten_choices

UNKNOWN = "not recorded"


def provenance(study: Study) -> Section:
    """What one needs to compute the study again, and to see whether it was computed alike.

    Args:
        study: The study.
    """
    versions = [run.versions() for run in study.runs]
    tables = [
        _identity(study),
        _versions(versions),
        _commands(study),
        _configuration(study.of_role("row")),
    ]
    mixed = {
        name
        for name in ("code", "torch", "device")
        if len({str(v.get(name)) for v in versions}) > 1
    }
    notes = [
        "Runs were computed by more than one state of: "
        f"{', '.join(sorted(mixed))}; the table below counts them."
    ]
    return Section("Provenance", tables, notes if mixed else [])


def _identity(study: Study) -> Table:
    card = study.card
    facts = {
        "Database": card.database,
        "Protocol": f"{card.protocol}, {counted(card.folds, 'fold')}",
        "Classes": ", ".join(card.classes),
        "Samples (SHA-256 of images and manifest)": card.data_digest,
        "Folds (SHA-256 of which sample is tested where)": card.split_digest,
        "Runs": str(len(study.runs)),
        "Run folders": study.name,
        "Resamples of intervals and tests": str(study.resamples),
    }
    return _pairs("identity", "The study.", "What", "Value", facts)


def _versions(versions: Sequence[Mapping[str, object]]) -> Table:
    names = [name for name in versions[0] if name not in ("seconds", "command")]
    facts = {}
    for name in names:
        counts = Counter(str(v.get(name) or UNKNOWN) for v in versions)
        several = len(counts) > 1
        facts[name] = "; ".join(
            f"{value} ({counted(n, 'run')})" if several else value
            for value, n in counts.most_common()
        )
    hours = sum(float(str(v.get("seconds", 0))) for v in versions) / 3600
    facts["computing time of all runs"] = f"{hours:.2f} hours"
    return _pairs("versions", "What computed the runs.", "What", "Version", facts)


def _commands(study: Study) -> Table:
    facts = {}
    for variant in study.variants:
        first = min(variant.runs, key=lambda run: (run.card.seed, run.card.fold))
        facts[variant.label] = str(first.versions().get("command") or UNKNOWN)
    return _pairs(
        "commands",
        "The command of each system's first run; its other runs differ in seed and fold. The "
        "whole configuration of a run is config.yaml in its folder.",
        "System",
        "Command",
        facts,
        folded=True,
    )


def _configuration(variants: list[Variant]) -> Table:
    facts = dict(_differences(variants))
    return _pairs(
        "configuration",
        "The choices that decide the figures; where systems differ, each one's own.",
        "Option",
        "Value",
        facts,
        folded=True,
    )


def _differences(variants: list[Variant]) -> Iterator[tuple[str, str]]:
    choices = {v.system: flatten_choices(v.runs[0].card) for v in variants if v.kind == "network"}
    for option in sorted({option for own in choices.values() for option in own}):
        values = {system: own[option] for system, own in choices.items() if option in own}
        if len(set(values.values())) == 1 and len(values) == len(choices):
            yield option, next(iter(values.values()))
        else:
            yield option, "; ".join(f"{system}: {value}" for system, value in values.items())


def _pairs(
    name: str,
    caption: str,
    key: str,
    value: str,
    facts: Mapping[str, str],
    *,
    folded: bool = False,
) -> Table:
    rows = pd.DataFrame({key: list(facts), value: list(facts.values())})
    return Table(name, caption, rows, rows, folded=folded)
