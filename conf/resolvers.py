"""What the configuration computes: its interpolations that are more than a lookup."""

from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from errors import one_line_mistakes


def every_fold(*, _root_: DictConfig) -> str:
    """All folds of the database's protocol, as a sweep: ``0,1,2``.

    A sweep starts here, so a faulty manifest or protocol ends it before any training.
    """
    with one_line_mistakes():
        return ",".join(map(str, range(instantiate(_root_.datamodule).fold_count)))


def register_resolvers() -> None:
    """Make the interpolations known to OmegaConf."""
    OmegaConf.register_new_resolver("every_fold", every_fold, replace=True)
