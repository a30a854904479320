"""The comparison operators against the paper's formulas."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from posed_spontaneous.networks import LinearCombination, Subtraction
from posed_spontaneous.runtime.errors import InputError


def draw_maps(channels: int, side: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    onset, apex = torch.randn(2, 3, channels, side, side, generator=generator)
    return onset, apex


@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 99))
def test_combination_starts_as_subtraction(channels: int, side: int, seed: int) -> None:
    onset, apex = draw_maps(channels, side, seed)
    assert torch.equal(LinearCombination(channels)(onset, apex), Subtraction(channels)(onset, apex))


@given(st.integers(1, 5), st.integers(0, 99))
def test_combination_is_the_sum_over_channels(channels: int, seed: int) -> None:
    onset, apex = (maps.double() for maps in draw_maps(channels, 3, seed))
    operator = LinearCombination(channels).double()
    torch.nn.init.normal_(operator.alpha)
    torch.nn.init.normal_(operator.beta)
    expected = torch.zeros_like(onset)
    for r in range(channels):
        for k in range(channels):
            expected[:, r] += operator.alpha[r, k].detach() * onset[:, k]
            expected[:, r] += operator.beta[r, k].detach() * apex[:, k]
    torch.testing.assert_close(operator(onset, apex), expected)


def test_combination_has_two_square_matrices_and_no_bias() -> None:
    assert sum(p.numel() for p in LinearCombination(7).parameters()) == 2 * 7**2
    assert not list(Subtraction(7).parameters())


def test_subtraction_takes_the_apex_from_the_onset() -> None:
    onset, apex = torch.full((1, 1, 1, 1), 5.0), torch.full((1, 1, 1, 1), 3.0)
    assert Subtraction(1)(onset, apex).item() == 2.0


def test_a_random_start_has_the_scale_of_the_subtraction() -> None:
    torch.manual_seed(0)
    operator = LinearCombination(200, start="random")
    for weights in (operator.alpha, operator.beta):
        assert weights.square().sum(dim=1).mean().item() == pytest.approx(1, abs=0.05)
        assert weights.mean().abs() < 0.01


def test_an_unknown_start_is_refused() -> None:
    with pytest.raises(InputError, match=r"comparison\.op\.start: got 'zero'"):
        LinearCombination(3, start="zero")
