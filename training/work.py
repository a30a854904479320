"""How long a run takes relative to the other runs of a sweep, estimated before it starts."""

from hydra.utils import instantiate
from omegaconf import DictConfig

from posed_spontaneous.networks import count_flops


def estimate_work(network: DictConfig, image_size: int, epochs: int, steps: int) -> float:
    """Arithmetic of one pair times the number of epochs or steps.

    Args:
        network: The network's configuration.
        image_size: Side of the square gray images, in pixels.
        epochs: Maximum number of epochs, or -1.
        steps: Maximum number of steps, or -1.
    """
    return float(count_flops(instantiate(network, classes=2), image_size) * max(epochs, steps, 1))
