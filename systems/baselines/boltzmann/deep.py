"""A deep Boltzmann machine as a classifier (Gan et al. 2015)."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Generator

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.boltzmann.ascent import (
    Ascent,
    refuse_below,
    refuse_unless_above_zero,
)
from posed_spontaneous.systems.baselines.boltzmann.dbm import DBM
from posed_spontaneous.systems.baselines.boltzmann.fine_tuning import AugmentedNetwork
from posed_spontaneous.systems.baselines.boltzmann.scaling import Scaling
from posed_spontaneous.systems.baselines.boltzmann.score_classifier import ScoreClassifier
from posed_spontaneous.systems.baselines.boltzmann.units import visible_units


class DeepBoltzmannClassifier(ScoreClassifier):
    """A two-layer deep Boltzmann machine, then fine-tuned as a classifier.

    Q. Gan, C. Wu, S. Wang and Q. Ji 2015, "Posed and spontaneous facial expression
    differentiation using deep Boltzmann machines".

    From its abstract (nothing else was verified): faces are located; a two-layer deep Boltzmann
    machine is trained to distinguish posed from spontaneous. The 2017 paper, section 2, adds
    that the input is the pixel-wise difference of onset and apex.

    Not stated there: the size of images and layers, type and scale of visible units, pre-training,
    chains, mean field, how classes are predicted, all rates and epochs.

    Chosen here: the recipe of Salakhutdinov and Hinton 2009, "Deep Boltzmann machines":
    pre-training with copies of the outer layers, joint training by mean field and persistent
    chains, then a network that reads the data and the mean-field posterior of the second hidden
    layer, with a softmax output. Gaussian visible units, since pixel differences are signed;
    each column is standardized by the training rows. ``bernoulli`` scales to 0 to 1 instead.

    Args:
        hidden: Units of the first and of the second hidden layer, each 1 or more.
        visible: ``gaussian`` or ``bernoulli``.
        pretraining_epochs: Of each of the two layers, 0 or more.
        joint_epochs: Of both together, 0 or more.
        fine_tuning_epochs: Of the network, 0 or more.
        rate: First rate of pre-training, above 0.
        joint_rate: First rate of joint training, above 0; the lower the closer chains follow.
        fine_tuning_rate: First rate of the network, above 0.
        decay: Weight decay of the machine, 0 or more.
        fine_tuning_decay: Weight decay of the network, 0 or more.
        batch: Rows of a mini-batch.
        chains: Persistent chains.
        settling: Updates of the mean field, 1 or more.
        seed: Seed of all random numbers.

    Attributes:
        network_: The network after fine-tuning; its ``machine`` is the deep Boltzmann machine as
            joint training left it.
    """

    def __init__(
        self,
        *,
        hidden: tuple[int, int] = (500, 200),
        visible: str = "gaussian",
        pretraining_epochs: int = 20,
        joint_epochs: int = 20,
        fine_tuning_epochs: int = 20,
        rate: float = 0.001,
        joint_rate: float = 0.0003,
        fine_tuning_rate: float = 0.001,
        decay: float = 0.01,
        fine_tuning_decay: float = 0.01,
        batch: int = 64,
        chains: int = 64,
        settling: int = 10,
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.visible = visible
        self.pretraining_epochs = pretraining_epochs
        self.joint_epochs = joint_epochs
        self.fine_tuning_epochs = fine_tuning_epochs
        self.rate = rate
        self.joint_rate = joint_rate
        self.fine_tuning_rate = fine_tuning_rate
        self.decay = decay
        self.fine_tuning_decay = fine_tuning_decay
        self.batch = batch
        self.chains = chains
        self.settling = settling
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> "DeepBoltzmannClassifier":  # noqa: N803
        """Pre-train, train jointly, fine-tune.

        Args:
            X: Features, ``(N, D)``.
            y: Labels, ``(N,)``.

        Raises:
            InputError: If a parameter is out of range, or there is only one class.
        """
        self._refuse_faults()
        units = visible_units(self.visible)
        pretraining = Ascent(
            epochs=self.pretraining_epochs,
            batch=self.batch,
            rate=self.rate,
            decay=self.decay,
            chains=self.chains,
        )
        joint = replace(pretraining, epochs=self.joint_epochs, rate=self.joint_rate)
        fine_tuning = replace(
            pretraining,
            epochs=self.fine_tuning_epochs,
            rate=self.fine_tuning_rate,
            decay=self.fine_tuning_decay,
        )
        rows, codes = self._training_data(X, y)
        self.scaling_ = Scaling.of(rows, units)
        # Training in single precision takes half the time.
        scaled = self.scaling_(rows).float()
        generator = Generator().manual_seed(self.seed)
        machine = DBM.pretrain(scaled, self.hidden, units, self.settling, pretraining, generator)
        machine.train(scaled, joint, generator)
        network = AugmentedNetwork.start(machine, len(self.classes_))
        network.train(scaled, torch.from_numpy(codes), fine_tuning, generator)
        # In double precision a row's scores hardly depend on the other rows of a batch.
        self.network_ = network.double()
        return self

    def _refuse_faults(self) -> None:
        if np.size(self.hidden) != 2 or np.min(self.hidden) < 1:
            raise InputError(
                f"hidden: got {self.hidden}, expected two numbers of 1 or more: the units of the "
                "first and of the second hidden layer"
            )
        refuse_below("settling", self.settling, 1)
        for name in ("pretraining_epochs", "joint_epochs", "fine_tuning_epochs"):
            refuse_below(name, getattr(self, name), 0)
        for name in ("rate", "joint_rate", "fine_tuning_rate"):
            refuse_unless_above_zero(name, getattr(self, name))
        for name in ("decay", "fine_tuning_decay"):
            refuse_below(name, getattr(self, name), 0)

    def _scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        scores: NDArray[np.float64] = self.network_.logits(self.scaling_(rows)).numpy()
        return scores
