"""The DataModule: one fold of a manifest as batches of pairs."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypedDict

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from datamodules.augmentation import Image, PairAugmentation
from datamodules.folds import (
    AcrossDatabases,
    Folds,
    Indices,
    Split,
    SubjectKFold,
    check_subjects_apart,
)
from datamodules.manifest import CLIP, LATENT_PREFIX, PATHS
from datamodules.pairs import Pairs, join_databases, load_pairs
from errors import InputError

FRAMES = ("onset", "apex", "blank")


class PairBatch(TypedDict):
    """A batch of B pairs.

    Keys:
        onset: Onset images, ``(B, 1, H, W)``, float32, standardised.
        apex: Apex images, ``(B, 1, H, W)``, float32, standardised.
        target: Class codes, ``(B,)``.
        row: Row of each sample in the manifest, ``(B,)``.
    """

    onset: Tensor
    apex: Tensor
    target: Tensor
    row: Tensor


class PairDataset(Dataset[PairBatch]):
    """Single pairs; an item is asked for by its row and the seed of its augmentation."""

    def __init__(
        self,
        pairs: Pairs,
        targets: NDArray[np.int64],
        frames: Sequence[str],
        mean: float,
        deviation: float,
        augmentation: PairAugmentation | None,
    ) -> None:
        self.pairs = pairs
        self.targets = targets
        self.frames = frames
        self.mean = mean
        self.deviation = deviation
        self.augmentation = augmentation

    def __getitem__(self, request: tuple[int, int]) -> PairBatch:
        row, seed = request
        # A blank image is the onset until it is standardised, so that every control draws the
        # same augmentation.
        onset, apex = (
            (self.pairs.apex if frame == "apex" else self.pairs.onset)[row] for frame in self.frames
        )
        if self.augmentation is not None:
            onset, apex = self.augmentation(onset, apex, seed)
        first, second = map(self._standardise, self.frames, (onset, apex))
        return PairBatch(
            onset=first,
            apex=second,
            target=torch.tensor(self.targets[row]),
            row=torch.tensor(row),
        )

    def _standardise(self, frame: str, image: Image) -> Tensor:
        pixels = torch.from_numpy(image).unsqueeze(0).float()
        if frame == "blank":
            return torch.zeros_like(pixels)
        return pixels.sub_(self.mean).div_(self.deviation)


class RowSampler(Sampler[tuple[int, int]]):
    """Rows in a new order each epoch, each with the seed of its augmentation.

    Order and seeds are drawn here, in the main process, so that a sample looks the same
    whatever the number of workers, and another epoch shows it anew.
    """

    def __init__(self, rows: Indices, seed: int) -> None:
        self.rows = torch.from_numpy(rows)
        self.generator = torch.Generator().manual_seed(seed)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = torch.randperm(len(self.rows), generator=self.generator)
        seeds = torch.randint(2**31, (len(self.rows),), generator=self.generator)
        yield from zip(self.rows[order].tolist(), seeds.tolist(), strict=True)

    def __len__(self) -> int:
        return len(self.rows)


class PairDataModule(pl.LightningDataModule):
    """Onset/apex pairs of a manifest, split so that no subject is in two parts.

    Args:
        manifest: The manifest file.
        folds: The protocol that assigns subjects to folds.
        fold: Number of the fold to test on.
        augmentation: What is done to training pairs.
        frames: What the two paths read: ``onset`` and ``apex``, or for a control the same image
            twice, or one beside ``blank``.
        image_size: Side of the square gray images, in pixels.
        batch_size: Pairs in a batch.
        validation: Share of the training subjects to hold back for validation, in [0, 1).
        workers: Processes that load batches beside the main one.
        seed: Seed of the batches' order, of the augmentation and of the draws of subjects.
        test_manifest: Another database to test on; the first is then trained on as a whole.
        training_subjects: How many of the fold's training subjects to train on; None takes all.
        label_shuffle: Seed of a shuffle of each subject's labels, a control; None keeps them true.

    Raises:
        InputError: If ``frames`` does not name two images, or another database to test on comes
            with a protocol of its own.
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
        workers: int,
        seed: int,
        test_manifest: Path | str | None = None,
        training_subjects: int | None = None,
        label_shuffle: int | None = None,
    ) -> None:
        super().__init__()
        self.manifest = manifest
        self.test_manifest = test_manifest
        if test_manifest and not isinstance(folds, SubjectKFold):
            raise InputError(
                f"folds: got {folds.name} beside data.test, expected none: the second database is "
                "tested as a whole"
            )
        self.folds = AcrossDatabases() if test_manifest else folds
        self.fold = fold
        if len(frames) != 2 or not set(frames) <= set(FRAMES):
            raise InputError(
                f"datamodule.frames: got {list(frames)}, expected two of {list(FRAMES)}: what the "
                "onset path and the apex path read"
            )
        self.augmentation = augmentation
        self.frames = tuple(frames)
        self.image_size = image_size
        self.batch_size = batch_size
        self.validation = validation
        self.workers = workers
        self.seed = seed
        self.training_subjects = training_subjects
        self.label_shuffle = label_shuffle

    @cached_property
    def pairs(self) -> Pairs:
        """Every pair of the database, or of both, read on first use."""
        pairs = load_pairs(self.manifest, self.image_size)
        if self.test_manifest is None:
            return pairs
        return join_databases(pairs, load_pairs(self.test_manifest, self.image_size))

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """Class code of each pair, ``(N,)``, as it is trained on and scored."""
        targets = self.pairs.targets.copy()
        if self.label_shuffle is not None:
            draw = np.random.default_rng(self.label_shuffle)
            for rows in self.pairs.rows.groupby("subject_id").indices.values():
                targets[rows] = draw.permutation(targets[rows])
        return targets

    @cached_property
    def split(self) -> Split:
        """The fold's parts, checked to share no subject."""
        rows = self.pairs.rows
        split = self.folds.split(
            rows,
            self.fold,
            validation=self.validation,
            seed=self.seed,
            training_subjects=self.training_subjects,
        )
        check_subjects_apart(rows, split)
        return split

    @property
    def samples(self) -> pd.DataFrame:
        """What describes each sample, and the ``part`` it stands in; no paths, no latent cues."""
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
        """Number of folds that the protocol makes of the database."""
        return self.folds.count(self.pairs.rows)

    def train_dataloader(self) -> DataLoader[PairBatch]:
        """Augmented training pairs in a new order each epoch."""
        return self._loader(RowSampler(self.split.train, self.seed), self.augmentation)

    def val_dataloader(self) -> DataLoader[PairBatch] | list[object]:
        """The validation pairs as they are; empty when none are held back."""
        if not len(self.split.validation):
            return []
        return self._loader([(int(row), 0) for row in self.split.validation], None)

    def predict_dataloader(self) -> DataLoader[PairBatch]:
        """All pairs of the database as they are: the ensemble needs the training part too."""
        return self._loader([(row, 0) for row in range(len(self.pairs.rows))], None)

    def _loader(
        self,
        sampler: RowSampler | list[tuple[int, int]],
        augmentation: PairAugmentation | None,
    ) -> DataLoader[PairBatch]:
        # Statistics of the training part only, so that no test pixel reaches a network.
        seen = self.pairs.onset[self.split.train]
        dataset = PairDataset(
            self.pairs,
            self.targets,
            self.frames,
            float(seen.mean()),
            float(seen.std()),
            augmentation,
        )
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            sampler=sampler,
            num_workers=self.workers,
            # A generator of its own: else a loader draws from the stream of the dropout, and how
            # often it does depends on the workers.
            generator=torch.Generator(),
            persistent_workers=self.workers > 0,
        )
