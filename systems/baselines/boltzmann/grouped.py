"""A restricted Boltzmann machine for each class and group (Wang, Wu and Ji 2016)."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from posed_spontaneous.systems.baselines.boltzmann.ascent import refuse_below
from posed_spontaneous.systems.baselines.boltzmann.density import Density, of_classes
from posed_spontaneous.systems.baselines.boltzmann.per_class import BoltzmannPerClass
from posed_spontaneous.systems.baselines.boltzmann.scaling import Scaling
from posed_spontaneous.systems.baselines.boltzmann.score_classifier import refuse_unknown

AT_TEST = ("largest", "sum", "given")


class GroupedBoltzmann(BoltzmannPerClass):
    """Within each class, one machine for each group of subjects or expressions.

    S. Wang, C. Wu and Q. Ji 2016, "Capturing global spatial patterns for distinguishing posed and
    spontaneous expressions".

    From its abstract (nothing else was verified): gender and expression are privileged
    information, not available at test; several machines with continuous visible units model
    facial geometric features given them; a row is assigned to the class of the machine with the
    largest likelihood; annealed importance sampling, extended to continuous units, estimates log Z.

    Not stated there: the geometric features; hidden units and training; whether gender and
    expression are crossed; the prior; the treatment of rare groups.

    Chosen here: the last column of X is the code of the group. At test it is used with ``given``
    only. All machines share one scale. A group with fewer rows in a class than ``min_rows`` is
    modelled by the machine of all rows of the class, and so is an unknown group with ``given``.

    Args:
        at_test: ``largest``, the largest likelihood among a class's machines (the paper's rule);
            ``sum``, their mean weighted by the groups' shares in the class; ``given``, the
            likelihood of the machine of the row's group, which the paper assumes to be unknown.
        min_rows: Minimum number of rows to train a machine for a group, 1 or more.
        hidden: Hidden units of each machine, 1 or more.
        prior: ``equal`` or ``counts`` of the training rows of each class.
        epochs: Passes over the rows of a machine, 0 or more.
        rate: Initial learning rate, above 0.
        decay: Weight decay, 0 or more.
        batch: Rows of a mini-batch.
        chains: Persistent chains.
        ais_steps: Temperatures of annealing.
        ais_chains: Chains of annealing, 2 or more.
        seed: Seed of all random numbers.

    Attributes:
        groups_: Codes of the G groups, sorted.
        shares_: Share of each group in each class, ``(C, G)``; rows sum to 1.
        densities_: Machine of all rows of each class.
        grouped_: Machines by class and group code, if there are enough rows.
    """

    def __init__(
        self,
        *,
        at_test: str = "largest",
        min_rows: int = 20,
        hidden: int = 50,
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
        super().__init__(
            hidden=hidden,
            prior=prior,
            epochs=epochs,
            rate=rate,
            decay=decay,
            batch=batch,
            chains=chains,
            ais_steps=ais_steps,
            ais_chains=ais_chains,
            seed=seed,
        )
        self.at_test = at_test
        self.min_rows = min_rows

    def fit(self, X: ArrayLike, y: ArrayLike) -> "GroupedBoltzmann":  # noqa: N803
        """Train one machine per class, and one for each of its groups.

        Args:
            X: Features, and the group's code in the last column, ``(N, D + 1)``.
            y: Labels, ``(N,)``.

        Raises:
            InputError: If a parameter is out of range, or there is only one class.
        """
        recipe = self._recipe()
        refuse_unknown("at_test", self.at_test, AT_TEST)
        refuse_below("min_rows", self.min_rows, 1)
        rows, codes = self._training_data(X, y, columns=2)
        self.scaling_ = Scaling.of(rows[:, :-1], recipe.visible)
        scaled = self.scaling_(rows[:, :-1])
        self.densities_ = self._fit_classes(recipe, scaled, codes)
        self.groups_, groups = np.unique(rows[:, -1], return_inverse=True)
        counts = np.zeros((len(self.classes_), len(self.groups_)))
        np.add.at(counts, (codes, groups), 1)
        self.shares_ = counts / counts.sum(axis=1, keepdims=True)
        self.grouped_: dict[tuple[int, int], Density] = {}
        for pair in np.argwhere(counts >= self.min_rows).tolist():
            members = (codes == pair[0]) & (groups == pair[1])
            self.grouped_[pair[0], pair[1]] = recipe.fit(scaled[torch.from_numpy(members)])
        return self

    def _scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled, shares = self.scaling_(rows[:, :-1]), torch.from_numpy(self.shares_)
        logs = self._of_groups(scaled)
        if self.at_test == "sum":
            logs = torch.logsumexp(logs + shares.log(), dim=2)
        elif self.at_test == "largest":
            logs = logs.masked_fill(shares == 0, -torch.inf).amax(dim=2)
        else:
            place = np.searchsorted(self.groups_, rows[:, -1]).clip(max=len(self.groups_) - 1)
            known = torch.from_numpy(self.groups_[place] == rows[:, -1])
            given = logs[torch.arange(len(logs)), :, torch.from_numpy(place)]
            logs = torch.where(known[:, None], given, of_classes(self.densities_, scaled))
        scores: NDArray[np.float64] = logs.numpy() + self.log_prior_
        return scores

    def _of_groups(self, scaled: Tensor) -> Tensor:
        """``log p`` of rows ``(N, D)`` under each class and group, ``(N, C, G)``."""
        of_class = of_classes(self.densities_, scaled)
        logs = of_class[:, :, None].repeat(1, 1, len(self.groups_))
        for (code, group), density in self.grouped_.items():
            logs[:, code, group] = density.log(scaled)
        return logs
