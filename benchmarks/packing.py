"""Compares packed with single training: ``make bench-packing``, on a GPU if there is one.

Every network is trained for some epochs as a pack of all folds and seeds, and a few of its jobs are
trained one by one. Both durations are extrapolated to all runs of the table.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from statistics import mean, median

import hydra
import pandas as pd
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from posed_spontaneous.benchmarks.measurements import Stopwatch, convolution_rate
from posed_spontaneous.benchmarks.methods import compose_job
from posed_spontaneous.benchmarks.results import describe_machine, markdown
from posed_spontaneous.networks import count_flops
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.training import TrainingJob
from posed_spontaneous.training.packing.batches import PackedTrainingBatches
from posed_spontaneous.training.packing.classifier import PackedClassifier

JOBS = 3
"""Number of jobs of each network that are trained one by one."""


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="benchmark")
def main(config: DictConfig) -> None:
    """Measure packed and single training, and print and write the results."""
    with one_line_errors():
        path = instantiate(config.data).path
        data = ["data=manifest", f"data.path={path}", f"folds.k={config.table.folds}"]
    seeds, folds, epochs = config.table.seeds, config.table.folds, config.trainer.max_epochs
    members = [[f"fold={fold}", f"seed={seed}"] for seed in range(seeds) for fold in range(folds)]
    rows = {}
    for network in config.networks:
        overrides = [*data, f"network={network}"]
        jobs = [compose_job([*overrides, *member], config.epochs + 1) for member in members]
        rows[network] = compare(jobs, epochs=epochs)
    table = pd.DataFrame.from_dict(rows, orient="index")
    total = table.sum()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "the processor"
    text = markdown(
        [
            "# Packed training",
            f"`make bench-packing`: {describe_machine()} Device: {device}.",
            f"{len(rows)} networks, {folds} folds, {seeds} seeds, {epochs} epochs: "
            f"{len(rows) * len(members)} runs. Their duration is extrapolated from {config.epochs} "
            f"epochs of each pack and of {JOBS} jobs of each network, and excludes configuration, "
            "prediction and writing. The floor is the arithmetic at the rate of block 2's "
            "convolution, "
            f"{'TF32' if torch.backends.cudnn.allow_tf32 else 'float32'} on a GPU.",
            table,
            f"In total: {total['packed, s']:.0f} s packed, {total['one by one, s']:.0f} s one by "
            f"one ({total['one by one, s'] / total['packed, s']:.1f} times as long); "
            f"the floor is {total['floor, s']:.1f} s.",
        ]
    )
    print(text)
    Path(config.packing_output).write_text(text)


def compare(jobs: Sequence[TrainingJob], *, epochs: int) -> dict[str, float]:
    """Return the seconds of all jobs of a network: packed, one by one, and the floor.

    Args:
        jobs: The jobs, with the epochs to measure and one warm-up epoch.
        epochs: Number of epochs of a complete run.
    """
    # The member with most batches says how long an epoch of the pack is.
    pack = sorted(jobs, key=lambda job: len(job.datamodule.train_dataloader()))
    packed = _seconds(pack[-1], partial(_fit_pack, pack), epochs)
    alone = mean(_seconds(job, partial(_fit_alone, job), epochs) for job in jobs[:JOBS])
    first = jobs[0]
    pair = count_flops(first.module.network, first.datamodule.image_size, backward=True)
    flops = pair * epochs * sum(len(job.datamodule.split.train) for job in jobs)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return {
        "packed, s": packed,
        "one by one, s": alone * len(jobs),
        "floor, s": flops / convolution_rate(torch.float32, device, images=32 * len(jobs)),
    }


def _fit_pack(jobs: Sequence[TrainingJob], trainer: pl.Trainer) -> None:
    batches = [job.datamodule.train_dataloader() for job in jobs]
    pack = PackedClassifier([deepcopy(job.module) for job in jobs], [len(own) for own in batches])
    device = trainer.strategy.root_device
    trainer.fit(pack, PackedTrainingBatches(batches, device, lambda: pack.steps, pads=True))


def _fit_alone(job: TrainingJob, trainer: pl.Trainer) -> None:
    trainer.fit(deepcopy(job.module), job.datamodule)


def _seconds(job: TrainingJob, fit: Callable[[pl.Trainer], None], epochs: int) -> float:
    watch = Stopwatch()
    fit(instantiate(job.config.trainer, logger=False, callbacks=[watch]))
    measurement = watch.read()
    return measurement.rest + epochs * median(measurement.epochs)


if __name__ == "__main__":
    main()
