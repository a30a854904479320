"""What a system is given: by name, in the manifest's order, and refused in one line if absent."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.dataset import load_pairs
from posed_spontaneous.dataset.manifest import CLIP
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines import Samples, manifest_rows


@pytest.fixture
def samples(manifest: Path, tmp_path: Path) -> Samples:
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
    return Samples(load_pairs(tmp_path / "manifest.csv", 44), tmp_path / "manifest.csv")


def test_inputs_come_by_name_in_the_manifests_order(samples: Samples) -> None:
    drawn = pd.read_csv(samples.manifest)["sample_id"]
    place = {sample: number for number, sample in enumerate(drawn)}
    expected = [place[sample] for sample in samples.rows["sample_id"]]

    def describe(onset_points, apex_points, clips, scale=2):  # type: ignore[no-untyped-def]
        return [
            (scale * o[0, 0], scale * a[0, 0], c[0, 0, 0])
            for o, a, c in zip(onset_points, apex_points, clips, strict=True)
        ]

    described = samples.describe(describe)
    assert [tuple(map(float, row)) for row in described] == [
        (2.0 * n, 2.0 * n + 1, float(n)) for n in expected
    ]
    assert samples.describe(manifest_rows) is samples.rows


def test_only_what_is_read_beside_the_images_enters_the_runs_name(samples: Samples) -> None:
    assert samples.digests(lambda onset, apex: None) == {}
    with_points = samples.digests(lambda apex, apex_points: None)
    assert list(with_points) == ["apex_points"]
    clips = samples.digests(lambda clips: None)
    assert list(clips) == ["clips"]
    assert clips["clips"] != with_points["apex_points"]


def test_clips_are_no_part_of_the_pairs_identity(samples: Samples, manifest: Path) -> None:
    """A system on clips stands in the table of those on pairs."""
    assert samples.pairs.digest() == load_pairs(manifest, 44).digest()


def test_absent_landmarks_are_told(manifest: Path) -> None:
    samples = Samples(load_pairs(manifest, 44), manifest)
    with pytest.raises(InputError, match=r"landmarks\.npz: no such file"):
        _ = samples.onset_points


def test_a_sample_without_landmarks_is_named(samples: Samples) -> None:
    file = samples.manifest.parent / "landmarks.npz"
    stored = dict(np.load(file))
    lost = stored["sample_id"] != "s02-posed-1"
    np.savez(file, **{name: values[lost] for name, values in stored.items()})
    with pytest.raises(InputError, match="no landmarks of sample s02-posed-1"):
        _ = samples.onset_points


def test_pairs_alone_are_no_sequences(manifest: Path) -> None:
    samples = Samples(load_pairs(manifest, 44), manifest)
    with pytest.raises(InputError, match="no column clip_path"):
        _ = samples.clips


@pytest.mark.parametrize("frames", [np.zeros((1, 44, 44), np.uint8), np.zeros((3, 44, 44))])
def test_a_faulty_clip_is_named(samples: Samples, frames: np.ndarray) -> None:
    np.savez(samples.manifest.parent / "s01-posed-0.npz", frames=frames)
    with pytest.raises(InputError, match=r"sample s01-posed-0: its clip .* holds"):
        _ = samples.clips
