"""A deep Boltzmann machine as a classifier (Gan et al. 2015)."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Generator, Tensor
from torch.nn import functional

from posed_spontaneous.systems.baselines.boltzmann.dbm import DBM
from posed_spontaneous.systems.baselines.boltzmann.gradient_ascent import GradientAscent, require
from posed_spontaneous.systems.baselines.boltzmann.score_classifier import ScoreClassifier
from posed_spontaneous.systems.baselines.boltzmann.units import Scaling, visible_units


@dataclass(eq=False)
class AugmentedNetwork:
    """A sigmoid network with a softmax output, on the data and the mean-field posterior.

    Salakhutdinov and Hinton 2009. The inputs are the data and the machine's mean-field posterior
    of its second hidden layer. Before fine-tuning, the hidden layers compute one mean-field update.
    Fine-tuning may use the posterior or ignore it.

    Args:
        machine: The deep Boltzmann machine, which is not trained further.
        parameters: Weights from data to the first hidden layer, ``(D, H1)``, from the posterior to
            it, ``(H2, H1)``, to the second hidden layer, ``(H1, H2)``, and to the C classes,
            ``(H2, C)``; then the biases ``(H1,)``, ``(H2,)`` and ``(C,)``.
    """

    machine: DBM
    parameters: tuple[Tensor, ...]

    @classmethod
    def initialize(cls, machine: DBM, classes: int) -> "AugmentedNetwork":
        """Initialize with the weights of the machine and equal scores of all classes."""
        out = machine.upper.new_zeros(len(machine.upper_bias), classes)
        weights = machine.lower, machine.upper.T, machine.upper, out
        biases = machine.lower_bias, machine.upper_bias, out.new_zeros(classes)
        return cls(machine, tuple(tensor.clone() for tensor in (*weights, *biases)))

    def double(self) -> "AugmentedNetwork":
        """The same network and machine in double precision."""
        return AugmentedNetwork(self.machine.double(), tuple(p.double() for p in self.parameters))

    def logits(self, v: Tensor) -> Tensor:
        """Scores of the classes: rows ``(N, D)`` to ``(N, C)``."""
        return self._logits(v, self.machine.mean_field(v)[1])

    def train(
        self, rows: Tensor, codes: Tensor, ascent: GradientAscent, generator: Generator
    ) -> None:
        """Maximize the log-likelihood of the classes, in place.

        Args:
            rows: Training rows, ``(N, D)``.
            codes: Class of each row, ``(N,)``, 0 to C - 1.
            ascent: Training options. Chains are not used.
            generator: Shuffles the rows.
        """
        posterior = self.machine.mean_field(rows)[1]

        def gradient(batch: Tensor) -> tuple[Tensor, ...]:
            scores = self._logits(rows[batch], posterior[batch])
            return torch.autograd.grad(
                -functional.cross_entropy(scores, codes[batch]), self.parameters
            )

        for parameter in self.parameters:
            parameter.requires_grad_()
        ascent.maximize(self.parameters, len(rows), gradient, generator)
        for parameter in self.parameters:
            parameter.requires_grad_(False)

    def _logits(self, v: Tensor, posterior: Tensor) -> Tensor:
        from_data, from_posterior, upper, out, lower_bias, upper_bias, out_bias = self.parameters
        h1 = torch.sigmoid(v @ from_data + posterior @ from_posterior + lower_bias)
        h2 = torch.sigmoid(torch.addmm(upper_bias, h1, upper))
        return torch.addmm(out_bias, h2, out)


@dataclass(kw_only=True, eq=False, repr=False)
class DeepBoltzmannClassifier(ScoreClassifier):
    """A deep Boltzmann machine of two hidden layers, fine-tuned as a classifier.

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
        pretraining_epochs: Epochs of pre-training of each layer, 0 or more.
        joint_epochs: Epochs of joint training, 0 or more.
        fine_tuning_epochs: Epochs of fine-tuning, 0 or more.
        rate: Initial learning rate of pre-training, above 0.
        joint_rate: Initial learning rate of joint training, above 0. Persistent chains follow the
            model more closely at a lower rate.
        fine_tuning_rate: Initial learning rate of fine-tuning, above 0.
        decay: Weight decay of pre-training and joint training, 0 or more.
        fine_tuning_decay: Weight decay of fine-tuning, 0 or more.
        batch: Rows of a mini-batch.
        chains: Persistent chains.
        mean_field_updates: Iterations of mean-field inference, 1 or more.
        seed: Seed of all random numbers.

    Attributes:
        network_: The network after fine-tuning. Its ``machine`` is the deep Boltzmann machine
            after joint training.
    """

    hidden: tuple[int, int] = (500, 200)
    visible: str = "gaussian"
    pretraining_epochs: int = 20
    joint_epochs: int = 20
    fine_tuning_epochs: int = 20
    rate: float = 0.001
    joint_rate: float = 0.0003
    fine_tuning_rate: float = 0.001
    decay: float = 0.01
    fine_tuning_decay: float = 0.01
    batch: int = 64
    chains: int = 64
    mean_field_updates: int = 10
    seed: int = 0

    def fit(self, X: ArrayLike, y: ArrayLike) -> "DeepBoltzmannClassifier":  # noqa: N803
        """Pre-train, train jointly and fine-tune.

        Args:
            X: Features, ``(N, D)``.
            y: Labels, ``(N,)``.

        Raises:
            InputError: If a parameter is out of range, or there is only one class.
        """
        self._check_parameters()
        pretraining, joint, fine_tuning = (
            GradientAscent(epochs, self.batch, rate, decay, self.chains)
            for epochs, rate, decay in (
                (self.pretraining_epochs, self.rate, self.decay),
                (self.joint_epochs, self.joint_rate, self.decay),
                (self.fine_tuning_epochs, self.fine_tuning_rate, self.fine_tuning_decay),
            )
        )
        units = visible_units(self.visible)
        rows, codes = self._training_data(X, y)
        self.scaling_ = Scaling.of(rows, units)
        # Training in single precision takes half the time.
        scaled = self.scaling_(rows).float()
        generator = Generator().manual_seed(self.seed)
        machine = DBM.pretrain(
            scaled, self.hidden, units, self.mean_field_updates, pretraining, generator
        )
        machine.train(scaled, joint, generator)
        network = AugmentedNetwork.initialize(machine, len(self.classes_))
        network.train(scaled, torch.from_numpy(codes), fine_tuning, generator)
        # In double precision a row's scores hardly depend on the other rows of a batch.
        self.network_ = network.double()
        return self

    def _check_parameters(self) -> None:
        require(
            "hidden",
            self.hidden,
            np.size(self.hidden) == 2 and np.min(self.hidden) >= 1,
            "two numbers of 1 or more: the units of the first and of the second hidden layer",
        )
        require(
            "mean_field_updates", self.mean_field_updates, self.mean_field_updates >= 1, "1 or more"
        )
        for name, value in self.get_params().items():
            if name.endswith(("epochs", "decay")):
                require(name, value, value >= 0, "0 or more")
            elif name.endswith("rate"):
                require(name, value, value > 0, "above 0")

    def _scores(self, rows: NDArray[np.float64]) -> Tensor:
        return self.network_.logits(self.scaling_(rows))
