"""A process reads a database once, and again if one of its files has changed."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.dataset import load_pairs
from posed_spontaneous.runtime.errors import InputError

from ..drawn_faces import draw_database


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return draw_database(tmp_path / "drawn", subjects=2, samples=1)


def test_a_database_is_read_once(database: Path) -> None:
    pairs = load_pairs(database, 44)
    assert load_pairs(str(database), 44) is pairs
    assert pairs.digest() is pairs.digest()


def test_two_databases_stay_in_memory(database: Path, tmp_path: Path) -> None:
    other = draw_database(tmp_path / "other", subjects=2, samples=1, seed=1)
    pairs = load_pairs(database, 44)
    assert load_pairs(other, 44).digest() != pairs.digest()
    assert load_pairs(database, 44) is pairs


def test_a_changed_image_is_read_again(database: Path) -> None:
    before = load_pairs(database, 44)
    path = Path(before.rows["apex_path"][2])
    image = 255 - before.apex[2]
    assert cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 0])
    after = load_pairs(database, 44)
    assert np.array_equal(after.apex[2], image)
    assert after.digest() != before.digest()


def test_a_changed_row_is_read_again(database: Path) -> None:
    before = load_pairs(database, 44)
    rows = pd.read_csv(database)
    rows["subject_id"] = "renamed-" + rows["subject_id"]
    rows.to_csv(database, index=False)
    after = load_pairs(database, 44)
    assert after.rows["subject_id"][0] == f"renamed-{before.rows['subject_id'][0]}"


def test_the_size_is_checked_even_if_the_images_were_read_before(database: Path) -> None:
    load_pairs(database, 44)
    with pytest.raises(InputError, match="expected 40x40"):
        load_pairs(database, 40)


def test_a_deleted_image_is_reported_even_if_it_was_read_before(database: Path) -> None:
    Path(load_pairs(database, 44).rows["onset_path"][0]).unlink()
    with pytest.raises(InputError, match="no file"):
        load_pairs(database, 44)


def test_shared_arrays_are_read_only(database: Path) -> None:
    pairs = load_pairs(database, 44)
    for array in (pairs.onset, pairs.apex, pairs.targets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
