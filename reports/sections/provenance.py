"""The origin of all figures: data, code, packages, commands and configuration."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from posed_spontaneous.reports.choices import flatten_choices
from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.section import Section, Table
from posed_spontaneous.reports.study import Study

UNKNOWN = "not recorded"


def provenance(study: Study) -> Section:
    """Everything that is needed to repeat the study, and whether all runs used the same code."""
    mixed = [n for n in ("code", "torch", "device") if study.versions[n].nunique(dropna=False) > 1]
    notes = [f"Runs differ in {', '.join(mixed)}; the table below counts them."] if mixed else []
    tables = [_identity(study), _versions(study), _commands(study), _configuration(study)]
    return Section("Provenance", tables, notes)


def _identity(study: Study) -> Table:
    card = study.card
    values = {
        "Database": card.database,
        "Protocol": f"{card.protocol}, {counted(card.folds, 'fold')}",
        "Classes": ", ".join(card.classes),
        "Samples (SHA-256 of images and manifest)": card.data_digest,
        "Folds (SHA-256 of the test fold of each sample)": card.split_digest,
        "Runs": str(len(study.runs)),
        "Run folders": study.name,
        "Resamples of intervals and tests": str(study.resamples),
    }
    return _pairs("identity", "The study.", "Property", "Value", values)


def _versions(study: Study) -> Table:
    versions = study.versions.drop(columns=["seconds", "command", "finished"], errors="ignore")
    values = {}
    for name, column in versions.items():
        counts = Counter(column.fillna("").astype(str).replace("", UNKNOWN)).most_common()
        several = len(counts) > 1
        values[str(name)] = "; ".join(
            f"{value} ({counted(n, 'run')})" if several else value for value, n in counts
        )
    values["computing time of all runs"] = f"{study.versions['seconds'].sum() / 3600:.2f} hours"
    return _pairs("versions", "Code, machine and packages of the runs.", "Name", "Version", values)


def _commands(study: Study) -> Table:
    values = {}
    for variant in study.variants:
        first = min(variant.runs, key=lambda run: (run.card.seed, run.card.fold))
        values[variant.label] = str(first.versions().get("command") or UNKNOWN)
    return _pairs(
        "commands",
        "The command of each system's first run. Its other runs differ in seed and fold. The "
        "whole configuration of a run is config.yaml in its folder.",
        "System",
        "Command",
        values,
        folded=True,
    )


def _configuration(study: Study) -> Table:
    variants = study.of_role("row") or study.variants
    networks = [variant for variant in variants if variant.kind == "network"]
    choices = pd.DataFrame({v.label: flatten_choices(v.card) for v in networks}).sort_index()
    values = {
        str(option): next(iter(own))
        if own.notna().all() and own.nunique() == 1
        else "; ".join(f"{system}: {value}" for system, value in own.dropna().items())
        for option, own in choices.iterrows()
    }
    return _pairs(
        "configuration",
        "The options that determine the figures. If networks differ, the value of each.",
        "Option",
        "Value",
        values,
        folded=True,
    )


def _pairs(
    name: str, caption: str, key: str, value: str, values: Mapping[str, str], folded: bool = False
) -> Table:
    rows = pd.DataFrame({key: list(values), value: list(values.values())})
    return Table(name, caption, rows, rows, folded=folded)
