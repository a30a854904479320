"""How the jobs of a sweep are run: beside each other in warm processes, or packed into one."""

from launchers.packed import PackedLauncher
from launchers.warm import WarmLauncher

__all__ = ["PackedLauncher", "WarmLauncher"]
