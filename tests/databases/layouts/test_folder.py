"""A folder of frames is read by a pattern, which gives back what the names were made of."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts import Folder
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.layouts_micro import lay_out_folder
from ...databases.layouts.layouts_posed import level_footage

PATTERN = "{label}/{subject}/{clip}/{frame}.png"


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def read(root: Path, pattern: str = PATTERN, label: str | None = None) -> list[Recording]:
    results = Folder(root, pattern, label=label, onset="none").read()
    return [one for one in results if isinstance(one, Recording)]


def test_recordings_of_the_default_pattern(tmp_path: Path) -> None:
    lay_out_folder(tmp_path, level_footage)
    recordings = list(Folder(tmp_path, PATTERN, label=None, onset="first").read())
    assert len(recordings) == 12
    clip = tmp_path / "posed" / "s1" / "take 1"
    assert recordings[0] == Recording(
        sample_id="posed_s1_take 1",
        subject_id="s1",
        label="posed",
        frames=[clip / f"{number}.png" for number in (8, 9, 10, 11, 12)],
        onset=0,
    )


def test_further_names_become_columns(tmp_path: Path) -> None:
    touch(tmp_path, "s1/happy-2/é b.3.jpg", "s1/happy-2/é b.20.jpg", "s1/sad-2/c.1.jpg")
    first, second = read(tmp_path, "{subject}/{emotion}-{day}/{clip}.{frame}.jpg", label="posed")
    assert first == Recording(
        sample_id="s1_happy_2_é b",
        subject_id="s1",
        label="posed",
        frames=[tmp_path / "s1/happy-2/é b.3.jpg", tmp_path / "s1/happy-2/é b.20.jpg"],
        details={"emotion": "happy", "day": "2"},
    )
    assert (second.sample_id, len(second.frames)) == ("s1_sad_2_c", 1)


def test_a_name_that_stands_twice_must_be_the_same_twice(tmp_path: Path) -> None:
    touch(tmp_path, "s1/posed/s1_1.png", "s1/posed/s2_1.png")
    (recording,) = read(tmp_path, "{subject}/{label}/{subject}_{frame}.png")
    assert recording.frames == [tmp_path / "s1/posed/s1_1.png"]


values = st.text(
    st.characters(codec="utf-8", exclude_characters="/_-.\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=6,
)
literals = st.sampled_from(["_", "-", "/", ".d/", "--", "_(+)[", "/^x$|{{", "}}.*\\d-"])


@settings(max_examples=60)
@given(
    names=st.permutations(["subject", "label", "frame", "clip", "session"]),
    literals=st.lists(literals, min_size=5, max_size=5),
    written=st.lists(st.lists(values, min_size=5, max_size=5), min_size=1, max_size=3),
)
def test_what_a_pattern_writes_it_reads(
    names: list[str], literals: list[str], written: list[list[str]], tmp_path_factory
) -> None:
    pattern = (
        "x"
        + "".join(f"{{{n}}}{between}" for n, between in zip(names, literals, strict=True))
        + "png"
    )
    folder = Folder(tmp_path_factory.getbasetemp(), pattern, label=None, onset="none")
    for row in written:
        results = dict(zip(names, row, strict=True))
        match = folder.expression.fullmatch(pattern.format(**results))
        assert match is not None
        assert match.groupdict() == results


def test_files_that_do_not_match_are_counted(tmp_path: Path) -> None:
    touch(tmp_path, "posed/s1/c/1.png", "posed/s1/c/.1.png", "posed/s1/1.png", "posed/s1/c/1.PNG")
    touch(tmp_path, ".git/a/b/1.png")
    findings = [
        one for one in Folder(tmp_path, PATTERN, None, "none").read() if isinstance(one, Finding)
    ]
    (finding,) = findings
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith(f"match {PATTERN} (2): posed/s1/1.png, posed/s1/c/1.PNG")


def test_two_recordings_of_one_name_are_reported(tmp_path: Path) -> None:
    touch(tmp_path, "posed/a_b/c/1.png", "posed/a/b_c/1.png")
    results = list(Folder(tmp_path, PATTERN, None, "none").read())
    assert [type(one) for one in results] == [Recording, Finding]
    assert "found sample posed_a_b_c again" in results[1].message


def test_links_in_a_loop_come_to_an_end_and_linked_folders_count(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    touch(elsewhere, "s2/c/1.png")
    root = tmp_path / "root"
    touch(root, "posed/s1/c/1.png")
    (root / "spontaneous").symlink_to(elsewhere)
    (root / "posed" / "s1" / "loop").symlink_to(root)
    (elsewhere / "s2" / "back").symlink_to(root / "posed")
    (root / "posed" / "there").symlink_to(elsewhere)
    (root / "gone").symlink_to(tmp_path / "gone")
    names = [recording.sample_id for recording in read(root)]
    assert names == ["posed_s1_c", "spontaneous_s2_c"]


FAULTS = {
    "{label}/{subject}/{frame": "expected '}'",
    "{label}/{subject}/{0}.png": "found {0}, expected a path",
    "{label}/{subject}/{frame:03}.png": "found {frame}, expected a path",
    "{label}/{subject.name}/{frame}.png": "found {subject.name}",
    "{label}{subject}/{frame}.png": "nothing between a placeholder and {subject}",
    "../{label}/{subject}/{frame}.png": "empty or dots",
    "/data/{label}/{subject}/{frame}.png": "empty or dots",
    "{label}/{clip}.png": "no {frame}, {subject}, expected each",
    "{subject}/{frame}.png": "no {label}",
    "": "empty or dots",
}


@pytest.mark.parametrize("pattern", FAULTS)
def test_a_faulty_pattern_is_reported_in_one_line(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(InputError, match=re.escape(FAULTS[pattern])) as error:
        Folder(tmp_path, pattern, label=None, onset="none")
    assert "\n" not in str(error.value)


def test_other_faults_are_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Folder(tmp_path / "x", PATTERN, label=None, onset="none")
    with pytest.raises(InputError, match="expected one: drop the other"):
        Folder(tmp_path, PATTERN, label="posed", onset="none")
    with pytest.raises(InputError, match="found 'last', expected first or none"):
        Folder(tmp_path, PATTERN, label=None, onset="last")
    with pytest.raises(InputError, match=r"found no file, expected files such as {label}"):
        read(tmp_path)
    touch(tmp_path, "a.txt")
    with pytest.raises(InputError, match=r"found a.txt, expected"):
        read(tmp_path)
