"""A whole database: what is prepared again, what is written, and what ends the command."""

import csv
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.database import PreparedDatabase, prepare_database
from posed_spontaneous.databases.preparation.sample import SamplePreparer
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.dataset import load_pairs
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines import BaselineInputs

from ...databases.preparation.conftest import Settings
from ...databases.preparation.rendered_recordings import (
    LABELS,
    filmed,
    render_recordings,
    write_frames,
)

TABLES = {"manifest.parquet", "manifest.csv", "landmarks.npz", "findings.json"}
Prepare = Callable[..., PreparedDatabase]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "prepared"


@pytest.fixture
def recordings(faces: Path) -> list[Recording]:
    return render_recordings(faces, 4)


@pytest.fixture
def prepare(out: Path, settings: Settings, preparer: Callable[..., SamplePreparer]) -> Prepare:
    def run(
        read: Sequence[Recording | Finding],
        *overrides: str,
        corrections: Path | None = None,
        respot: bool = False,
        workers: int = 0,
    ) -> PreparedDatabase:
        return prepare_database(
            read,
            preparer(*overrides),
            settings(*overrides),
            out,
            corrections=corrections,
            respot=respot,
            workers=workers,
        )

    return run


def stamps(folder: Path) -> dict[str, int]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in files}


def checks(prepared: PreparedDatabase) -> list[str]:
    return [finding.check for finding in prepared.findings]


