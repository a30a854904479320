"""The network that compares after every block."""

import torch

from posed_spontaneous.networks import (
    AllPlacementsCNN,
    Architecture,
    CompCNN,
    LinearCombination,
    Subtraction,
    build_comp_cnn,
)

ARCHITECTURE = Architecture(
    kernels=[5, 5, 5],
    channels=[3, 4, 5],
    hidden=[8, 7],
    pool_dropout=[0.0, 0.0, 0.0],
    hidden_dropout=[0.0, 0.0],
)
SIZES = {"architecture": ARCHITECTURE, "image_size": 44, "classes": 2}


def test_without_the_earlier_comparisons_it_is_the_network_of_the_last_placement() -> None:
    joined = AllPlacementsCNN(LinearCombination, **SIZES)
    last = CompCNN(LinearCombination, 3, **SIZES)
    kept = 5 * ARCHITECTURE.map_side(44) ** 2
    state = joined.state_dict()
    state["fc1.weight"] = state["fc1.weight"][:, -kept:]
    state |= {
        name.replace("operators.2", "operator"): state.pop(name)
        for name in list(state)
        if name.startswith("operators.2")
    }
    last.load_state_dict({name: state[name] for name in last.state_dict()})
    with torch.no_grad():
        joined.fc1.weight[:, :-kept] = 0
    pair = torch.randn(2, 6, 1, 44, 44)
    torch.testing.assert_close(joined(*pair), last(*pair))


def test_every_comparison_is_trained() -> None:
    network = AllPlacementsCNN(LinearCombination, **SIZES)
    network(*torch.randn(2, 6, 1, 44, 44))[:, 0].sum().backward()
    for operator in network.operators:
        assert all(weights.grad is not None for weights in operator.parameters())
        assert any(weights.grad.any() for weights in operator.parameters())


def test_equal_images_give_the_same_answer_whoever_they_show() -> None:
    """All comparisons of an image with itself by subtraction are zero, with dropout too."""
    rates = {"pool_dropout": [0.3, 0.3, 0.3], "hidden_dropout": [0.0, 0.0]}
    architecture = Architecture(kernels=[5, 5, 5], channels=[3, 4, 5], hidden=[8, 7], **rates)
    network = AllPlacementsCNN(Subtraction, architecture, 44, 2).train()
    images = torch.randn(6, 1, 44, 44)
    logits = network(images, images)
    torch.testing.assert_close(logits, logits[:1].expand_as(logits))


def test_the_placement_chooses_the_network() -> None:
    assert isinstance(build_comp_cnn(Subtraction, "all", **SIZES), AllPlacementsCNN)
    assert build_comp_cnn(Subtraction, "all", **SIZES).name == "CompCNN-Sub@all"
    chosen = build_comp_cnn(Subtraction, 2, **SIZES)
    assert isinstance(chosen, CompCNN) and chosen.placement == 2
