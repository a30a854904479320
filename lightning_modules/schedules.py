"""Learning-rate schedules that torch does not have with the signature used here."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, LRScheduler


def constant_rate(optimizer: Optimizer, total_steps: int) -> LRScheduler:
    """The optimizer's own rate for all ``total_steps`` batches."""
    return ConstantLR(optimizer, factor=1.0, total_iters=total_steps)
