"""The LightningModule: metrics, optimizer and predictions."""

from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

from posed_spontaneous.lightning_modules import PairClassifier, constant_rate
from posed_spontaneous.lightning_modules.pair_classifier import epoch_metrics

NETWORK = {
    "_target_": "posed_spontaneous.networks.DiffCNN",
    "architecture": {
        "_target_": "posed_spontaneous.networks.Architecture",
        "kernels": [5, 5, 5],
        "channels": [2, 3, 4],
        "hidden": [6, 5],
        "pool_dropout": [0.05, 0.15, 0.25],
        "hidden_dropout": [0.5, 0.25],
    },
    "image_size": 44,
}


def build(**options: Any) -> PairClassifier:
    chosen = {
        "network": NETWORK,
        "classes": 3,
        "optimizer": {"_target_": "torch.optim.SGD", "_partial_": True, "lr": 0.1},
        "schedule": {
            "_target_": "posed_spontaneous.lightning_modules.constant_rate",
            "_partial_": True,
        },
    }
    return PairClassifier(**chosen | options)


def test_metrics_of_an_epoch_are_those_of_scikit_learn() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 3, generator=generator)
    targets = torch.randint(3, (50,), generator=generator)
    found = epoch_metrics("train", logits, targets, 3)
    scores, predicted = logits.softmax(1).numpy(), logits.argmax(1).numpy()
    expected = {
        "train/loss": log_loss(targets, scores, labels=[0, 1, 2]),
        "train/accuracy": accuracy_score(targets, predicted),
        "train/balanced_accuracy": balanced_accuracy_score(targets, predicted),
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, abs=1e-6)


def test_hyperparameters_rebuild_the_module() -> None:
    module = build()
    twin = PairClassifier(**module.hparams)
    assert type(twin.network) is type(module.network)
    shapes = {name: weight.shape for name, weight in module.state_dict().items()}
    assert {name: weight.shape for name, weight in twin.state_dict().items()} == shapes


def test_the_schedule_is_stepped_every_batch_over_all_steps() -> None:
    schedule = {
        "_target_": "torch.optim.lr_scheduler.OneCycleLR",
        "_partial_": True,
        "max_lr": 0.1,
        "cycle_momentum": False,
    }
    module = build(schedule=schedule)
    rng = np.random.default_rng(0)
    batch = {
        "onset": torch.from_numpy(rng.normal(size=(4, 1, 44, 44))).float(),
        "apex": torch.from_numpy(rng.normal(size=(4, 1, 44, 44))).float(),
        "target": torch.tensor([0, 1, 2, 0]),
        "row": torch.arange(4),
    }
    trainer = pl.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    batches = torch.utils.data.DataLoader([batch] * 5, batch_size=None)
    trainer.fit(module, batches)
    (config,) = trainer.lr_scheduler_configs
    assert config.scheduler.total_steps == 10
    assert config.scheduler.last_epoch == 10
    assert {"train/loss", "train/accuracy"} <= trainer.logged_metrics.keys()
    (prediction,) = trainer.predict(module, torch.utils.data.DataLoader([batch], batch_size=None))
    torch.testing.assert_close(prediction["scores"].sum(1), torch.ones(4))
    assert prediction["features"].shape == (4, 5)
    assert (prediction["features"] >= 0).all()


def test_a_constant_rate_stays() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=0.3)
    schedule = constant_rate(optimizer, total_steps=4)
    for _ in range(4):
        optimizer.step()
        schedule.step()
        assert schedule.get_last_lr() == [0.3]
