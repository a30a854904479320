"""The contract between a network of pairs and everything that trains, stores or explains it."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from posed_spontaneous.runtime.errors import InputError


class PairNetwork(nn.Module, ABC):
    """A network that classifies a pair of an onset and an apex image.

    Subclassing is optional: any ``torch.nn.Module`` with ``features`` and ``classify`` can be
    trained. ``check_network`` verifies it before training.
    """

    @property
    def name(self) -> str:
        """Name of the system in tables."""
        return type(self).__name__

    @abstractmethod
    def features(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Features of a batch, which are stored and which an ensemble can use.

        Args:
            onset: Onset images, ``(B, 1, H, W)``, standardised.
            apex: Apex images, ``(B, 1, H, W)``, standardised.

        Returns:
            Features, ``(B, F)``.
        """

    @abstractmethod
    def classify(self, features: Tensor) -> Tensor:
        """Logits ``(B, classes)`` of features ``(B, F)``."""

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Logits ``(B, classes)`` of a batch of pairs, each image ``(B, 1, H, W)``."""
        return self.classify(self.features(onset, apex))


def check_network(network: nn.Module, onset: Tensor, apex: Tensor, classes: int) -> None:
    """Check before training that a network has what training and prediction use.

    The network runs once in evaluation mode; no weight and no random number changes.

    Args:
        network: The network.
        onset: Some onset images, ``(B, 1, H, W)``.
        apex: Their apex images, ``(B, 1, H, W)``.
        classes: Number of classes.

    Raises:
        InputError: If a method is missing or returns another shape.
    """
    name = type(network).__name__
    for method, purpose in (
        ("features", "features(onset, apex) returns a tensor (B, F)"),
        ("classify", "classify(features) returns logits (B, classes)"),
    ):
        if not callable(getattr(network, method, None)):
            raise InputError(
                f"network: {name} has no method {method}, expected one: {purpose}; see "
                "posed_spontaneous.networks.PairNetwork"
            )
    training = network.training
    network.eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        features: Tensor = network.features(onset, apex)  # type: ignore[operator]
        _check_shape(f"{name}.features", features, (len(onset), None))
        logits: Tensor = network.classify(features)  # type: ignore[operator]
        _check_shape(f"{name}.classify", logits, (len(onset), classes))
    network.train(training)


def count_flops(network: nn.Module, image_size: int, *, backward: bool = False) -> int:
    """Floating-point operations of one pair, counted by torch while it runs.

    Args:
        network: The network.
        image_size: Side of the square gray images, in pixels.
        backward: Count the backward pass of a training step as well.
    """
    training = network.training
    network.eval()
    pair = torch.zeros(2, 1, 1, image_size, image_size)
    with FlopCounterMode(display=False) as counter, torch.set_grad_enabled(backward):
        logits: Tensor = network(*pair)
        if backward:
            torch.autograd.backward(logits.sum())
    network.zero_grad()
    network.train(training)
    return int(counter.get_total_flops())


def _check_shape(method: str, found: object, expected: tuple[int, int | None]) -> None:
    rows, columns = expected
    if (
        isinstance(found, Tensor)
        and found.ndim == 2
        and len(found) == rows
        and columns in (None, found.shape[1])
    ):
        return
    shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    raise InputError(
        f"network: {method} returned {shape} for {rows} pairs, expected "
        f"({rows}, {'F' if columns is None else columns})"
    )
