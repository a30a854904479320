"""Train one network on one fold with one seed, into one run folder."""

from pathlib import Path

import cv2
import hydra
import pytorch_lightning as pl
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import set_num_threads

from callbacks import FactsWriter
from conf.resolvers import register_resolvers
from datamodules import PairDataModule
from mistakes import one_line_mistakes
from runs import RunCard, RunStore

register_resolvers()


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
def main(config: DictConfig) -> float:
    """Train the configured run unless it is there already, and return its test error."""
    with one_line_mistakes(spare_siblings=True):
        return train(config)


def train(config: DictConfig) -> float:
    """Train the configured run unless it is there already.

    Returns:
        The error on the test fold, 0 to 1.

    Raises:
        InputError: If the configuration or the data are faulty; nothing is trained then.
    """
    set_num_threads(config.threads)
    cv2.setNumThreads(0)
    datamodule: PairDataModule = instantiate(config.datamodule)
    classes = len(datamodule.pairs.classes)
    _ = datamodule.split  # checked before anything is written
    # Only now: making or reading the data must not move the weights' random stream.
    pl.seed_everything(config.seed, verbose=False)
    network = instantiate(config.network, classes=classes)

    store = RunStore(Path(config.paths.runs))
    card = RunCard.of("network", network.name, config, datamodule)
    if store.finished(card):
        return store.report(card)

    with store.record(card, config) as folder:
        config.run = {
            "folder": str(folder),
            "study": card.study,
            "variant": card.variant,
            "name": card.folder.name,
        }
        trainer: pl.Trainer = instantiate(
            config.trainer,
            logger=list(instantiate(config.logger).values()),
            callbacks=[
                *instantiate(config.callbacks).values(),
                *instantiate(config.stopping).values(),
                FactsWriter(folder),
            ],
        )
        module = instantiate(config.lightning_module, network=network, classes=classes)
        trainer.fit(module, datamodule=datamodule)
        # Where stopping kept the best epoch on held-back subjects, that epoch speaks.
        best = "best" if trainer.checkpoint_callback else None
        trainer.predict(module, datamodule=datamodule, ckpt_path=best)
    return store.report(card)


if __name__ == "__main__":
    main()
