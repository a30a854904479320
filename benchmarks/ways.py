"""The ways of training that are compared; each function runs in a process of its own.

Ours are as the configuration has them: a process of one thread.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import cv2
import torch
from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig
from torch import Tensor
from torch.nn import functional

from posed_spontaneous.benchmarks.peer import train_as_a_peer
from posed_spontaneous.benchmarks.stopwatch import Measured, Stopwatch, measure
from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.lightning_modules.pair_classifier import judge
from posed_spontaneous.networks import CompCNN
from posed_spontaneous.training import TrainingJob, train_alone


def peer(overrides: Sequence[str], epochs: int, threads: int) -> Measured:
    """The peer's way, see ``benchmarks.peer``."""
    job = open_job(overrides, epochs)
    # Its process is a fresh one to it.
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    cv2.setNumThreads(threads)
    network = job.network
    operator, placement = None, 0
    if isinstance(network, CompCNN):
        operator, placement = network.operator.name.lower(), network.placement
    rows = job.datamodule.pairs.rows.iloc[job.datamodule.split.train]
    watch = Stopwatch()
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w") as nowhere,
        # Its bar belongs to the way; where it is drawn does not.
        redirect_stderr(nowhere),
        redirect_stdout(nowhere),
    ):
        train_as_a_peer(rows, operator, placement, epochs=epochs, folder=Path(folder), watch=watch)
    return watch.read()


def ours(overrides: Sequence[str], epochs: int) -> Measured:
    """What ``python train.py`` does: training, prediction and every fact written."""
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        job = open_job([*overrides, f"paths.runs={folder}"], epochs)
        train_alone(job, [watch])
    return watch.read()


def plain(overrides: Sequence[str], epochs: int) -> Measured:
    """Our batches, network, optimiser, schedule and figures in a loop without Lightning."""
    created, marks = time.perf_counter(), []
    job = open_job(overrides, epochs)
    module = job.build_module()
    batches = job.datamodule.train_dataloader()
    optimizer = module.optimizer(module.parameters())
    schedule = module.schedule(optimizer, total_steps=epochs * len(batches))
    module.train()
    for epoch in range(epochs):
        marks.append(time.perf_counter())
        batches.set_epoch(epoch)
        judged: list[tuple[Tensor, Tensor]] = []
        for batch in batches:
            logits = module(batch)
            judged.append((logits.detach(), batch["target"]))
            loss = functional.cross_entropy(logits, batch["target"])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
        said, targets = map(torch.cat, zip(*judged, strict=True))
        judge("train", said, targets, module.classes)
    marks.append(time.perf_counter())
    return measure(created, marks)


def count_flops(overrides: Sequence[str]) -> int:
    """Arithmetic of one epoch, forward and backward, by formula."""
    job = open_job(overrides, 1)
    network = job.network
    pair = network.multiply_adds() + network.backward_multiply_adds()
    return 2 * pair * len(job.datamodule.split.train)


def open_job(overrides: Sequence[str], epochs: int) -> TrainingJob:
    """The job of ``python train.py`` with these overrides."""
    register_resolvers()
    GlobalHydra.instance().clear()  # of the command that measures
    with initialize_config_module("posed_spontaneous.conf", version_base="1.3"):
        config: DictConfig = compose("train", [*overrides, f"trainer.max_epochs={epochs}"])
    return TrainingJob.of(config)
