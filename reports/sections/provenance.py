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
    for name, column in versions.fillna("").astype(str).replace("", UNKNOWN).items():
        runs = Counter(column).most_common()
        several = [f"{value} ({counted(n, 'run')})" for value, n in runs]
        values[str(name)] = "; ".join(several) if len(runs) > 1 else runs[0][0]
    values["computing time of all runs"] = f"{study.versions['seconds'].sum() / 3600:.2f} hours"
    return _pairs("versions", "Code, machine and packages of the runs.", "Name", "Version", values)


def _commands(study: Study) -> Table:
    values = {
        variant.label: str(variant.runs[0].versions().get("command") or UNKNOWN)
        for variant in study.variants
    }
    caption = (
        "The command of each system's first run. Its other runs differ in seed and fold. The "
        "whole configuration of a run is config.yaml in its folder."
    )
    return _pairs("commands", caption, "System", "Command", values, folded=True)


def _configuration(study: Study) -> Table:
    variants = study.of_role("row") or study.variants
    networks = [variant for variant in variants if variant.card.kind == "network"]
    choices = pd.DataFrame({v.label: flatten_choices(v.card) for v in networks}).sort_index()
    values = {
        str(option): next(iter(own))
        if own.notna().all() and own.nunique() == 1
        else "; ".join(f"{system}: {value}" for system, value in own.dropna().items())
        for option, own in choices.iterrows()
    }
    caption = "The options that determine the figures. If networks differ, the value of each."
    return _pairs("configuration", caption, "Option", "Value", values, folded=True)


def _pairs(
    name: str, caption: str, key: str, value: str, values: Mapping[str, str], folded: bool = False
) -> Table:
    rows = pd.DataFrame({key: list(values), value: list(values.values())})
    return Table(name, caption, rows, rows, folded=folded)
