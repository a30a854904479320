"""The whole audit, as Hydra configures it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from matplotlib.figure import Figure

from posed_spontaneous.databases.audits import Auditor, Evidence, Verdict
from posed_spontaneous.databases.audits.contact_sheet import ContactSheet, spread
from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.dataset import read_manifest
from posed_spontaneous.drawing.style import FATAL_FINDING
from posed_spontaneous.drawing.tiles import render_png

from ...conftest import ROOT
from ...drawn_faces import draw_database

EARLIER = Finding(
    check="excluded", severity=Severity.WARNING, message="a|b: no face found", samples=("gone",)
)


@pytest.fixture(scope="module")
def audit() -> Auditor:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return instantiate(compose("audit/default").audit)


@pytest.fixture
def database(tmp_path: Path) -> tuple[Path, pd.DataFrame]:
    manifest = draw_database(tmp_path / "drawn", subjects=21, samples=2)
    return manifest.parent, read_manifest(manifest)


@pytest.fixture
def faulty(database: tuple[Path, pd.DataFrame]) -> tuple[Path, pd.DataFrame]:
    """Two subjects share an apex, a pair has equal images, and a crop is missing."""
    folder, rows = database
    paths = rows[["onset_path", "apex_path"]].map(Path)
    paths["apex_path"][0].write_bytes(paths["apex_path"][80].read_bytes())
    paths["apex_path"][5].write_bytes(paths["onset_path"][5].read_bytes())
    paths["onset_path"][7].unlink()
    return folder, rows


def pixels(figure: Figure) -> np.ndarray:
    """A figure in red, green and blue."""
    return cv2.imdecode(np.frombuffer(render_png(figure), np.uint8), cv2.IMREAD_COLOR_RGB)


def test_the_verdict_follows_from_the_most_severe_finding(
    audit: Auditor, faulty: tuple[Path, pd.DataFrame]
) -> None:
    folder, rows = faulty
    result = audit(folder, rows, [EARLIER], Published(samples=84))
    assert result.verdict is Verdict.UNFIT
    assert result.findings[0].check == "exact duplicates"
    assert set(result.findings[0].samples) == set(rows["sample_id"].iloc[[0, 80]])
    warned = {f.check: f.samples for f in result.findings if f.severity is Severity.WARNING}
    assert warned["onset equal to apex"] == (rows["sample_id"][5],)
    assert warned["unreadable crops"] == (rows["sample_id"][7],)
    assert warned["excluded"] == ("gone",)
    assert result.counts == {
        "samples": 84,
        "subjects": 21,
        "label: posed": 42,
        "label: spontaneous": 42,
    }
    assert result.reasons[0] == "fatal (1): exact duplicates (1)"


def test_with_warnings_a_database_is_usable_and_with_notes_sound(
    database: tuple[Path, pd.DataFrame],
) -> None:
    bare = Auditor(checks={}, sheet=ContactSheet(samples=2, columns=1, cell=44, points=False))
    note = Finding(check="policy", severity=Severity.NOTE, message="as asked")
    assert bare(*database, [note, EARLIER], Published()).verdict is Verdict.CARE
    assert bare(*database, [note], Published()).verdict is Verdict.SOUND


def test_the_record_contains_all_findings_and_tables(
    audit: Auditor, faulty: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    result = audit(*faulty, [EARLIER], Published(samples=90, source="Smith 2001"))
    result.write(tmp_path / "audit")
    record = json.loads((tmp_path / "audit" / "audit.json").read_text())
    findings = tuple(
        Finding(
            **{**kept, "severity": Severity(kept["severity"]), "samples": tuple(kept["samples"])}
        )
        for kept in record["findings"]
    )
    assert findings == result.findings
    assert record["verdict"] == result.verdict
    assert record["counts"] == result.counts
    for table in result.tables:
        kept = pd.DataFrame(record["tables"][table.caption], columns=table.rows.columns)
        pd.testing.assert_frame_equal(
            kept.astype(object).fillna(-1), table.rows.astype(object).fillna(-1), check_dtype=False
        )


def test_markdown_names_ten_samples_and_counts_the_others(
    database: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    bare = Auditor(checks={}, sheet=ContactSheet(samples=2, columns=1, cell=44, points=False))
    long = Finding(
        check="focus",
        severity=Severity.WARNING,
        message="soft",
        samples=tuple(f"x{number:02d}" for number in range(23)),
    )
    many = [Finding(check="policy", severity=Severity.NOTE, message=f"note {n}") for n in range(14)]
    bare(*database, [*many, long, EARLIER], Published()).write(tmp_path / "audit")
    text = (tmp_path / "audit" / "audit.md").read_text()
    assert "`x09` and 13 more" in text
    assert "x10" not in text
    assert "note 9" in text
    assert "note 10" not in text
    assert "and 4 more in audit.json" in text
    assert "a\\|b" in text
    assert text.index("Warning: focus") < text.index("Note: policy") < text.index("## Verdict")


def test_the_same_database_gives_the_same_files(
    audit: Auditor, faulty: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        audit(*faulty, [EARLIER], Published()).write(tmp_path / name)
    for file in ("audit.md", "audit.json", "contact_sheet.png"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert len(list((tmp_path / "one").iterdir())) == 3


@pytest.mark.parametrize("subjects", [["a", "a"], ["a", "b"], ["a"]])
def test_a_database_of_two_samples_or_fewer_is_audited(
    audit: Auditor, subjects: list[str], tmp_path: Path
) -> None:
    count = len(subjects)
    rows = pd.DataFrame(
        {
            "sample_id": ["x", "y"][:count],
            "subject_id": subjects,
            "label": ["posed", "spontaneous"][:count],
            "onset_path": "gone.png",
            "apex_path": None,
            "boxes": [[1], [2, 3]][:count],
            "day": pd.to_datetime(["2020-01-01", None][:count]),
        }
    )
    result = audit(tmp_path, rows, [], Published())
    result.write(tmp_path)
    assert result.verdict is Verdict.UNFIT


def test_the_sheet_frames_pairs_with_findings_and_shows_missing_crops(
    faulty: tuple[Path, pd.DataFrame],
) -> None:
    folder, rows = faulty
    evidence = Evidence.read(folder, rows, Published())
    fatal = Finding(
        check="c", severity=Severity.FATAL, message="m", samples=(rows["sample_id"][7], "gone")
    )
    draw = ContactSheet(samples=6, columns=2, cell=44, points=False)
    plain, framed = pixels(draw(evidence, [])), pixels(draw(evidence, [fatal]))
    red = np.array([int(FATAL_FINDING[i : i + 2], 16) for i in (1, 3, 5)])
    assert not (plain == red).all(axis=2).any()
    assert (framed == red).all(axis=2).any()
    # Two columns and three rows of pairs; the second sheet has a line of text more.
    height, width = framed.shape[:2]
    assert 2 * 3 * 44 < width < 2 * (3 * 44 + 30)
    assert 3 * (44 + 20) < height < 3 * (44 + 20 + 20) + 70
    assert height - plain.shape[0] == 20


def test_the_sheet_shows_colour_and_facial_points(database: tuple[Path, pd.DataFrame]) -> None:
    folder, rows = database
    green = np.zeros((44, 44, 3), np.uint8)
    green[..., 1] = 90
    for path in (*rows["onset_path"], *rows["apex_path"]):
        cv2.imwrite(path, green)
    points = np.full((len(rows), 5, 2), np.nan)
    points[:, 0] = (10, 20)
    np.savez(folder / "landmarks.npz", sample_id=rows["sample_id"].to_numpy(str), onset=points)
    evidence = Evidence.read(folder, rows, Published())
    bare, dotted = (
        pixels(ContactSheet(samples=4, columns=2, cell=88, points=points)(evidence, []))
        for points in (False, True)
    )
    green = (bare == (0, 90, 0)).all(axis=2)
    # Tiles may begin within a pixel.
    assert green.sum() == pytest.approx(4 * 2 * 88 * 88, rel=0.03)
    changed = np.argwhere((bare != dotted).any(axis=2))
    assert 4 <= len(changed) <= 4 * 9
    # Enlarged twice, pixel (10, 20) covers 20 and 21, 40 and 41.
    top, left = np.argwhere(green)[0]
    first = changed[(changed < (top + 88, left + 88)).all(axis=1)].mean(axis=0) - (top, left)
    assert first == pytest.approx([40.5, 20.5], abs=1)


def test_the_first_pairs_of_the_spread_cover_labels_and_subjects(
    database: tuple[Path, pd.DataFrame],
) -> None:
    folder, rows = database
    order = spread(Evidence.read(folder, rows, Published()), np.arange(len(rows)))
    assert sorted(order) == list(range(len(rows)))
    for count in (2, 10, 42):
        shown = rows.iloc[order[:count]]
        assert set(shown["label"].value_counts()) == {count // 2}
        assert shown["subject_id"].nunique() == count // 2
