"""One restricted Boltzmann machine as a density: its free energy and its log Z."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from posed_spontaneous.systems.baselines.boltzmann.annealing import Annealing, LogZ
from posed_spontaneous.systems.baselines.boltzmann.ascent import Ascent, refuse_below
from posed_spontaneous.systems.baselines.boltzmann.rbm import RBM
from posed_spontaneous.systems.baselines.boltzmann.units import Units


@dataclass(frozen=True)
class Recipe:
    """How densities are fitted, the same way for every class.

    Args:
        visible: Type of the visible units.
        hidden: Number H of hidden units.
        ascent: Training.
        annealing: How log Z is found; None leaves it out.
        seed: Seed of every density, so that no class depends on the rows of another.

    Raises:
        InputError: If there are no hidden units.
    """

    visible: Units
    hidden: int
    ascent: Ascent
    annealing: Annealing | None
    seed: int

    def __post_init__(self) -> None:
        refuse_below("hidden", self.hidden, 1)

    def fit(self, rows: Tensor) -> "Density":
        """Train on rows ``(N, D)`` and estimate log Z."""
        generator = Generator().manual_seed(self.seed)
        machine = RBM.start(rows, self.hidden, self.visible, generator)
        machine.train(rows, self.ascent, generator)
        if self.annealing is None:
            return Density(machine, LogZ(0.0, 0.0))
        start = machine.resting_fields(rows)
        return Density(machine, self.annealing.log_z(machine.layer(), generator, start))


@dataclass(frozen=True, eq=False)
class Density:
    """A machine and its log Z."""

    machine: RBM
    log_z: LogZ

    def log(self, rows: Tensor) -> Tensor:
        """``log p`` of rows ``(N, D)``: ``(N,)``."""
        return -self.machine.free_energy(rows) - self.log_z.value


def of_classes(densities: list[Density], rows: Tensor) -> Tensor:
    """``log p`` of rows ``(N, D)`` under each of C densities, ``(N, C)``."""
    return torch.stack([density.log(rows) for density in densities], dim=1)
