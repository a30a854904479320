"""The training methods that are compared, each of which runs in its own process.

Those of the project use one thread, as configured.
"""

import os
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import torch
from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.utils import instantiate
from torch import Tensor
from torch.nn import functional

from posed_spontaneous.benchmarks.measurements import Measurement, Stopwatch
from posed_spontaneous.benchmarks.standard_lightning import train_standard
from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.lightning_modules.pair_classifier import epoch_metrics
from posed_spontaneous.networks import CompCNN, count_flops
from posed_spontaneous.training import TrainingJob, open_job, train


def standard(overrides: Sequence[str], epochs: int, threads: int) -> Measurement:
    """Train the standard Lightning baseline, see ``benchmarks.standard_lightning``."""
    job = compose_job(overrides, epochs)
    # Undo the settings that the project makes in a process.
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    cv2.setNumThreads(threads)
    network = job.module.network
    operator, placement = None, 0
    if isinstance(network, CompCNN):
        operator, placement = network.operator.name.lower(), network.placement
    rows = job.datamodule.pairs.rows.iloc[job.datamodule.split.train]
    watch = Stopwatch()
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w") as nowhere,
        # Its progress bar is part of the measurement, but not shown.
        redirect_stderr(nowhere),
        redirect_stdout(nowhere),
    ):
        train_standard(rows, operator, placement, epochs=epochs, folder=Path(folder), watch=watch)
    return watch.read()


def project(overrides: Sequence[str], epochs: int) -> Measurement:
    """Train as ``python train.py`` does, including prediction and writing."""
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        job = compose_job([*overrides, f"paths.runs={folder}"], epochs)
        train(job.config, [watch])
    return watch.read()


def plain_loop(overrides: Sequence[str], epochs: int) -> Measurement:
    """Train with the batches, network, optimizer and metrics of the project, but no Lightning."""
    watch = Stopwatch()
    job = compose_job(overrides, epochs)
    module = job.module
    batches = job.datamodule.train_dataloader()
    optimizer = instantiate(module.hparams["optimizer"])(module.parameters())
    schedule = instantiate(module.hparams["schedule"])(optimizer, total_steps=epochs * len(batches))
    module.train()
    for epoch in range(epochs):
        watch.record()
        outputs: list[tuple[Tensor, Tensor]] = []
        for batch in replace(batches, epoch=partial(int, epoch)):
            logits = module(batch)
            outputs.append((logits.detach(), batch["target"]))
            loss = functional.cross_entropy(logits, batch["target"])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
        all_logits, targets = map(torch.cat, zip(*outputs, strict=True))
        epoch_metrics("train", all_logits, targets, module.classes)
    watch.record()
    return watch.read()


def epoch_flops(overrides: Sequence[str]) -> int:
    """Return the floating-point operations of one epoch, forward and backward."""
    job = compose_job(overrides, 1)
    pair = count_flops(job.module.network, job.datamodule.image_size, backward=True)
    return pair * len(job.datamodule.split.train)


def compose_job(overrides: Sequence[str], epochs: int) -> TrainingJob:
    """Open the job of ``python train.py`` with these overrides."""
    register_resolvers()
    GlobalHydra.instance().clear()  # the configuration of the benchmark
    with initialize_config_module("posed_spontaneous.conf", version_base="1.3"):
        return open_job(compose("train", [*overrides, f"trainer.max_epochs={epochs}"]))
