"""The DataModule: one fold of a manifest as batches of pairs."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytorch_lightning as pl
from numpy.typing import NDArray

from posed_spontaneous.datamodules.augmentation import PairAugmentation
from posed_spontaneous.datamodules.batches import (
    PairBatch,
    PairBatches,
    PairReader,
    TrainingBatches,
)
from posed_spontaneous.dataset.folds import (
    Folds,
    Indices,
    Split,
    SubjectKFold,
    check_disjoint_subjects,
)
from posed_spontaneous.dataset.joining import join_databases
from posed_spontaneous.dataset.manifest import CLIP, LATENT_PREFIX, PATHS
from posed_spontaneous.dataset.pairs import Pairs, load_pairs
from posed_spontaneous.dataset.partial_folds import AcrossDatabases
from posed_spontaneous.runtime.errors import InputError

FRAMES = ("onset", "apex", "blank")


class PairDataModule(pl.LightningDataModule):
    """Onset/apex pairs of a manifest, split so that no subject is in two parts.

    Args:
        manifest: The manifest file.
        folds: The protocol that assigns subjects to folds.
        fold: Number of the fold to test on.
        augmentation: Changes training pairs.
        frames: What the two paths read: ``onset`` and ``apex``, or for a probe the same image
            twice, or one image and ``blank``.
        image_size: Side of the square gray images, in pixels.
        batch_size: Pairs in a batch.
        validation: Share of the training subjects held out for validation, in [0, 1).
        seed: Seed of the selection of subjects and, with the fold, of the training.
        test_manifest: Another database to test on; the first is then used for training only.
        training_subjects: Number of training subjects to use; None uses all of the fold.
        label_shuffle: Seed of a permutation of each subject's labels, for a probe; None keeps the
            true labels.

    Raises:
        InputError: If ``frames`` does not name two images, or ``test_manifest`` is combined with a
            protocol of its own.
    """

    def __init__(
        self,
        *,
        manifest: Path | str,
        folds: Folds,
        fold: int,
        augmentation: PairAugmentation,
        frames: Sequence[str],
        image_size: int,
        batch_size: int,
        validation: float,
        seed: int,
        test_manifest: Path | str | None = None,
        training_subjects: int | None = None,
        label_shuffle: int | None = None,
    ) -> None:
        super().__init__()
        if test_manifest and not isinstance(folds, SubjectKFold):
            raise InputError(
                f"folds: got {folds.name} together with data.test, expected no folds option: all "
                "of the second database is tested"
            )
        if len(frames) != 2 or not set(frames) <= set(FRAMES):
            raise InputError(
                f"datamodule.frames: got {list(frames)}, expected two of {list(FRAMES)}: what the "
                "onset path and the apex path read"
            )
        self.manifest = manifest
        self.test_manifest = test_manifest
        self.folds = AcrossDatabases() if test_manifest else folds
        self.fold = fold
        self.augmentation = augmentation
        self.frames = tuple(frames)
        self.image_size = image_size
        self.batch_size = batch_size
        self.validation = validation
        self.seed = seed
        self.training_subjects = training_subjects
        self.label_shuffle = label_shuffle

    def setup(self, stage: str) -> None:
        """Read the database and check the fold; nothing is read twice."""
        _ = self.split

    @cached_property
    def pairs(self) -> Pairs:
        """All pairs of the database, or of both databases."""
        pairs = load_pairs(self.manifest, self.image_size)
        if self.test_manifest is None:
            return pairs
        return join_databases(pairs, load_pairs(self.test_manifest, self.image_size))

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """Class code of each pair, ``(N,)``, as used for training and for the test."""
        targets = self.pairs.targets.copy()
        if self.label_shuffle is not None:
            rng = np.random.default_rng(self.label_shuffle)
            for rows in self.pairs.rows.groupby("subject_id").indices.values():
                targets[rows] = rng.permutation(targets[rows])
        return targets

    @cached_property
    def split(self) -> Split:
        """The parts of the fold; no subject is in two of them."""
        rows = self.pairs.rows
        split = self.folds.split(
            rows,
            self.fold,
            validation=self.validation,
            seed=self.seed,
            training_subjects=self.training_subjects,
        )
        check_disjoint_subjects(rows, split)
        return split

    @property
    def training_seed(self) -> int:
        """Seed of weights, batches, augmentation and dropout; folds have trainings of their own."""
        return int(np.random.SeedSequence((self.seed, self.fold)).generate_state(1)[0])

    @property
    def samples(self) -> pd.DataFrame:
        """The manifest's rows with the ``part`` of each sample, without paths and latent cues."""
        rows = self.pairs.rows
        hidden = [
            column
            for column in rows.columns.astype(str)
            if column in (*PATHS, CLIP) or column.startswith(LATENT_PREFIX)
        ]
        labels = np.asarray(self.pairs.classes)[self.targets]
        return rows.drop(columns=hidden).assign(label=labels, part=self.split.parts)

    @cached_property
    def fold_count(self) -> int:
        """Number of folds of the protocol on this database."""
        return self.folds.count(self.pairs.rows)

    @cached_property
    def _reader(self) -> PairReader:
        # Statistics of the training part only, so that no test pixel reaches a network.
        onset = self.pairs.onset[self.split.train]
        return PairReader(
            self.pairs, self.targets, self.frames, float(onset.mean()), float(onset.std())
        )

    def read(self, rows: Indices) -> PairBatch:
        """Some pairs of the manifest, unchanged, as one batch."""
        return self._reader.read(rows)

    def train_dataloader(self) -> TrainingBatches:
        """Augmented training pairs in a new order each epoch."""
        return TrainingBatches(
            self._reader,
            self.split.train,
            self.batch_size,
            self.augmentation,
            self.training_seed,
            self._epoch,
        )

    def val_dataloader(self) -> PairBatches | list[object]:
        """The validation pairs; empty if none are held out."""
        rows = self.split.validation
        return PairBatches(self._reader, rows, self.batch_size) if len(rows) else []

    def predict_dataloader(self) -> PairBatches:
        """All pairs of the database, because the ensemble needs the training part too."""
        return PairBatches(self._reader, np.arange(len(self.pairs.rows)), self.batch_size)

    def _epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0
