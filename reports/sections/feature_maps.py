"""What does the network look at? The paper's Appendix B, from the test pairs of one fold."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

from hydra.errors import InstantiationException
from omegaconf.errors import OmegaConfBaseException

from posed_spontaneous.networks import CompCNN, LinearCombination, PairNetwork
from posed_spontaneous.reports.interpretation.attribution import picture_attributions
from posed_spontaneous.reports.interpretation.combinations import show_combinations
from posed_spontaneous.reports.interpretation.compared_maps import choose_pairs, picture_operator
from posed_spontaneous.reports.interpretation.seen_fold import SeenFold, runs_of_one_fold, see_folds
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study
from posed_spontaneous.runs import RunFolder
from posed_spontaneous.runtime.errors import InputError

TITLE = "What does the network look at?"

_UNREADABLE = (OSError, RuntimeError, InstantiationException, OmegaConfBaseException)
"""No checkpoint; weights of another form; an operator that is not installed; no such option."""


def feature_maps(study: Study, samples: int = 3) -> Section | None:
    """Feature maps, learned combinations and attributions of one seed and fold.

    Only test pairs are shown. Where their images are gone or have changed, a note says so and
    the learned combinations, which need none, stand alone.

    Args:
        study: The study.
        samples: Pairs of each kind (right, wrong, uncertain) whose attributions are shown.

    Returns:
        The section; None if no system of the study's table is a network.
    """
    variants = [variant for variant in study.of_role("row") if variant.kind == "network"]
    if not variants:
        return None
    runs = runs_of_one_fold(variants)
    card = runs[0].card
    notes = [
        f"One run of each network, seed {card.seed}, fold {card.fold}; every pair shown is of "
        "that fold's test part."
    ]
    absent = {variant.system for variant in variants} - {run.card.system for run in runs}
    notes += [f"{system}: no run of this seed and fold." for system in sorted(absent)]
    networks, lost = _load_networks(runs)
    notes += lost
    contents: list[Picture | Table] = list(_show_weights(networks))
    try:
        folds = see_folds([run for run in runs if run.card.system in networks], networks)
    except InputError as error:
        notes.append(
            "No feature maps and no attributions, which need the images where the runs' "
            f"config.yaml has them: {error}."
        )
    else:
        contents = [*_show_maps(folds), *contents, *_show_attributions(folds, samples)]
    return Section(TITLE, contents, notes)


def _load_networks(runs: Sequence[RunFolder]) -> tuple[dict[str, PairNetwork], list[str]]:
    """The networks by system, and a note on each that cannot be read."""
    networks, notes = {}, []
    for run in runs:
        try:
            networks[run.card.system] = run.network()
        except _UNREADABLE as error:
            reason = " ".join(str(error).split())
            notes.append(
                f"{run.card.system}: {run.path} holds no readable network ({reason}): "
                "delete the folder and train it again."
            )
    return networks, notes


def _show_weights(networks: Mapping[str, PairNetwork]) -> Sequence[Picture | Table]:
    operators = {
        system: network.operator
        for system, network in networks.items()
        if isinstance(network, CompCNN) and isinstance(network.operator, LinearCombination)
    }
    return show_combinations(operators) if operators else ()


def _show_maps(folds: Sequence[SeenFold]) -> Iterator[Picture]:
    if not folds:
        return
    chosen = choose_pairs(folds)
    for operator, own in _by_operator(folds).items():
        yield picture_operator(operator, [fold.pick(chosen) for fold in own])


def _show_attributions(folds: Sequence[SeenFold], samples: int) -> Iterator[Picture]:
    """Of every network without a comparison layer, and of each operator's first placement."""
    plain = [fold for fold in folds if not isinstance(fold.network, CompCNN)]
    first = [own[0] for own in _by_operator(folds).values()]
    for fold in [*plain, *first]:
        yield picture_attributions(fold, samples)


def _by_operator(folds: Sequence[SeenFold]) -> dict[str, list[SeenFold]]:
    """Networks with a comparison layer by their operators, the first placement first."""
    found: dict[str, list[tuple[int, SeenFold]]] = defaultdict(list)
    for fold in folds:
        if isinstance(fold.network, CompCNN):
            found[fold.network.operator.name].append((fold.network.placement, fold))
    return {
        operator: [fold for _, fold in sorted(own, key=itemgetter(0))]
        for operator, own in found.items()
    }
