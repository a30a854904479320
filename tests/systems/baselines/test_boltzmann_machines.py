"""Boltzmann machines against exact sums over all their states."""

from collections.abc import Callable, Iterator
from math import log, pi

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.boltzmann import (
    DBM,
    RBM,
    AnnealedImportanceSampling,
    GradientAscent,
    visible_units,
)
from posed_spontaneous.systems.baselines.boltzmann.importance_sampling import CentralLayer

Machine = RBM | DBM
KINDS = ("bernoulli", "gaussian")


def seeded(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


FEW_ROWS = torch.rand((5, 4), generator=seeded(1), dtype=torch.float64)
ONE_STEP = GradientAscent(1, 5, 1, 0, chains=20_000, sweeps=20)


@pytest.fixture
def plain_gradient_ascent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps along the gradient, as long as it is."""
    monkeypatch.setattr(
        torch.optim, "AdamW", lambda groups, rate, **_: torch.optim.SGD(groups, rate, maximize=True)
    )


def random_tensors(*shapes: tuple[int, ...], seed: int, scale: float = 0.5) -> Iterator[Tensor]:
    generator = seeded(seed)
    for shape in shapes:
        yield scale * torch.randn(shape, generator=generator, dtype=torch.float64)


def random_rbm(kind: str, visible: int = 12, hidden: int = 8, seed: int = 0) -> RBM:
    shapes = (visible, hidden), (visible,), (hidden,)
    return RBM(visible_units(kind), *random_tensors(*shapes, seed=seed))


def random_dbm(kind: str, layers: tuple[int, int, int] = (10, 8, 6), seed: int = 0) -> DBM:
    v, h1, h2 = layers
    shapes = (v, h1), (h1, h2), (v,), (h1,), (h2,)
    return DBM(visible_units(kind), 10, *random_tensors(*shapes, seed=seed))


def tiny(build: Callable[..., Machine], kind: str) -> Machine:
    return random_dbm(kind, (4, 3, 2)) if build is random_dbm else random_rbm(kind, 4, 3)


def every_hidden_state(machine: Machine) -> tuple[Tensor, ...]:
    """All joint states of the hidden layers, each ``(states, units)``."""
    if isinstance(machine, RBM):
        return (every_state(len(machine.hidden_bias)),)
    sizes = [len(machine.lower_bias), len(machine.upper_bias)]
    return every_state(sum(sizes)).split(sizes, dim=1)


def every_state(units: int) -> Tensor:
    """All states of so many Bernoulli units, ``(2^units, units)``."""
    return (torch.arange(2**units)[:, None] >> torch.arange(units) & 1).to(torch.float64)


def enumerate_log_z(layer: CentralLayer) -> float:
    """Log Z as the sum over all states of the layer, everything else summed out."""
    h = every_state(len(layer.bias)).to(layer.bias.dtype)
    around = [o.units.log_partition(o.field(h)) for o in layer.adjacent]
    return float(torch.logsumexp(h @ layer.bias + torch.stack(around).sum(dim=0), dim=0))


def log_weight(machine: Machine, v: Tensor, *hidden: Tensor) -> Tensor:
    """Log of Z p(v, h), the negative energy, of N joint states, ``(N,)``."""
    alone = machine.visible.log_base(v) + v @ machine.visible_bias
    if isinstance(machine, RBM):
        (h,) = hidden
        return alone + h @ machine.hidden_bias + (v @ machine.weights * h).sum(dim=1)
    h1, h2 = hidden
    alone += h1 @ machine.lower_bias + h2 @ machine.upper_bias
    return alone + (v @ machine.lower * h1).sum(dim=1) + (h1 @ machine.upper * h2).sum(dim=1)


def joint_logs(machine: Machine, rows: Tensor) -> Tensor:
    """Log of Z p(v, h) of every row and hidden state, ``(N, states)``."""
    hidden = every_hidden_state(machine)
    v = rows.repeat_interleave(len(hidden[0]), dim=0)
    repeated = (h.repeat(len(rows), 1) for h in hidden)
    return log_weight(machine, v, *repeated).view(len(rows), -1)


def log_likelihood(machine: Machine, rows: Tensor) -> Tensor:
    """Exact log p(v) of each row."""
    return joint_logs(machine, rows).logsumexp(dim=1) - enumerate_log_z(machine.central_layer())


@pytest.mark.parametrize("build", [random_rbm, random_dbm])
def test_enumeration_equals_the_sum_over_all_joint_states(build: Callable[..., Machine]) -> None:
    machine = tiny(build, "bernoulli")
    every = joint_logs(machine, every_state(4)).flatten().logsumexp(dim=0)
    assert enumerate_log_z(machine.central_layer()) == pytest.approx(float(every), abs=1e-10)


def test_the_free_energy_sums_hidden_states_out() -> None:
    for kind in KINDS:
        rbm = random_rbm(kind, 4, 3)
        torch.testing.assert_close(
            -rbm.free_energy(FEW_ROWS), joint_logs(rbm, FEW_ROWS).logsumexp(dim=1)
        )


def test_a_gaussian_density_integrates_to_one() -> None:
    rbm = random_rbm("gaussian", 2, 4)
    grid = torch.linspace(-12, 12, 481, dtype=torch.float64)
    logs = -rbm.free_energy(torch.cartesian_prod(grid, grid)) - enumerate_log_z(rbm.central_layer())
    assert float(logs.exp().sum()) * (24 / 480) ** 2 == pytest.approx(1, abs=1e-6)


def test_separate_gaussian_units_have_the_normal_partition_function() -> None:
    rbm = RBM(visible_units("gaussian"), *(torch.zeros(s) for s in ((3, 2), (3,), (2,))))
    assert enumerate_log_z(rbm.central_layer()) == pytest.approx(1.5 * log(2 * pi) + 2 * log(2))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("build", [random_rbm, random_dbm])
def test_annealing_finds_log_z(build: Callable[..., Machine], kind: str, seed: int) -> None:
    layer = build(kind, seed=seed).central_layer()
    value, error = AnnealedImportanceSampling(1000, 100).log_z(layer, seeded())
    exact = enumerate_log_z(layer)
    assert value == pytest.approx(exact, abs=0.1)
    assert abs(value - exact) < 4 * error < 0.2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("build", [random_rbm, random_dbm])
def test_annealing_from_the_base_rates_of_data(build: Callable[..., Machine], kind: str) -> None:
    machine = build(kind)
    rows = torch.rand((50, len(machine.visible_bias)), generator=seeded(), dtype=torch.float64)
    value, error = AnnealedImportanceSampling(1000, 100).log_z(
        machine.central_layer(), seeded(), machine.base_rate_fields(rows)
    )
    exact = enumerate_log_z(machine.central_layer())
    assert abs(value - exact) < min(0.1, 4 * error)


def test_the_error_is_that_of_repeated_estimates() -> None:
    layer = random_rbm("bernoulli").central_layer()
    estimates = [
        AnnealedImportanceSampling(20, 100).log_z(layer, seeded(seed)) for seed in range(60)
    ]
    values, errors = (torch.tensor(column) for column in zip(*estimates, strict=True))
    assert 0.7 < float(values.std() / errors.mean()) < 1.4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("build", [random_rbm, random_dbm])
def test_statistics_are_the_gradient_of_the_exact_likelihood(
    build: Callable[..., Machine], kind: str
) -> None:
    machine = tiny(build, kind)
    gradient = zip(posterior_statistics(machine), model_statistics(machine), strict=True)
    for parameter, (data, model) in zip(machine.parameters, gradient, strict=True):
        slopes = finite_differences(lambda: log_likelihood(machine, FEW_ROWS).mean(), parameter)
        torch.testing.assert_close(data - model, slopes, rtol=0, atol=1e-8)


@pytest.mark.usefixtures("plain_gradient_ascent")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("build", [random_rbm, random_dbm])
def test_a_step_of_training_follows_the_statistics(
    build: Callable[..., Machine], kind: str
) -> None:
    """With many chains that have forgotten the data, up to their noise."""
    machine, trained = tiny(build, kind), tiny(build, kind)
    trained.train(FEW_ROWS, ONE_STEP, seeded())
    if isinstance(machine, RBM):
        data = machine.statistics(FEW_ROWS, machine.hidden_mean(FEW_ROWS))
    else:
        data = machine.statistics(FEW_ROWS, *machine.mean_field(FEW_ROWS))
    for before, after, up, down in zip(
        machine.parameters, trained.parameters, data, model_statistics(machine), strict=True
    ):
        torch.testing.assert_close(after - before, up - down, rtol=0, atol=0.03)


@pytest.mark.usefixtures("plain_gradient_ascent")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("below", "above"), [(2, 1), (1, 2)])
def test_copies_are_one_machine_with_shared_weights(below: int, above: int, kind: str) -> None:
    machine, trained = (random_rbm(kind, 4, 3) for _ in range(2))

    def likelihood() -> Tensor:
        copied = RBM(
            machine.visible,
            machine.weights.repeat(below, above),
            machine.visible_bias.repeat(below),
            machine.hidden_bias.repeat(above),
        )
        return log_likelihood(copied, FEW_ROWS.repeat(1, below)).mean()

    trained.train(FEW_ROWS, ONE_STEP, seeded(), copies=(below, above))
    for parameter, after in zip(machine.parameters, trained.parameters, strict=True):
        slopes = finite_differences(likelihood, parameter)
        torch.testing.assert_close(after - parameter, slopes, rtol=0, atol=0.06)


def posterior_statistics(machine: Machine) -> list[Tensor]:
    hidden = every_hidden_state(machine)
    shares = joint_logs(machine, FEW_ROWS).softmax(dim=1).flatten() / len(FEW_ROWS)
    v = FEW_ROWS.repeat_interleave(len(hidden[0]), dim=0)
    return expectation(machine, shares, v, *(h.repeat(len(FEW_ROWS), 1) for h in hidden))


def model_statistics(machine: Machine) -> list[Tensor]:
    hidden = every_hidden_state(machine)
    weights = machine.weights if isinstance(machine, RBM) else machine.lower
    field = machine.visible_bias + hidden[0] @ weights.T
    # v summed out: statistics are linear in it, so its mean in each field is all that counts.
    without = log_weight(machine, torch.zeros_like(field), *hidden)
    shares = (without + machine.visible.log_partition(field)).softmax(dim=0)
    return expectation(machine, shares, machine.visible.mean(field), *hidden)


def expectation(machine: Machine, shares: Tensor, *states: Tensor) -> list[Tensor]:
    each = [machine.statistics(*(s[i : i + 1] for s in states)) for i in range(len(shares))]
    return [torch.tensordot(shares, torch.stack(column), 1) for column in zip(*each, strict=True)]


def finite_differences(function: Callable[[], Tensor], parameter: Tensor) -> Tensor:
    """Central differences by each element of a tensor that the function reads."""
    slopes, step = torch.zeros_like(parameter), 1e-5
    for place in np.ndindex(*parameter.shape):
        here = float(parameter[place])
        parameter[place] = here + step
        above = function()
        parameter[place] = here - step
        slopes[place] = (above - function()) / (2 * step)
        parameter[place] = here
    return slopes


@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_field_bounds_the_likelihood_from_below(kind: str) -> None:
    dbm = tiny(random_dbm, kind)
    h1, h2 = dbm.mean_field(FEW_ROWS)
    entropy = sum(
        torch.special.entr(h).sum(dim=1) + torch.special.entr(1 - h).sum(dim=1) for h in (h1, h2)
    )
    bound = log_weight(dbm, FEW_ROWS, h1, h2) + entropy - enumerate_log_z(dbm.central_layer())
    gap = log_likelihood(dbm, FEW_ROWS) - bound
    assert (gap >= 0).all()
    assert (gap < 0.1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_training_a_restricted_machine_raises_the_exact_likelihood(kind: str) -> None:
    rows = clusters(kind)
    rbm = RBM.initialize(rows, 6, visible_units(kind), seeded())
    before = log_likelihood(rbm, rows).mean()
    rbm.train(rows, GradientAscent(epochs=60, rate=0.02), seeded())
    assert log_likelihood(rbm, rows).mean() > before + 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_training_a_deep_machine_raises_the_exact_likelihood(kind: str) -> None:
    rows = clusters(kind)
    start = RBM.initialize(rows, 6, visible_units(kind), seeded())
    ascent = GradientAscent(epochs=40, rate=0.02)
    dbm = DBM.pretrain(rows, (6, 4), visible_units(kind), 10, ascent, seeded())
    pretrained = log_likelihood(dbm, rows).mean()
    dbm.train(rows, ascent, seeded())
    trained = log_likelihood(dbm, rows).mean()
    assert trained > pretrained > log_likelihood(start, rows).mean()


def clusters(kind: str) -> Tensor:
    """200 rows about three patterns of 6 units."""
    generator = np.random.default_rng(0)
    patterns = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0], [1, 0, 0, 0, 1, 1]], dtype=float)
    rows = patterns[generator.integers(3, size=200)]
    if kind == "bernoulli":
        return torch.from_numpy(np.abs(rows - (generator.random(rows.shape) < 0.05)))
    return torch.from_numpy(3 * (rows - rows.mean(axis=0)) + generator.normal(size=rows.shape))


def test_training_repeats_itself_and_leaves_the_global_stream_alone() -> None:
    rows = clusters("gaussian")
    ascent = GradientAscent(epochs=2)
    stream, numpy_stream = torch.get_rng_state(), np.random.get_state()[1].tolist()

    def train(seed: int) -> DBM:
        generator = seeded(seed)
        dbm = DBM.pretrain(rows, (5, 4), visible_units("gaussian"), 5, ascent, generator)
        dbm.train(rows, ascent, generator)
        AnnealedImportanceSampling(5, 5).log_z(dbm.central_layer(), generator)
        return dbm

    one, again, other = train(0), train(0), train(1)
    assert torch.equal(one.lower, again.lower)
    assert torch.equal(one.upper_bias, again.upper_bias)
    assert not torch.equal(one.lower, other.lower)
    assert torch.equal(stream, torch.get_rng_state())
    assert numpy_stream == np.random.get_state()[1].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_sampling_visits_states_as_often_as_the_model_says(kind: str) -> None:
    rbm = tiny(random_rbm, kind)
    rows = rbm.sample(FEW_ROWS.repeat(4000, 1), 20, seeded())
    torch.testing.assert_close(rows.mean(dim=0), model_statistics(rbm)[1], rtol=0, atol=0.03)


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (lambda: GradientAscent(rate=0), "rate: got 0"),
        (lambda: GradientAscent(epochs=-1), "epochs: got -1, expected 0 or more"),
        (lambda: GradientAscent(batch=0), "batch: got 0"),
        (lambda: GradientAscent(decay=-1), "decay: got -1"),
        (lambda: GradientAscent(chains=0), "chains: got 0"),
        (lambda: GradientAscent(sweeps=0), "sweeps: got 0"),
        (lambda: AnnealedImportanceSampling(steps=0), "ais_steps: got 0"),
        (lambda: AnnealedImportanceSampling(chains=1), "ais_chains: got 1"),
        (lambda: visible_units("poisson"), "visible: got 'poisson'"),
    ],
)
def test_a_value_out_of_range_is_named(faulty: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        faulty()
