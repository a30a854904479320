"""Counter-based dropout: its distribution, and that only counter and index determine it."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from torch import Tensor
from torch.func import functional_call, stack_module_state

from posed_spontaneous.networks import (
    Architecture,
    CompCNN,
    DiffCNN,
    LinearCombination,
    PairNetwork,
    Subtraction,
    fast,
)
from posed_spontaneous.networks.dropout import CounterDropout, Mask, keep

RATES = (0.05, 0.15, 0.25, 0.5)
UNITS = 200_000


def mask(draw: int, rate: float = 0.5) -> Mask:
    dropout = CounterDropout(rate)
    dropout.draw.fill_(draw)
    made = dropout.next_mask()
    assert made is not None
    return made


def kept(draw: int, rate: float = 0.5, units: int = UNITS) -> Tensor:
    return keep((1, units), mask(draw, rate), torch.device("cpu")).flatten()


@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=4).filter(lambda shape: len(shape) != 3),
    st.integers(0, 2**63 - 1),
    st.sampled_from(RATES),
)
def test_torch_and_numba_keep_the_same_units(shape: list[int], draw: int, rate: float) -> None:
    pytest.importorskip("numba")
    compiled_mask = keep(shape, mask(draw, rate), torch.device("cpu"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "_has_kernels", lambda: False)
        plain_mask = keep(shape, mask(draw, rate), torch.device("cpu"))
    assert compiled_mask.shape == torch.Size(shape)
    assert torch.equal(compiled_mask, plain_mask)


@pytest.mark.parametrize("rate", RATES)
def test_the_share_of_dropped_units_is_the_rate(rate: float) -> None:
    """Thirty draws: each within chance of the rate, and all together spread as chance spreads."""
    dropped = torch.stack([(~kept(draw, rate)).sum() for draw in range(30)]).double()
    spread = (dropped - rate * UNITS) / (UNITS * rate * (1 - rate)) ** 0.5
    assert spread.abs().max() < 4.5
    assert 10 < spread.square().sum() < 66  # chi-square of 30 degrees: .0001 on either side


@pytest.mark.parametrize("apart", [1, 2, 20, 400, 4096])
def test_neighbouring_units_are_independent(apart: int) -> None:
    for draw in range(5):
        units = kept(draw).int()
        assert_independent(units[:-apart], units[apart:])


@pytest.mark.parametrize("apart", [1, 2, 7, 2**20, 2**31, 2**32, 2**40])
def test_draws_are_independent(apart: int) -> None:
    """The calls of a layer follow one another; those of two layers are anywhere apart."""
    for draw in (0, 10**6, 2**61):
        assert_independent(kept(draw), kept(draw + apart))


def assert_independent(first: Tensor, second: Tensor) -> None:
    pairs = torch.bincount(2 * first.int() + second.int(), minlength=4)
    assert chisquare(pairs.numpy()).pvalue > 1e-5


def test_kept_units_are_scaled_and_dropped_ones_pass_no_gradient() -> None:
    dropout, units = CounterDropout(0.25), torch.randn(40, 50, requires_grad=True)
    passed = dropout(units)
    passed.sum().backward()
    zero = passed == 0
    assert 300 < zero.sum() < 700
    torch.testing.assert_close(passed[~zero], units[~zero] / 0.75)
    torch.testing.assert_close(units.grad, (~zero) / 0.75)


def test_nothing_is_dropped_in_evaluation_or_at_rate_zero() -> None:
    units = torch.randn(4, 5)
    assert torch.equal(CounterDropout(0.5).eval()(units), units)
    assert torch.equal(CounterDropout(0.0)(units), units)


def test_the_mask_does_not_know_the_memory_format() -> None:
    dropout, maps = CounterDropout(0.5), torch.randn(4, 3, 6, 5)
    twin = copy.deepcopy(dropout)
    assert torch.equal(dropout(maps), twin(maps.contiguous(memory_format=torch.channels_last)))


def test_both_paths_drop_the_same_units() -> None:
    dropped = CounterDropout(0.5)(torch.ones(6, 4, 3, 3), paths=2)
    assert torch.equal(dropped[:3], dropped[3:])
    assert not torch.equal(dropped[0], dropped[1])


def test_layers_and_calls_have_independent_masks() -> None:
    torch.manual_seed(0)
    first, second = CounterDropout(0.5), CounterDropout(0.5)
    units = torch.ones(8, 50)
    masks = [first(units), first(units), second(units), second(units)]
    for one in range(4):
        for other in range(one):
            assert_independent(masks[one].flatten() > 0, masks[other].flatten() > 0)


def test_checkpoints_hold_weights_and_dropout_counters(architecture: Architecture) -> None:
    network = DiffCNN(architecture, 44, 2)
    counters = {name for name in network.state_dict() if name.endswith(".draw")}
    assert len(counters) == 5
    assert set(network.state_dict()) == set(dict(network.named_parameters())) | counters


BUILDS = {
    "DiffCNN": lambda sizes: DiffCNN(sizes, 44, 2),
    "Sub@1": lambda sizes: CompCNN(Subtraction, 1, sizes, 44, 2),
    "Comb@3": lambda sizes: CompCNN(LinearCombination, 3, sizes, 44, 2),
}


def train(network: PairNetwork, steps: int) -> list[Tensor]:
    """Logits of each step, on pairs drawn without torch's global generator."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    seen = []
    for _ in range(steps):
        onset, apex = torch.randn(2, 3, 1, 44, 44, generator=generator)
        logits = network(onset, apex)
        optimizer.zero_grad()
        logits.square().sum().backward()
        optimizer.step()
        seen.append(logits.detach())
    return seen


@pytest.mark.parametrize("system", BUILDS)
def test_a_seed_gives_the_same_training_whatever_else_is_drawn(
    architecture: Architecture, system: str
) -> None:
    logits = []
    for others in (0, 9):
        torch.manual_seed(3)
        network = BUILDS[system](architecture).train()
        torch.randn(others)
        logits.append(torch.stack(train(network, 3)))
    assert torch.equal(*logits)


@pytest.mark.parametrize("system", BUILDS)
def test_training_without_numba_draws_the_same(
    architecture: Architecture, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    network = BUILDS[system](architecture).train().to(memory_format=torch.channels_last)
    twin = copy.deepcopy(network)
    fused = train(network, 3)
    monkeypatch.setattr(fast, "_has_kernels", lambda: False)
    for one, other in zip(fused, train(twin, 3), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("system", BUILDS)
def test_packed_networks_compute_what_each_computes_alone(
    architecture: Architecture, system: str
) -> None:
    networks = [BUILDS[system](architecture).double().train() for _ in range(3)]
    parameters, buffers = stack_module_state(networks)
    frame = copy.deepcopy(networks[0]).to("meta")
    onset, apex = torch.randn(2, 3, 4, 1, 44, 44, dtype=torch.float64)

    def call(weights, draws, onset, apex):
        return functional_call(frame, (weights, draws), (onset, apex))

    for _ in range(2):
        packed = torch.vmap(call)(parameters, buffers, onset, apex)
        gradients = torch.autograd.grad(packed.square().sum(), list(parameters.values()))
        buffers = {name: draw + 1 for name, draw in buffers.items()}
        for number, network in enumerate(networks):
            network.zero_grad()
            alone = network(onset[number], apex[number])
            alone.square().sum().backward()
            torch.testing.assert_close(packed[number], alone)
            for name, gradient in zip(parameters, gradients, strict=True):
                torch.testing.assert_close(gradient[number], network.get_parameter(name).grad)
