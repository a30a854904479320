"""What was measured, as tables."""

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
    """Processor, the instructions that matter here, and versions."""
    known = torch.cpu.get_capabilities()
    units = ", ".join(unit for unit in _UNITS if known.get(unit)) or "no AVX2, AVX-512 or AMX"
    return (
        f"{known.get('cpu_name', platform.machine())}, {os.cpu_count()} cores ({units}), torch "
        f"{torch.__version__}, Python {platform.python_version()}; trainer=native chooses "
        f"{native_precision('cpu')}."
    )


def tabulate_networks(comparison: Comparison, cores: int) -> pd.DataFrame:
    """A row a network: seconds an epoch and ratios."""
    rows = {}
    for name, timed in comparison.networks.items():
        peer, ours, plain = map(seconds, (timed.peer, timed.ours, timed.plain))
        floor = timed.flops / comparison.rates["float32"]
        rows[name] = {
            "peer, s": peer,
            "ours, s": ours,
            "plain loop, s": plain,
            "floor, s": floor,
            "peer / ours": peer / (ours / cores),
            "Lightning, %": 100 * (ours / plain - 1),
            "ours / floor": ours / floor,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def tabulate_table(
    comparison: Comparison, *, folds: int, epochs: int, cores: int, startup: float
) -> pd.DataFrame:
    """A row a way: minutes of the whole table, extrapolated."""
    minute = 60.0
    timed = comparison.networks.values()
    runs = folds / cores
    peer = folds * epochs * sum(seconds(network.peer) for network in timed)
    trained = runs * epochs * sum(seconds(network.ours) for network in timed)
    rest = runs * sum(mean(one.rest for one in network.ours) for network in timed)
    flops = runs * epochs * sum(network.flops for network in timed)
    rows = {
        "peer's way, training alone": peer,
        "ours, training alone": trained,
        "ours, with everything else a run does": trained + rest + startup,
        **{
            f"floor at the {precision} rate of a convolution": flops / rate
            for precision, rate in comparison.rates.items()
        },
    }
    table = pd.DataFrame({"minutes": {name: value / minute for name, value in rows.items()}})
    table["against the peer's way"] = peer / minute / table["minutes"]
    return table


def markdown(parts: Sequence[str | pd.DataFrame]) -> str:
    """Paragraphs and tables as one page."""
    texts = [
        part if isinstance(part, str) else str(part.to_markdown(floatfmt=".2f")) for part in parts
    ]
    return "\n\n".join(texts) + "\n"
