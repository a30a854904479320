"""A restricted Boltzmann machine for each class and group (Wang, Wu and Ji 2016)."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from posed_spontaneous.systems.baselines.boltzmann.gradient_ascent import require
from posed_spontaneous.systems.baselines.boltzmann.per_class import BoltzmannPerClass, Density

AT_TEST = ("largest", "sum", "given")


@dataclass(kw_only=True, eq=False, repr=False)
class GroupedBoltzmann(BoltzmannPerClass):
    """Predicts the class by the likelihoods of one machine per class and group of samples.

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

    The other parameters are those of ``BoltzmannPerClass`` and apply to each machine.

    Attributes:
        groups_: Codes of the G groups, sorted.
        shares_: Share of each group in each class, ``(C, G)``; rows sum to 1.
        densities_: Machine and log Z of all rows of each class.
        grouped_: Machine and log Z by the indices of class and group, if there are enough rows.
    """

    at_test: str = "largest"
    min_rows: int = 20

    def fit(self, X: ArrayLike, y: ArrayLike) -> "GroupedBoltzmann":  # noqa: N803
        """Train one machine per class, and one for each of its groups.

        Args:
            X: Features, and the group's code in the last column, ``(N, D + 1)``.
            y: Labels, ``(N,)``.

        Raises:
            InputError: If a parameter is out of range, or there is only one class.
        """
        require("at_test", self.at_test, self.at_test in AT_TEST, f"one of {', '.join(AT_TEST)}")
        require("min_rows", self.min_rows, self.min_rows >= 1, "1 or more")
        rows, codes = self._training_data(X, y, columns=2)
        scaled = self._fit_classes(rows[:, :-1], codes)
        self.groups_, groups = np.unique(rows[:, -1], return_inverse=True)
        counts = np.zeros((len(self.classes_), len(self.groups_)))
        np.add.at(counts, (codes, groups), 1)
        self.shares_ = counts / counts.sum(axis=1, keepdims=True)
        self.grouped_: dict[tuple[int, int], Density] = {}
        for code, group in np.argwhere(counts >= self.min_rows).tolist():
            members = torch.from_numpy((codes == code) & (groups == group))
            self.grouped_[code, group] = self._fit_density(scaled[members])
        return self

    def _scores(self, rows: NDArray[np.float64]) -> Tensor:
        scaled, shares = self.scaling_(rows[:, :-1]), torch.from_numpy(self.shares_)
        of_class = self._log_densities(scaled)
        # Log densities under each class and group, (N, C, G).
        logs = of_class[:, :, None].repeat(1, 1, len(self.groups_))
        for (code, group), density in self.grouped_.items():
            logs[:, code, group] = density.log(scaled)
        if self.at_test == "sum":
            logs = torch.logsumexp(logs + shares.log(), dim=2)
        elif self.at_test == "largest":
            logs = logs.masked_fill(shares == 0, -torch.inf).amax(dim=2)
        else:
            index = np.searchsorted(self.groups_, rows[:, -1]).clip(max=len(self.groups_) - 1)
            known = torch.from_numpy(self.groups_[index] == rows[:, -1])
            given = logs[torch.arange(len(logs)), :, torch.from_numpy(index)]
            logs = torch.where(known[:, None], given, of_class)
        return logs + self.log_prior_
