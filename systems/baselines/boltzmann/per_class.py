"""A restricted Boltzmann machine for each class (Wu and Wang 2016)."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Generator, Tensor

from posed_spontaneous.systems.baselines.boltzmann.gradient_ascent import GradientAscent, require
from posed_spontaneous.systems.baselines.boltzmann.importance_sampling import (
    AnnealedImportanceSampling,
    LogZ,
)
from posed_spontaneous.systems.baselines.boltzmann.rbm import RBM
from posed_spontaneous.systems.baselines.boltzmann.score_classifier import ScoreClassifier
from posed_spontaneous.systems.baselines.boltzmann.units import Scaling, visible_units


@dataclass(frozen=True, eq=False)
class Density:
    """A restricted machine and its estimated log Z."""

    machine: RBM
    log_z: LogZ

    def log(self, rows: Tensor) -> Tensor:
        """``log p`` of rows ``(N, D)``: ``(N,)``."""
        return -self.machine.free_energy(rows) - self.log_z.value


@dataclass(kw_only=True, eq=False, repr=False)
class BoltzmannPerClass(ScoreClassifier):
    """Predicts the class whose machine gives a row the largest likelihood.

    C. Wu and S. Wang 2016, "Posed and Spontaneous Expression Recognition Through Restricted
    Boltzmann Machine".

    From its abstract (nothing else was verified): the displacements of facial feature points
    between onset and apex are the features; displacement-related facial events are extracted from
    them; two machines model the spatial patterns of the two classes.

    Not stated there: what an event is, and whether the machines model events or displacements; type
    and scale of visible units, number of hidden units, training; how log Z is computed; the prior.

    Chosen here: one scale for all classes, so that densities can be compared. Gaussian units; with
    ``bernoulli`` columns are scaled to 0 to 1, and columns of zeros and ones (events) are
    unchanged. The log likelihood is the negative free energy minus log Z from annealed importance
    sampling, because free energies of different machines cannot be compared. Equal priors. With
    many columns the likelihoods differ strongly, so that probabilities are close to 0 and 1.

    Args:
        hidden: Hidden units of each machine, 1 or more.
        visible: ``gaussian`` or ``bernoulli``.
        prior: ``equal``, or ``counts`` for the frequencies of the classes in the training rows.
        epochs: Passes over the rows of a machine, 0 or more.
        rate: Initial learning rate, above 0.
        decay: Weight decay, 0 or more.
        batch: Rows of a mini-batch.
        chains: Persistent chains.
        ais_steps: Intermediate distributions of annealed importance sampling, 1 or more.
        ais_chains: Chains of annealed importance sampling, 2 or more.
        seed: Seed of all random numbers.

    Attributes:
        densities_: Machine and log Z of each class, in the order of ``classes_``.
    """

    hidden: int = 50
    visible: str = "gaussian"
    prior: str = "equal"
    epochs: int = 60
    rate: float = 0.003
    decay: float = 0.01
    batch: int = 32
    chains: int = 64
    ais_steps: int = 500
    ais_chains: int = 64
    seed: int = 0

    def fit(self, X: ArrayLike, y: ArrayLike) -> "BoltzmannPerClass":  # noqa: N803
        """Train one machine per class.

        Args:
            X: Features, ``(N, D)``.
            y: Labels, ``(N,)``.

        Raises:
            InputError: If a parameter is out of range, or there is only one class.
        """
        self._fit_classes(*self._training_data(X, y))
        return self

    def _fit_classes(self, rows: NDArray[np.float64], codes: NDArray[np.intp]) -> Tensor:
        """Fit the scale, the prior and each class's density, and return the scaled rows."""
        require("prior", self.prior, self.prior in ("equal", "counts"), "equal or counts")
        self.scaling_ = Scaling.of(rows, visible_units(self.visible))
        scaled = self.scaling_(rows)
        counts = np.bincount(codes)
        shares = counts / counts.sum() if self.prior == "counts" else np.full(1, 1 / len(counts))
        self.log_prior_ = torch.from_numpy(np.log(shares))
        self.densities_ = [
            self._fit_density(scaled[torch.from_numpy(codes == code)])
            for code in range(len(counts))
        ]
        return scaled

    def _fit_density(self, rows: Tensor) -> Density:
        require("hidden", self.hidden, self.hidden >= 1, "1 or more")
        ascent = GradientAscent(self.epochs, self.batch, self.rate, self.decay, self.chains)
        sampling = AnnealedImportanceSampling(self.ais_steps, self.ais_chains)
        # The same seed for every density, so that no class depends on the rows of another.
        generator = Generator().manual_seed(self.seed)
        machine = RBM.initialize(rows, self.hidden, visible_units(self.visible), generator)
        machine.train(rows, ascent, generator)
        base = machine.base_rate_fields(rows)
        return Density(machine, sampling.log_z(machine.central_layer(), generator, base))

    def _log_densities(self, scaled: Tensor) -> Tensor:
        """``log p`` of rows ``(N, D)`` under the density of each class, ``(N, C)``."""
        return torch.stack([density.log(scaled) for density in self.densities_], dim=1)

    def _scores(self, rows: NDArray[np.float64]) -> Tensor:
        return self._log_densities(self.scaling_(rows)) + self.log_prior_
