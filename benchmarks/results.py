"""Tables of the measurements."""

import os
import platform
from collections.abc import Sequence
from statistics import mean

import pandas as pd
import torch

from posed_spontaneous.benchmarks.comparison import Comparison, epoch_seconds
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


def tabulate_networks(comparison: Comparison, cores: int) -> pd.DataFrame:
    """Return seconds per epoch and their ratios, one row per network."""
    rows = {}
    for name, network in comparison.networks.items():
        methods = (network.standard, network.project, network.plain)
        standard, project, plain = map(epoch_seconds, methods)
        floor = network.flops / comparison.rates["float32"]
        rows[name] = {
            "standard, s": standard,
            "project, s": project,
            "plain loop, s": plain,
            "floor, s": floor,
            "standard / project": standard / (project / cores),
            "Lightning, %": 100 * (project / plain - 1),
            "project / floor": project / floor,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def tabulate_table(
    comparison: Comparison, *, folds: int, epochs: int, cores: int, startup: float
) -> pd.DataFrame:
    """Return the minutes of the paper's Table 1, extrapolated from epochs, one row per method."""
    networks = comparison.networks.values()
    runs = folds / cores
    standard = folds * epochs * sum(epoch_seconds(network.standard) for network in networks)
    trained = runs * epochs * sum(epoch_seconds(network.project) for network in networks)
    rest = runs * sum(mean(one.rest for one in network.project) for network in networks)
    flops = runs * epochs * sum(network.flops for network in networks)
    rows = {
        "standard Lightning baseline, training only": standard,
        "project, training only": trained,
        "project, complete runs": trained + rest + startup,
        **{
            f"floor at the {precision} rate of a convolution": flops / rate
            for precision, rate in comparison.rates.items()
        },
    }
    seconds = pd.Series(rows)
    return pd.DataFrame({"minutes": seconds / 60, "speed-up": standard / seconds})


def markdown(parts: Sequence[str | pd.DataFrame]) -> str:
    """Return paragraphs and tables as one Markdown page."""
    texts = [
        part if isinstance(part, str) else str(part.to_markdown(floatfmt=".2f")) for part in parts
    ]
    return "\n\n".join(texts) + "\n"
