"""Measures training speed: ``make bench``, or ``python -m posed_spontaneous.benchmarks``."""

from pathlib import Path
from statistics import median

import hydra
import pandas as pd
from hydra.utils import instantiate
from omegaconf import DictConfig

from posed_spontaneous.benchmarks import methods
from posed_spontaneous.benchmarks.comparison import compare, peak_memory
from posed_spontaneous.benchmarks.measurements import time_first_step
from posed_spontaneous.benchmarks.results import (
    describe_machine,
    markdown,
    tabulate_methods,
    tabulate_networks,
)
from posed_spontaneous.runtime.error_messages import one_line_errors


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="benchmark")
def main(config: DictConfig) -> None:
    """Compare the training methods on the generated faces, and print and write the results."""
    with one_line_errors():
        path = instantiate(config.data).path
    cores, epochs, folds = config.cores, config.trainer.max_epochs, config.table.folds
    data = ["data=manifest", f"data.path={path}", f"folds.k={folds}", "trainer.accelerator=cpu"]
    networks, rates = compare(
        config.networks, data, rounds=config.rounds, epochs=config.epochs, cores=cores
    )
    gflops = [f"{rate / 1e9:.1f} GFLOP/s in {precision}" for precision, rate in rates.items()]
    last = [*data, f"network={config.networks[-1]}"]
    memory = {
        "standard Lightning baseline": peak_memory(methods.standard, last, 2, cores),
        "project": peak_memory(methods.project, last, 2),
    }
    startup = median(time_first_step(data) for _ in range(config.rounds))
    text = markdown(
        [
            "# Training speed",
            f"`make bench`: {describe_machine()}",
            f"Medians of {config.rounds} rounds of {config.epochs} epochs; each round measures all "
            f"methods. The standard Lightning baseline is one process of {cores} threads. The "
            f"project runs {cores} processes of one thread at the same time, and its seconds are "
            "those of each process. The floor is the arithmetic of an epoch at the rate of block "
            "2's convolution, forward and backward, on one thread while all cores are busy: "
            f"{', '.join(gflops)}.",
            "## One epoch of each network",
            tabulate_networks(networks, rates["float32"], cores),
            f"## Table 1: {len(config.networks)} networks, {folds} folds, {epochs} epochs",
            tabulate_methods(
                networks, rates, folds=folds, epochs=epochs, cores=cores, startup=startup
            ),
            "Extrapolated from the epochs above. The standard Lightning baseline includes its "
            "epochs only.",
            "## Memory and start-up",
            (pd.Series(memory) / 2**20).to_frame("peak of one process, MiB"),
            f"`python train.py` finishes its first step after {startup:.1f} s (median of "
            f"{config.rounds}, warm file cache).",
        ]
    )
    print(text)
    Path(config.output).write_text(text)


if __name__ == "__main__":
    main()
