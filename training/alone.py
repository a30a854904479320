"""Train one network by itself."""

from collections.abc import Sequence

import pytorch_lightning as pl
from hydra.utils import instantiate

from posed_spontaneous.callbacks import FactsWriter
from posed_spontaneous.training.job import TrainingJob


def train_alone(job: TrainingJob, watchers: Sequence[pl.Callback] = ()) -> float:
    """Train the job's network unless its run is there already.

    Args:
        job: The job.
        watchers: Callbacks beside those that the job's configuration names.

    Returns:
        The error on the test fold, 0 to 1.
    """
    if job.finished:
        return job.store.report(job.card)
    with job.store.record(job.card, job.config) as folder:
        job.name_run(folder)
        trainer: pl.Trainer = instantiate(
            job.config.trainer,
            logger=job.build("logger"),
            callbacks=[
                *job.build("callbacks"),
                *job.build("stopping"),
                FactsWriter(folder),
                *watchers,
            ],
        )
        module = job.build_module()
        trainer.fit(module, datamodule=job.datamodule)
        # Where stopping kept the best epoch on held-back subjects, that epoch speaks.
        best = "best" if trainer.checkpoint_callback else None
        trainer.predict(module, datamodule=job.datamodule, ckpt_path=best)
    return job.store.report(job.card)
