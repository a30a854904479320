"""The measurements as tables."""

import os
import platform
from collections.abc import Sequence
from statistics import mean

import pandas as pd
import torch

from posed_spontaneous.benchmarks.comparison import Comparison, seconds
from posed_spontaneous.training.precision import native_precision

_UNITS = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")


def describe_machine() -> str:
    """Processor, relevant instruction sets, and versions."""
    known = torch.cpu.get_capabilities()
    units = ", ".join(unit for unit in _UNITS if known.get(unit)) or "no AVX2, AVX-512 or AMX"
    return (
        f"{known.get('cpu_name', platform.machine())}, {os.cpu_count()} cores ({units}), torch "
        f"{torch.__version__}, Python {platform.python_version()}; trainer=native chooses "
        f"{native_precision('cpu')}."
    )


def tabulate_networks(comparison: Comparison, cores: int) -> pd.DataFrame:
    """One row per network: seconds per epoch, and ratios."""
    rows = {}
    for name, timed in comparison.networks.items():
        standard, project, plain = map(seconds, (timed.standard, timed.project, timed.plain))
        floor = timed.flops / comparison.rates["float32"]
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
    """One row per method: minutes of the whole table, extrapolated."""
    minute = 60.0
    timed = comparison.networks.values()
    runs = folds / cores
    standard = folds * epochs * sum(seconds(network.standard) for network in timed)
    trained = runs * epochs * sum(seconds(network.project) for network in timed)
    rest = runs * sum(mean(one.rest for one in network.project) for network in timed)
    flops = runs * epochs * sum(network.flops for network in timed)
    rows = {
        "standard Lightning baseline, training only": standard,
        "project, training only": trained,
        "project, complete runs": trained + rest + startup,
        **{
            f"floor at the {precision} rate of a convolution": flops / rate
            for precision, rate in comparison.rates.items()
        },
    }
    table = pd.DataFrame({"minutes": {name: value / minute for name, value in rows.items()}})
    table["speed-up"] = standard / minute / table["minutes"]
    return table


def markdown(parts: Sequence[str | pd.DataFrame]) -> str:
    """Paragraphs and tables as one page."""
    texts = [
        part if isinstance(part, str) else str(part.to_markdown(floatfmt=".2f")) for part in parts
    ]
    return "\n\n".join(texts) + "\n"
