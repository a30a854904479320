"""DiffCNN and CompCNN as the paper describes them, and the contract of any network."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn

from posed_spontaneous.networks import (
    Architecture,
    ComparisonOperator,
    CompCNN,
    DiffCNN,
    LinearCombination,
    PairNetwork,
    Subtraction,
    check_network,
    count_flops,
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
    with pytest.raises(InputError, match=r"comparison\.at: got .* expected 1, 2, 3 or all"):
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


def test_flops_are_those_of_the_formulas(architecture: Architecture) -> None:
    # The backward pass computes two products for each layer, except that images need no gradient.
    kernels, channels, hidden = architecture.kernels, architecture.channels, architecture.hidden
    sides = (40, 16, 4)  # of the maps before pooling, for images of 44 pixels
    inputs = (1, *channels)
    for network in networks(architecture):
        paths = (
            [2 if block < (network.placement or 0) else 1 for block in range(3)]
            if isinstance(network, CompCNN)
            else [1, 1, 1]
        )
        convolutions = [
            paths[b] * sides[b] ** 2 * kernels[b] ** 2 * inputs[b] * channels[b] for b in range(3)
        ]
        linear = channels[2] * 2 * 2 * hidden[0] + hidden[0] * hidden[1] + hidden[1] * 2
        comparison = 0
        if isinstance(network, CompCNN) and network.operator.name == "Comb":
            at = network.placement - 1
            comparison = 2 * (sides[at] // 2) ** 2 * channels[at] ** 2
        forward = sum(convolutions) + linear + comparison
        both = 3 * forward - convolutions[0]
        assert count_flops(network, 44) == 2 * forward
        assert count_flops(network, 44, backward=True) == 2 * both
        assert all(weight.grad is None for weight in network.parameters())


class Plain(nn.Module):
    """A network that shares no class with the project."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(2 * 44 * 44, 3)
        self.norm = nn.BatchNorm1d(3)
        self.output = nn.Linear(3, classes)

    def features(self, onset: Tensor, apex: Tensor) -> Tensor:
        return self.norm(self.hidden(torch.cat([onset, apex], dim=1).flatten(1)))

    def classify(self, features: Tensor) -> Tensor:
        return self.output(features)


def test_any_module_with_features_and_classify_is_a_network() -> None:
    network = Plain(classes=2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    check_network(network, *draw_pair(2), classes=2)
    assert network.training
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_what_a_network_lacks_is_named() -> None:
    with pytest.raises(InputError, match="Identity has no method features"):
        check_network(nn.Identity(), *draw_pair(2), classes=2)
    with pytest.raises(InputError, match=r"Plain.classify returned \(2, 3\) .* expected \(2, 2\)"):
        check_network(Plain(classes=3), *draw_pair(2), classes=2)
    network = Plain(classes=2)
    network.features = lambda onset, apex: onset
    with pytest.raises(InputError, match=r"Plain.features returned \(2, 1, 44, 44\)"):
        check_network(network, *draw_pair(2), classes=2)
