"""DiffCNN and CompCNN against what the paper says of them."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from posed_spontaneous.networks import (
    Architecture,
    ComparisonOperator,
    CompCNN,
    DiffCNN,
    LinearCombination,
    PairNetwork,
    Subtraction,
)
from posed_spontaneous.runtime.errors import InputError

OPERATORS = {"Sub": Subtraction, "Comb": LinearCombination}


def build(architecture: Architecture, operator: str, placement: int) -> CompCNN:
    return CompCNN(OPERATORS[operator], placement, architecture, image_size=44, classes=2).eval()


def draw_pair(batch: int = 5) -> tuple[Tensor, Tensor]:
    onset, apex = torch.randn(2, batch, 1, 44, 44, generator=torch.Generator().manual_seed(0))
    return onset, apex


@pytest.mark.parametrize("placement", [1, 2, 3])
@pytest.mark.parametrize("operator", OPERATORS)
def test_names_and_shapes(architecture: Architecture, operator: str, placement: int) -> None:
    network = build(architecture, operator, placement)
    onset, apex = draw_pair()
    assert network.name == f"CompCNN-{operator}@{placement}"
    assert network(onset, apex).shape == (5, 2)
    assert network.features(onset, apex).shape == (5, 12)
    assert (
        network.comparison_layer(onset, apex).comparison.shape[1:]
        == ((4, 20, 20), (6, 8, 8), (8, 2, 2))[placement - 1]
    )


def networks(architecture: Architecture) -> list[PairNetwork]:
    compared = [build(architecture, o, at) for o in OPERATORS for at in (1, 2, 3)]
    return [DiffCNN(architecture, 44, 2).eval(), *compared]


def test_six_layers_with_weights_and_five_dropouts(architecture: Architecture) -> None:
    for network in networks(architecture):
        layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        rates = [m.p for m in network.modules() if isinstance(m, nn.Dropout)]
        assert len(layers) == 6
        assert rates == [0.05, 0.15, 0.25, 0.5, 0.25]


@pytest.mark.parametrize("placement", [1, 2, 3])
def test_both_paths_are_one(architecture: Architecture, placement: int) -> None:
    network = build(architecture, "Sub", placement)
    onset, apex = draw_pair()
    forth = network.comparison_layer(onset, apex)
    back = network.comparison_layer(apex, onset)
    assert torch.equal(forth.onset, back.apex)
    assert torch.equal(forth.apex, back.onset)


@pytest.mark.parametrize("placement", [1, 2, 3])
def test_relu_follows_the_comparison(architecture: Architecture, placement: int) -> None:
    maps = build(architecture, "Sub", placement).comparison_layer(*draw_pair())
    difference = maps.onset - maps.apex
    assert difference.min() < 0
    assert torch.equal(maps.comparison, difference.clamp(min=0))


@pytest.mark.parametrize("placement", [1, 2, 3])
def test_untrained_comb_computes_what_sub_computes(
    architecture: Architecture, placement: int
) -> None:
    sub, comb = (build(architecture, operator, placement) for operator in OPERATORS)
    comb.load_state_dict(sub.state_dict(), strict=False)
    assert torch.equal(sub(*draw_pair()), comb(*draw_pair()))


def test_diffcnn_sees_the_difference_alone(architecture: Architecture) -> None:
    network = DiffCNN(architecture, 44, 2).eval()
    onset, apex = draw_pair()
    shift = torch.randint(-3, 4, onset.shape).float()
    whole = (onset * 8).round(), (apex * 8).round()
    torch.testing.assert_close(network(*whole), network(whole[0] + shift, whole[1] + shift))


def test_pooling_before_relu_is_exact(architecture: Architecture) -> None:
    block = DiffCNN(architecture, 44, 2).blocks[0]
    image = draw_pair()[0]
    usual = torch.max_pool2d(torch.relu(block.convolution(image)), 2)
    assert torch.equal(block(image), usual)


def test_a_new_operator_is_one_class(architecture: Architecture) -> None:
    class Distance(ComparisonOperator):
        name = "Dist"

        def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
            return (onset - apex).abs()

    network = CompCNN(partial(Distance), 2, architecture, 44, 3).eval()
    assert network.name == "CompCNN-Dist@2"
    assert network(*draw_pair()).shape == (5, 3)


@pytest.mark.parametrize("placement", [0, 4, "2"])
def test_unknown_placement_is_refused(architecture: Architecture, placement: int) -> None:
    with pytest.raises(InputError, match=r"comparison\.at: got .* expected 1, 2 or 3"):
        build(architecture, "Sub", placement)


def test_images_too_small_for_the_kernels_are_refused(architecture: Architecture) -> None:
    with pytest.raises(InputError, match=r"block 3 with kernel 5"):
        DiffCNN(architecture, 30, 2)


@pytest.mark.parametrize("placement", [1, 2, 3])
def test_dropout_adds_no_difference(architecture: Architecture, placement: int) -> None:
    """A face compared with itself stays without difference while training drops units."""
    network = build(architecture, "Sub", placement).train()
    onset, _ = draw_pair()
    first, second = (network.comparison_layer(onset, onset) for _ in range(2))
    assert not first.comparison.any()
    if placement > 1:
        assert not torch.equal(first.onset, second.onset)


def test_multiply_adds_are_those_that_torch_counts(architecture: Architecture) -> None:
    for network in networks(architecture):
        pair = draw_pair(batch=1)
        with FlopCounterMode(display=False) as forward:
            logits = network(*pair)
        with FlopCounterMode(display=False) as backward:
            logits.sum().backward()
        assert forward.get_total_flops() == 2 * network.multiply_adds()
        assert backward.get_total_flops() == 2 * network.backward_multiply_adds()
