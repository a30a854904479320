"""How long a run will take, before it is begun."""

from hydra.utils import instantiate
from omegaconf import DictConfig


def estimate_work(network: DictConfig, epochs: int, steps: int) -> float:
    """Work of a run, to be compared within a sweep: a pair's arithmetic times epochs or steps.

    Args:
        network: The network's configuration.
        epochs: Most epochs, or -1.
        steps: Most steps, or -1.
    """
    return float(instantiate(network, classes=2).multiply_adds() * max(epochs, steps, 1))
