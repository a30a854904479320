"""Measure, print and write down: ``python -m benchmarks``."""

from pathlib import Path
from statistics import median

import hydra
import pandas as pd
from hydra.utils import instantiate
from omegaconf import DictConfig

from posed_spontaneous.benchmarks import ways
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
    """Compare the ways of training on the embedded faces."""
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
        "peer's way": peak_memory(ways.peer, last, 2, cores),
        "ours": peak_memory(ways.ours, last, 2),
    }
    starts = [time_first_step(overrides) for _ in range(config.rounds)]
    epochs, folds = config.trainer.max_epochs, config.table.folds
    text = markdown(
        [
            "# How fast training is",
            f"`python -m benchmarks`: {describe_machine()}",
            f"Medians of {config.rounds} rounds of {config.epochs} epochs, the ways in turn. The "
            f"peer's way is one process of {cores} threads; ours are {cores} processes of one "
            "thread at the same time, and their seconds are those of each. The floor is the exact "
            "arithmetic of an epoch at the rate of block 2's convolution, forward and backward, "
            f"on one thread, all cores at work: "
            + ", ".join(f"{rate / 1e9:.1f} GFLOP/s in {p}" for p, rate in comparison.rates.items())
            + ".",
            "## An epoch of each network",
            tabulate_networks(comparison, cores),
            f"## Table 1: {len(config.networks)} networks, {folds} folds, {epochs} epochs",
            tabulate_table(
                comparison, folds=folds, epochs=epochs, cores=cores, startup=median(starts)
            ),
            "Extrapolated from the epochs above. The peer's way is not charged for anything but "
            "its epochs.",
            "## Memory and start",
            pd.DataFrame(
                {"peak of one process, MiB": {way: size / 2**20 for way, size in memory.items()}}
            ),
            f"`python train.py` ends its first step after {median(starts):.1f} s (median of "
            f"{len(starts)}, files in the system's cache).",
        ]
    )
    print(text)
    Path(config.output).write_text(text)


if __name__ == "__main__":
    main()