def test_a_second_run_does_nothing(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    first = prepare(recordings)
    before = stamps(out)
    second = prepare(recordings)
    assert (first.prepared_now, second.prepared_now) == (4, 0)
    assert stamps(out) == before
    pd.testing.assert_frame_equal(first.rows, second.rows)
    assert first.findings == second.findings


def test_only_the_sample_of_a_changed_file_is_prepared_again(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    prepare(recordings)
    before = stamps(out)
    write_frames(recordings[2].frames[0].parent, "r2", filmed(7).frames)
    os.utime(recordings[2].frames[1])
    assert prepare(recordings).prepared_now == 1
    after = stamps(out)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed - TABLES == {"records/r2.json", "crops/r2-onset.png", "crops/r2-apex.png"}


def test_the_folder_does_not_depend_on_the_order_of_preparation(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    prepare(recordings[2:])
    prepare(recordings[::-1], workers=2)
    grown = {name: (out / name).read_bytes() for name in TABLES}
    for name in stamps(out):
        (out / name).unlink()
    prepare(recordings)
    assert {name: (out / name).read_bytes() for name in TABLES} == grown


def test_changed_settings_prepare_all_samples_again(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    prepare(recordings)
    assert prepare(recordings, "size=48").prepared_now == 4
    assert load_pairs(out / "manifest.parquet", 48).onset.shape == (4, 48, 48)


def test_files_of_removed_recordings_are_deleted(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    prepare(recordings, "clips=true")
    assert prepare(recordings[1:], "clips=true").prepared_now == 0
    assert list(pd.read_csv(out / "manifest.csv")["sample_id"]) == ["r1", "r2", "r3"]
    assert not list(out.rglob("r0*"))


def test_corrected_labels_and_subjects_need_no_new_crops(
    recordings: list[Recording], out: Path, prepare: Prepare, tmp_path: Path
) -> None:
    prepare(recordings)
    mine = tmp_path / "mine.csv"
    mine.write_text("sample_id,drop,label,age,subject_id\nr1,yes,,,\nr2,,other,33,s9\n")
    prepared = prepare(recordings, corrections=mine)
    assert prepared.prepared_now == 0
    assert prepared.recordings == 4
    rows = pd.read_csv(out / "manifest.csv").set_index("sample_id")
    assert list(rows.index) == ["r0", "r2", "r3"]
    assert tuple(rows.loc["r2", ["label", "age", "subject_id"]]) == ("other", 33, "s9")
    assert checks(prepared) == ["corrected"] * 4
    assert json.loads((out / "findings.json").read_text())[0]["message"] == (
        "sample r1: dropped by the corrections"
    )


def test_corrected_positions_are_kept_when_the_others_are_spotted(
    faces: Path, recordings: list[Recording], prepare: Prepare, tmp_path: Path
) -> None:
    long = [
        replace(one, frames=write_frames(faces, one.sample_id, filmed(number, 8).frames), apex=3)
        for number, one in enumerate(recordings)
    ]
    mine = tmp_path / "mine.csv"
    mine.write_text("sample_id,onset,apex\nr1,2,\nr2,,5\n")
    rows = prepare(long, "spotting=first_last", corrections=mine, respot=True).rows.set_index(
        "sample_id"
    )
    columns = ["onset_frame", "apex_frame", "onset_source", "apex_source"]
    assert [tuple(row) for row in rows[columns].itertuples(index=False)] == [
        (0, 7, "first frame", "last frame"),
        (2, 7, "corrected", "last frame"),
        (0, 5, "first frame", "corrected"),
        (0, 7, "first frame", "last frame"),
    ]


def test_a_policy_can_end_the_command_and_finished_samples_are_kept(
    faces: Path, recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    write_frames(faces, "r2", np.zeros((2, 90, 90), np.uint8))
    with pytest.raises(InputError, match=r"^sample r2: .*no face was found"):
        prepare(recordings, "faces.no_face=fail")
    assert {path.name for path in (out / "records").iterdir()} == {"r0.json", "r1.json"}
    assert not (out / "manifest.parquet").exists()
    write_frames(faces, "r2", filmed(2).frames)
    assert prepare(recordings, "faces.no_face=fail").prepared_now == 2


def test_a_second_run_tries_unreadable_samples_again_and_changes_nothing(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    whole = recordings[1].frames[0].read_bytes()
    recordings[1].frames[0].write_bytes(whole[:200])
    assert len(prepare(recordings).rows) == 3
    before = stamps(out)
    prepared = prepare(recordings)
    assert (prepared.prepared_now, len(prepared.rows)) == (1, 3)
    assert stamps(out) == before
    recordings[1].frames[0].write_bytes(whole)
    assert len(prepare(recordings).rows) == 4


def test_a_folder_that_cannot_be_written_is_an_input_error(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    out.write_text("a file")
    with pytest.raises(InputError, match="prepared: cannot be written"):
        prepare(recordings)


def test_no_sample_at_all_is_an_input_error_with_the_most_frequent_reason(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    for one in recordings:
        one.frames[1].write_bytes(b"")
    with pytest.raises(InputError, match=r"none of 4 samples .*4 times unreadable frame.*r0-1"):
        prepare(recordings)
    assert len(json.loads((out / "findings.json").read_text())) == 4
    with pytest.raises(InputError, match="none of 0 samples"):
        prepare([])


def test_findings_of_the_database_come_first_and_names_are_unique(
    recordings: list[Recording], prepare: Prepare
) -> None:
    earlier = Finding(check="excluded", severity=Severity.WARNING, message="row 3: no subject")
    prepared = prepare([earlier, *recordings, recordings[0]])
    assert prepared.findings[0] == earlier
    assert checks(prepared) == ["excluded", "excluded"]
    assert prepared.findings[1].samples == ("r0",)
    assert len(prepared.rows) == 4


def test_a_single_label_is_a_fatal_finding_but_no_error(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    prepared = prepare([replace(one, label="posed") for one in recordings])
    (finding,) = prepared.findings
    assert finding.severity is Severity.FATAL
    assert len(pd.read_parquet(out / "manifest.parquet")) == 4


def test_columns_of_the_database_keep_their_type_and_reserved_names_are_changed(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    details = [{"age": 31.0, "fold": "a", "code": 7.0}, {"age": None, "faces": 2.0, "code": "x"}]
    prepared = prepare([replace(one, details=details[n % 2]) for n, one in enumerate(recordings)])
    rows = pd.read_parquet(out / "manifest.parquet")
    assert rows["age"].isna().tolist() == [False, True, False, True]
    assert rows["code"].tolist() == ["7.0", "x", "7.0", "x"]
    assert {"database_fold", "database_faces"} <= set(rows.columns)
    assert checks(prepared) == ["columns", "columns"]
    load_pairs(out / "manifest.parquet", 44)


def test_samples_with_any_name_are_found_again(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    names = ["a/b", "a_b", "A_B", "../../etc: ☺"]
    renamed = [replace(one, sample_id=name) for one, name in zip(recordings, names, strict=True)]
    prepare(renamed)
    assert prepare(renamed).prepared_now == 0
    pairs = load_pairs(out / "manifest.csv", 44)
    assert sorted(pairs.rows["sample_id"]) == sorted(names)
    assert len({image.tobytes() for image in pairs.onset}) == 4
    assert all(path.is_relative_to(out) for path in map(Path, pairs.rows["onset_path"]))


def test_clips_and_points_are_read_by_the_baselines(
    faces: Path, out: Path, prepare: Prepare
) -> None:
    faces.mkdir()
    videos = []
    for number in range(2):
        path = faces / f"v{number}.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (320, 240))
        for frame in filmed(number, 8).frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
        writer.release()
        videos.append(
            Recording(
                sample_id=f"v{number}",
                subject_id=f"s{number}",
                label=LABELS[number],
                frames=Video(path),
                onset=1,
                apex=5,
            )
        )
    prepare(videos, "clips=true", "detector=dlib68")
    manifest = out / "manifest.parquet"
    samples = BaselineInputs(load_pairs(manifest, 44), manifest)
    assert samples.onset_points.shape == samples.apex_points.shape == (2, 68, 2)
    for clip, onset, apex in zip(samples.clips, samples.onset, samples.apex, strict=True):
        assert clip.shape == (5, 44, 44)
        np.testing.assert_array_equal(clip[0], onset)
        np.testing.assert_array_equal(clip[-1], apex)

    prepare(videos)
    assert not list(out.glob("clips/*"))
    samples = BaselineInputs(load_pairs(manifest, 44), manifest)
    with pytest.raises(InputError, match=r"has 5 points .* expected 68: .*detector=dlib68"):
        _ = samples.onset_points


def test_a_csv_of_the_manifest_opens_in_any_program(
    recordings: list[Recording], out: Path, prepare: Prepare
) -> None:
    prepare(recordings)
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["offset_frame"] for row in rows] == [""] * 4
    assert rows[0]["onset_path"] == "crops/r0-onset.png"
