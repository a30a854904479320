"""The options that determine a run's numbers, and those in which configurations differ."""

from collections.abc import Mapping, Sequence

import pandas as pd

from posed_spontaneous.runs import RunCard

Choices = Mapping[str, str]

_TARGET = "._target_"
_OPTIMIZER, _PEAK = "lightning_module.optimizer", "lightning_module.schedule.max_lr"


def flatten_choices(card: RunCard) -> dict[str, str]:
    """Choices of a card as ``section.option``, values as text; an ensemble's with its members'."""
    own = {name: value for name, value in card.choices.items() if name != "members"}
    (flat,) = pd.json_normalize({**own, **card.choices.get("members", {})}).to_dict("records")
    return {str(option): str(value) for option, value in flat.items()}


def training_choices(card: RunCard) -> dict[str, str]:
    """Choices that systems of one table normally share: all but the kind of network and the SVM."""
    return {
        option: value
        for option, value in flatten_choices(card).items()
        if option.startswith("network.architecture.") or not option.startswith(("network.", "svm."))
    }


def differing_choices(own: Choices, others: Sequence[Choices]) -> dict[str, str]:
    """Own values of the options in which any of the others differs; absent options are None."""
    options = sorted({option for choices in (own, *others) for option in choices})
    values = {option: own.get(option, "None") for option in options}
    return {o: v for o, v in values.items() if any(other.get(o, "None") != v for other in others)}


def describe_choices(differing: Sequence[Choices]) -> list[str]:
    """Text of each configuration's options, short if that distinguishes it from the others."""
    short = [_shorten(choices) for choices in differing]
    full = [", ".join(f"{o}={v}" for o, v in choices.items()) for choices in differing]
    return [a if short.count(a) == 1 else b for a, b in zip(short, full, strict=True)]


def _shorten(choices: Choices) -> str:
    shown = dict(choices)
    # Another class has other options; its name is enough.
    for option in [option for option in shown if option.endswith(_TARGET)]:
        section, name = option.removesuffix(_TARGET), shown[option].rpartition(".")[2]
        shown = {o: v for o, v in shown.items() if not o.startswith(f"{section}.")}
        shown[section] = name
    # By configuration, the peak of the schedule is the learning rate of the optimizer.
    if any(option.startswith(_OPTIMIZER) for option in shown):
        shown.pop(_PEAK, None)
    return ", ".join(f"{o.rpartition('.')[2].replace('_', ' ')}: {v}" for o, v in shown.items())
