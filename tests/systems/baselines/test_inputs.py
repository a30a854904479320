"""Inputs of a system: passed by name, in the order of the manifest, refused if absent."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.dataset import load_pairs
from posed_spontaneous.dataset.manifest import CLIP
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines import BaselineInputs, manifest_rows


@pytest.fixture
def samples(manifest: Path, tmp_path: Path) -> BaselineInputs:
    """The drawn database with landmarks in another order than the manifest's, and clips."""
    rows = pd.read_csv(manifest)
    for column in ("onset_path", "apex_path"):
        rows[column] = [str(manifest.parent / path) for path in rows[column]]
    rows[CLIP] = [f"{sample}.npz" for sample in rows["sample_id"]]
    rows.to_csv(tmp_path / "manifest.csv", index=False)
    for number, sample in enumerate(rows["sample_id"]):
        frames = np.full((2 + number % 3, 44, 44), number, np.uint8)
        np.savez(tmp_path / f"{sample}.npz", frames=frames)
    order = np.random.default_rng(0).permutation(len(rows))
    points = np.repeat(np.arange(len(rows), dtype=np.float32)[:, None, None], 68, 1).repeat(2, 2)
    np.savez(
        tmp_path / "landmarks.npz",
        sample_id=rows["sample_id"].to_numpy(str)[order],
        onset=points[order],
        apex=points[order] + 0.5,
    )
    return BaselineInputs(load_pairs(tmp_path / "manifest.csv", 44), tmp_path / "manifest.csv")


def test_inputs_are_passed_by_name_in_the_order_of_the_manifest(samples: BaselineInputs) -> None:
    drawn = pd.read_csv(samples.manifest)["sample_id"]
    place = {sample: number for number, sample in enumerate(drawn)}
    expected = [place[sample] for sample in samples.rows["sample_id"]]

    def describe(onset_points, apex_points, clips, scale=2):  # type: ignore[no-untyped-def]
        return [
            (scale * o[0, 0], scale * a[0, 0], c[0, 0, 0])
            for o, a, c in zip(onset_points, apex_points, clips, strict=True)
        ]

    described = samples.compute(describe)
    assert [tuple(map(float, row)) for row in described] == [
        (2.0 * n, 2.0 * n + 1, float(n)) for n in expected
    ]
    assert samples.compute(manifest_rows) is samples.rows


def test_inputs_besides_images_identify_the_run(samples: BaselineInputs) -> None:
    assert samples.digests(lambda onset, apex: None) == {}
    with_points = samples.digests(lambda apex, apex_points: None)
    assert list(with_points) == ["apex_points"]
    clips = samples.digests(lambda clips: None)
    assert list(clips) == ["clips"]
    assert clips["clips"] != with_points["apex_points"]


def test_clips_do_not_change_the_identity_of_the_pairs(
    samples: BaselineInputs, manifest: Path
) -> None:
    """A system that reads clips is in the same table as systems that read pairs."""
    assert samples.pairs.digest() == load_pairs(manifest, 44).digest()


def test_absent_landmarks_are_reported(manifest: Path) -> None:
    samples = BaselineInputs(load_pairs(manifest, 44), manifest)
    with pytest.raises(InputError, match=r"landmarks\.npz: no such file"):
        _ = samples.onset_points


def test_a_sample_without_landmarks_is_named(samples: BaselineInputs) -> None:
    file = samples.manifest.parent / "landmarks.npz"
    stored = dict(np.load(file))
    lost = stored["sample_id"] != "s02-posed-1"
    np.savez(file, **{name: values[lost] for name, values in stored.items()})
    with pytest.raises(InputError, match="no landmarks of sample s02-posed-1"):
        _ = samples.onset_points


def test_pairs_without_clips_are_reported(manifest: Path) -> None:
    samples = BaselineInputs(load_pairs(manifest, 44), manifest)
    with pytest.raises(InputError, match="no column clip_path"):
        _ = samples.clips


@pytest.mark.parametrize("frames", [np.zeros((1, 44, 44), np.uint8), np.zeros((3, 44, 44))])
def test_an_invalid_clip_is_named(samples: BaselineInputs, frames: np.ndarray) -> None:
    np.savez(samples.manifest.parent / "s01-posed-0.npz", frames=frames)
    with pytest.raises(InputError, match=r"sample s01-posed-0: the clip .* contains"):
        _ = samples.clips
