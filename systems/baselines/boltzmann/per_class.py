"""A restricted Boltzmann machine for each class (Wu and Wang 2016)."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from posed_spontaneous.systems.baselines.boltzmann.annealing import Annealing
from posed_spontaneous.systems.baselines.boltzmann.ascent import Ascent
from posed_spontaneous.systems.baselines.boltzmann.density import Density, Recipe, of_classes
from posed_spontaneous.systems.baselines.boltzmann.scaling import Scaling
from posed_spontaneous.systems.baselines.boltzmann.score_classifier import (
    ScoreClassifier,
    refuse_unknown,
)
from posed_spontaneous.systems.baselines.boltzmann.units import visible_units

PRIORS = ("equal", "counts")


class BoltzmannPerClass(ScoreClassifier):
    """Predicts the class whose machine gives a row the larger likelihood.

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
    sampling: free energies compare rows under one machine, not machines on one row. Equal priors.
    With many columns, likelihoods differ strongly, so probabilities are close to 0 and 1.

    Args:
        hidden: Hidden units of each machine, 1 or more.
        visible: ``gaussian`` or ``bernoulli``.
        log_z: ``ais``, or ``none`` to compare free energies.
        prior: ``equal``, or ``counts`` of the training rows.
        epochs: Passes over the rows of a machine, 0 or more.
        rate: Initial learning rate, above 0.
        decay: Weight decay, 0 or more.
        batch: Rows of a mini-batch.
        chains: Persistent chains.
        ais_steps: Temperatures of annealing.
        ais_chains: Chains of annealing, 2 or more.
        seed: Seed of all random numbers.

    Attributes:
        densities_: One per class, in the order of ``classes_``: machine, log Z and its error.
    """

    def __init__(
        self,
        *,
        hidden: int = 50,
        visible: str = "gaussian",
        log_z: str = "ais",
        prior: str = "equal",
        epochs: int = 60,
        rate: float = 0.003,
        decay: float = 0.01,
        batch: int = 32,
        chains: int = 64,
        ais_steps: int = 500,
        ais_chains: int = 64,
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.visible = visible
        self.log_z = log_z
        self.prior = prior
        self.epochs = epochs
        self.rate = rate
        self.decay = decay
        self.batch = batch
        self.chains = chains
        self.ais_steps = ais_steps
        self.ais_chains = ais_chains
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> "BoltzmannPerClass":  # noqa: N803
        """Train one machine per class.

        Args:
            X: Features, ``(N, D)``.
            y: Labels, ``(N,)``.

        Raises:
            InputError: If a parameter is out of range, or there is only one class.
        """
        recipe = self._recipe()
        rows, codes = self._training_data(X, y)
        self.scaling_ = Scaling.of(rows, recipe.visible)
        self.densities_ = self._fit_classes(recipe, self.scaling_(rows), codes)
        return self

    def _fit_classes(
        self, recipe: Recipe, scaled: Tensor, codes: NDArray[np.intp]
    ) -> list[Density]:
        counts = np.bincount(codes)
        shares = counts / counts.sum() if self.prior == "counts" else 1 / len(counts)
        self.log_prior_ = np.log(shares)
        return [recipe.fit(scaled[torch.from_numpy(codes == code)]) for code in range(len(counts))]

    def _recipe(self) -> Recipe:
        refuse_unknown("prior", self.prior, PRIORS)
        refuse_unknown("log_z", self.log_z, ("ais", "none"))
        ascent = Ascent(
            epochs=self.epochs,
            batch=self.batch,
            rate=self.rate,
            decay=self.decay,
            chains=self.chains,
        )
        return Recipe(
            visible=visible_units(self.visible),
            hidden=self.hidden,
            ascent=ascent,
            annealing=Annealing(self.ais_steps, self.ais_chains) if self.log_z == "ais" else None,
            seed=self.seed,
        )

    def _scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        logs = of_classes(self.densities_, self.scaling_(rows))
        scores: NDArray[np.float64] = logs.numpy() + self.log_prior_
        return scores
