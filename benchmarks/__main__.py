"""Measure training speed: ``python -m posed_spontaneous.benchmarks``, or ``make bench``."""

from pathlib import Path
from statistics import median

import hydra
import pandas as pd
from hydra.utils import instantiate
from omegaconf import DictConfig

from posed_spontaneous.benchmarks import methods
from posed_spontaneous.benchmarks.comparison import compare, peak_memory
from posed_spontaneous.benchmarks.results import (
    describe_machine,
    markdown,
    tabulate_networks,
    tabulate_table,
)
from posed_spontaneous.benchmarks.startup import time_first_step
from posed_spontaneous.runtime.error_messages import one_line_errors


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="benchmark")
def main(config: DictConfig) -> None:
    """Compare training methods on the generated faces."""
    with one_line_errors():
        path = instantiate(config.data).path
        overrides = ["data=manifest", f"data.path={path}", f"folds.k={config.table.folds}"]
        overrides.append("trainer.accelerator=cpu")
    cores = config.cores
    comparison = compare(
        config.networks, overrides, rounds=config.rounds, epochs=config.epochs, cores=cores
    )
    last = [*overrides, f"network={config.networks[-1]}"]
    memory = {
        "standard Lightning baseline": peak_memory(methods.standard, last, 2, cores),
        "project": peak_memory(methods.project, last, 2),
    }
    starts = [time_first_step(overrides) for _ in range(config.rounds)]
    epochs, folds = config.trainer.max_epochs, config.table.folds
    text = markdown(
        [
            "# Training speed",
            f"`make bench`: {describe_machine()}",
            f"Medians of {config.rounds} rounds of {config.epochs} epochs, methods interleaved. "
            f"The standard Lightning baseline is one process of {cores} threads. The project runs "
            f"{cores} processes of one thread at the same time; seconds are those of each process. "
            "The floor is the arithmetic of an epoch at the rate of block 2's convolution, forward "
            "and backward, on one thread with all cores busy: "
            + ", ".join(f"{rate / 1e9:.1f} GFLOP/s in {p}" for p, rate in comparison.rates.items())
            + ".",
            "## One epoch of each network",
            tabulate_networks(comparison, cores),
            f"## Table 1: {len(config.networks)} networks, {folds} folds, {epochs} epochs",
            tabulate_table(
                comparison, folds=folds, epochs=epochs, cores=cores, startup=median(starts)
            ),
            "Extrapolated from the epochs above. Of the standard baseline only epochs are counted.",
            "## Memory and start-up",
            pd.DataFrame(
                {"peak of one process, MiB": {name: size / 2**20 for name, size in memory.items()}}
            ),
            f"`python train.py` finishes its first step after {median(starts):.1f} s (median of "
            f"{len(starts)}, warm file cache).",
        ]
    )
    print(text)
    Path(config.output).write_text(text)


if __name__ == "__main__":
    main()
