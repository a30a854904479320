"""Nonlinear operators against their formulas, and against the subtraction that they start as."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from posed_spontaneous.networks import (
    AbsoluteDifference,
    ComparisonOperator,
    Concatenation,
    Correlation,
    CrossAttention,
    GatedDifference,
    LowRankBilinear,
    Mixture,
    Product,
    Subtraction,
)
from posed_spontaneous.runtime.errors import InputError

LEARNED = [Mixture, Concatenation, GatedDifference, Correlation, LowRankBilinear, CrossAttention]
CHANNELS, SIDE = 3, 4


def draw_maps(channels: int, side: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    onset, apex = torch.randn(2, 2, channels, side, side, generator=generator, dtype=torch.float64)
    return onset, apex


def randomize(operator: ComparisonOperator) -> ComparisonOperator:
    torch.manual_seed(0)
    for weights in operator.double().parameters():
        nn.init.normal_(weights)
    return operator


@pytest.mark.parametrize("kind", LEARNED)
@given(channels=st.integers(1, 9), side=st.integers(1, 7), seed=st.integers(0, 99))
def test_learned_operators_start_as_the_subtraction(
    kind: type[ComparisonOperator], channels: int, side: int, seed: int
) -> None:
    onset, apex = (maps.float() for maps in draw_maps(channels, side, seed))
    torch.testing.assert_close(kind(channels)(onset, apex), Subtraction(channels)(onset, apex))


@pytest.mark.parametrize("kind", LEARNED)
def test_learned_operators_leave_the_subtraction(kind: type[ComparisonOperator]) -> None:
    torch.manual_seed(0)
    operator, (onset, apex) = kind(CHANNELS).double(), draw_maps(CHANNELS, SIDE, 0)
    optimizer = torch.optim.SGD(operator.parameters(), lr=0.1)
    for _ in range(2):  # the first step changes what starts at zero, the second all other weights
        optimizer.zero_grad()
        operator(onset, apex).square().mean().backward()
        optimizer.step()
    assert all(weights.grad is not None and weights.grad.any() for weights in operator.parameters())
    assert not torch.allclose(operator(onset, apex), onset - apex)


def test_absolute_difference_and_product_have_no_weights() -> None:
    onset, apex = draw_maps(CHANNELS, SIDE, 1)
    assert torch.equal(
        AbsoluteDifference(CHANNELS)(onset, apex),
        torch.where(onset > apex, onset - apex, apex - onset),
    )
    assert torch.equal(Product(CHANNELS)(onset, apex), onset * apex)
    assert not [*AbsoluteDifference(CHANNELS).parameters(), *Product(CHANNELS).parameters()]


@pytest.mark.parametrize(
    "kind", [Mixture, Concatenation, GatedDifference, LowRankBilinear, Correlation]
)
def test_operators_at_one_pixel(kind: type[ComparisonOperator]) -> None:
    """The formula of each docstring, for vectors x and y of one pixel."""
    operator, (onset, apex) = randomize(kind(CHANNELS)), draw_maps(CHANNELS, 1, 2)
    for x, y, z in zip(onset[..., 0, 0], apex[..., 0, 0], operator(onset, apex), strict=True):
        match operator:
            case Mixture():
                expected = operator.weight @ torch.cat([x, y, abs(x - y), x * y])
            case Concatenation():
                hidden = operator.hidden @ torch.cat([x, y]) + operator.bias
                expected = operator.output @ hidden.clamp(min=0)
            case GatedDifference():
                gates = operator.weight @ torch.cat([x, y]) + operator.bias
                expected = 2 / (1 + torch.exp(-gates)) * (x - y)
            case LowRankBilinear():
                products = (operator.onset @ x) * (operator.apex @ y)
                expected = x - y + operator.output @ products
            case Correlation():  # the other shifts of the window lie outside of the map
                cosine = x @ y / (x.norm() * y.norm())
                expected = x - y + operator.weight[:, operator.window**2 // 2] * cosine
        torch.testing.assert_close(z[:, 0, 0], expected)


def test_correlation_follows_a_shift() -> None:
    """Where the apex is the onset moved by one pixel, that shift correlates perfectly."""
    onset, _ = draw_maps(8, 6, 3)
    apex = torch.roll(onset, (1, -1), dims=(2, 3))  # one pixel down and one to the left
    correlations = Correlation(8, window=3).correlate(onset, apex)
    assert correlations.abs().max() < 1 + 1e-9
    inner = correlations[:, :, 1:-1, 1:-1]
    shift = 2 * 3 + 0  # row +1, column -1 of the window
    torch.testing.assert_close(inner[:, shift], torch.ones_like(inner[:, shift]))
    others = [place for place in range(9) if place != shift]
    assert inner[:, others].max() < 0.99


def test_correlation_in_place_is_the_cosine() -> None:
    onset, apex = draw_maps(5, 4, 4)
    found = Correlation(5, window=1).correlate(onset, apex)
    torch.testing.assert_close(found[:, 0], functional.cosine_similarity(onset, apex, dim=1))


def test_attention_is_that_of_torch() -> None:
    operator, (onset, apex) = randomize(CrossAttention(CHANNELS)), draw_maps(CHANNELS, SIDE, 5)
    assert isinstance(operator, CrossAttention)
    query, key, value = (
        (weight @ maps.flatten(2)).transpose(1, 2)
        for weight, maps in (
            (operator.query, apex),
            (operator.key, onset),
            (operator.value, onset),
        )
    )
    found = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2)
    expected = onset - apex + (operator.output @ found).reshape(onset.shape)
    torch.testing.assert_close(operator(onset, apex), expected)


@pytest.mark.parametrize("window", [0, 2, -1])
def test_a_window_without_a_centre_is_refused(window: int) -> None:
    with pytest.raises(InputError, match=rf"comparison\.op\.window: got {window}, expected an odd"):
        Correlation(3, window=window)


def test_a_rank_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"comparison\.op\.rank: got 0, expected 1 or more"):
        LowRankBilinear(3, rank=0)
