"""The audit of any manifest, such as one of the user's own."""

import json
from pathlib import Path

import pandas as pd

from .conftest import Command


def test_copies_under_new_names_are_found_in_a_manifest_of_ones_own(
    manifest: Path, command: Command, tmp_path: Path
) -> None:
    rows = pd.read_csv(manifest)
    for column in ("onset_path", "apex_path"):
        rows[column] = [str((manifest.parent / path).resolve()) for path in rows[column]]
    first = rows[rows["subject_id"] == rows["subject_id"].iloc[0]]
    copies = first.assign(
        subject_id="someone else", sample_id=[f"copy{i}" for i in range(len(first))]
    )
    verdicts = {}
    for name, table in (("own", rows), ("copied", pd.concat([rows, copies]))):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        done = command(
            "audit.py", f"data.path={tmp_path / name}.csv", f"data.name={name}",
            f"paths.runs={tmp_path}",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        folder = tmp_path / "audits" / name
        assert {file.name for file in folder.iterdir()} == {
            "audit.md", "audit.json", "contact_sheet.png"
        }  # fmt: skip
        found = json.loads((folder / "audit.json").read_text())
        verdicts[name] = found["verdict"]
        copied = [f for f in found["findings"] if f["check"] == "exact duplicates"]
        assert bool(copied) == (name == "copied")
        assert f"verdict: {found['verdict']}" in done.stdout
    assert verdicts["copied"] == "not to be used"
    assert verdicts["own"] != "not to be used"


def test_a_missing_manifest_is_one_line(command: Command, tmp_path: Path) -> None:
    done = command("audit.py", f"data.path={tmp_path}/none.csv", "data.name=x", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "none.csv" in done.stderr
