"""Feature maps, learned combinations and attributions of one fold (the paper's Appendix B)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from posed_spontaneous.networks import CompCNN, LinearCombination
from posed_spontaneous.reports.interpretation.attribution import picture_attributions
from posed_spontaneous.reports.interpretation.combinations import show_combinations
from posed_spontaneous.reports.interpretation.compared_maps import (
    picture_operator,
    select_correct_pairs,
)
from posed_spontaneous.reports.interpretation.evaluated_network import (
    EvaluatedNetwork,
    load_networks,
    load_test_pairs,
    runs_of_one_fold,
)
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study
from posed_spontaneous.runtime.errors import InputError

TITLE = "What does the network look at?"


def feature_maps(study: Study, samples: int = 3) -> Section | None:
    """Show feature maps, learned combinations and attributions of one seed and fold.

    Only test pairs are shown. If their images are missing or have changed, a note says so, and
    only the learned combinations are shown, which need no images.

    Args:
        study: The study.
        samples: Largest number of pairs of each kind (correct, incorrect, uncertain) with
            attributions.

    Returns:
        The section; None if no row of the table is a network.
    """
    variants = [variant for variant in study.of_role("row") if variant.card.kind == "network"]
    if not variants:
        return None
    runs = list({run.card.system: run for run in runs_of_one_fold(variants)}.values())
    card = runs[0].card
    notes = [
        f"One run of each network, seed {card.seed}, fold {card.fold}; all pairs are from the "
        "test part of this fold."
    ]
    absent = {variant.system for variant in variants} - {run.card.system for run in runs}
    notes += [f"{system}: no run of this seed and fold." for system in sorted(absent)]
    networks, unreadable = load_networks(runs)
    notes += unreadable
    operators = {
        system: network.operator
        for system, network in networks.items()
        if isinstance(network, CompCNN) and isinstance(network.operator, LinearCombination)
    }
    contents: list[Picture | Table] = list(show_combinations(operators)) if operators else []
    try:
        evaluated = load_test_pairs([run for run in runs if run.card.system in networks], networks)
    except InputError as error:
        notes.append(
            "No feature maps and no attributions, because they need the images at the paths in "
            f"the config.yaml of the runs: {error}."
        )
    else:
        contents = [*_show_maps(evaluated), *contents, *_show_attributions(evaluated, samples)]
    return Section(TITLE, contents, notes)


def _show_maps(evaluated: Sequence[EvaluatedNetwork]) -> Iterator[Picture]:
    if evaluated:
        selected = select_correct_pairs(evaluated)
        for operator, own in _by_operator(evaluated).items():
            yield picture_operator(operator, [one.select(selected) for one in own])


def _show_attributions(evaluated: Sequence[EvaluatedNetwork], samples: int) -> Iterator[Picture]:
    """Show networks without a comparison layer, and the first placement of each operator."""
    plain = [one for one in evaluated if not isinstance(one.network, CompCNN)]
    first = [own[0] for own in _by_operator(evaluated).values()]
    for one in [*plain, *first]:
        yield picture_attributions(one, samples)


def _by_operator(evaluated: Sequence[EvaluatedNetwork]) -> dict[str, list[EvaluatedNetwork]]:
    """Networks with a comparison layer by operator, in the order of their placements."""
    found: dict[str, dict[int, EvaluatedNetwork]] = defaultdict(dict)
    for one in evaluated:
        if isinstance(one.network, CompCNN):
            found[one.network.operator.name][one.network.placement] = one
    return {operator: [own[at] for at in sorted(own)] for operator, own in found.items()}
