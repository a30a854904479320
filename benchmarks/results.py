"""Tables of the measurements."""

import os
import platform
from collections.abc import Mapping, Sequence

import pandas as pd
import torch

from posed_spontaneous.training.precision import native_precision

_UNITS = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")


def describe_machine() -> str:
    """Return the processor, its relevant instruction sets, and the versions of the software."""
    known = torch.cpu.get_capabilities()
    units = ", ".join(unit for unit in _UNITS if known.get(unit)) or "no AVX2, AVX-512 or AMX"
    return (
        f"{known.get('cpu_name', platform.machine())}, {os.cpu_count()} cores ({units}), torch "
        f"{torch.__version__}, Python {platform.python_version()}; trainer=native chooses "
        f"{native_precision('cpu')}."
    )


def tabulate_networks(networks: pd.DataFrame, rate: float, cores: int) -> pd.DataFrame:
    """Return seconds per epoch and their ratios, one row per network as in ``compare``'s table.

    The project uses all cores, and the floor is computed with a rate in FLOP per second.
    """
    standard, project, plain = (networks[name] for name in ("standard", "project", "plain loop"))
    floor = networks["flops"] / rate
    return pd.DataFrame(
        {
            "standard, s": standard,
            "project, s": project,
            "plain loop, s": plain,
            "floor, s": floor,
            "standard / project": standard / (project / cores),
            "Lightning, %": 100 * (project / plain - 1),
            "project / floor": project / floor,
        }
    )


def tabulate_methods(
    networks: pd.DataFrame,
    rates: Mapping[str, float],
    *,
    folds: int,
    epochs: int,
    cores: int,
    startup: float,
) -> pd.DataFrame:
    """Return the minutes of the paper's Table 1, one row per method.

    The result of ``compare`` is extrapolated to all folds and epochs; ``startup`` is in seconds.
    """
    total, runs = networks.sum(), folds / cores
    standard = folds * epochs * total["standard"]
    training, flops = runs * epochs * total["project"], runs * epochs * total["flops"]
    seconds = pd.Series(
        {
            "standard Lightning baseline, training only": standard,
            "project, training only": training,
            "project, complete runs": training + runs * total["rest"] + startup,
            **{
                f"floor at the {precision} rate of a convolution": flops / rate
                for precision, rate in rates.items()
            },
        }
    )
    return pd.DataFrame({"minutes": seconds / 60, "speed-up": standard / seconds})


def markdown(parts: Sequence[str | pd.DataFrame]) -> str:
    """Return paragraphs and tables as one Markdown page."""
    texts = [
        part if isinstance(part, str) else str(part.to_markdown(floatfmt=".2f")) for part in parts
    ]
    return "\n\n".join(texts) + "\n"
