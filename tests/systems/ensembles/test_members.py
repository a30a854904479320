"""Runs that differ in placement only form an ensemble, and all others do not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from posed_spontaneous.runs import RunFolder
from posed_spontaneous.systems.ensembles import find_ensembles

from ...conftest import CARD


def network(placement: int, *, fold: int = 0, seed: int = 0, **changes: Any) -> RunFolder:
    operator = changes.pop("operator", "Sub")
    options = changes.pop("options", {})
    card = replace(
        CARD,
        system=f"CompCNN-{operator}@{placement}",
        operator=operator,
        placement=placement,
        fold=fold,
        seed=seed,
        choices={"network": {"operator": operator, "placement": placement}, **options},
        **changes,
    )
    return RunFolder(Path(card.folder), card)


def family(**changes: Any) -> list[RunFolder]:
    return [network(at, fold=fold, **changes) for at in (1, 2, 3) for fold in (0, 1)]


def test_each_fold_and_seed_of_a_family_is_an_ensemble() -> None:
    found = find_ensembles([*family(), *family(seed=4), *family(operator="Comb")])
    assert not found.missing
    assert not found.partial
    assert len(found.complete) == 6
    for ensemble in found.complete:
        cells = {
            (run.card.seed, run.card.fold, run.card.operator) for run in ensemble.members.values()
        }
        assert len(cells) == 1
        assert list(ensemble.members) == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [{"options": {"optimizer": "other"}}, {"role": "trial"}, {"group": "mine"}],
    ids=lambda change: next(iter(change)),
)
def test_another_configuration_role_or_group_is_another_family(change: dict[str, Any]) -> None:
    runs = [run for run in family() if run.card.placement != 2]
    runs += [network(2, fold=fold, **change) for fold in (0, 1)]
    found = find_ensembles(runs)
    assert not found.complete
    assert sorted(line.rpartition(" ")[2] for line in found.partial) == ["1", "2", "3"]


def test_a_missing_run_is_named() -> None:
    found = find_ensembles(
        [run for run in family() if run.card.folder != network(2, fold=1).card.folder]
    )
    assert len(found.complete) == 1
    (line,) = found.missing
    assert line.endswith("no run of placement 2, seed 0, fold 1")


def test_probes_and_sizes_form_ensembles_of_their_own() -> None:
    found = find_ensembles([*family(), *family(role="size", options={"subjects": 5})])
    roles = {run.card.role for e in found.complete for run in e.members.values()}
    assert len(found.complete) == 4
    assert roles == {"row", "size"}


def test_networks_that_compare_nowhere_or_everywhere_are_ignored() -> None:
    difference = RunFolder(Path("x"), CARD)
    all_placements = RunFolder(Path("y"), replace(CARD, operator="Sub", placement=None))
    found = find_ensembles([difference, all_placements])
    assert not (found.complete or found.missing or found.partial)
