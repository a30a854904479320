"""Where Hydra looks for launchers: it accepts none that another package defines."""

import launchers


class PackedLauncher(launchers.PackedLauncher):
    """The launcher of packs, known to Hydra."""


class WarmLauncher(launchers.WarmLauncher):
    """The launcher of warm workers, known to Hydra."""
