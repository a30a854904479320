"""The report command, on stored runs of any database and any classes."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from .conftest import CARD, Command
from .drawn_faces import draw_database
from .reports.stored_runs import store_run


def test_the_report_is_written_next_to_the_runs(tmp_path: Path, command: Command) -> None:
    for fold in (0, 1):
        store_run(tmp_path, [fold], fold=fold)
        store_run(tmp_path, [], fold=fold, system="Oracle", kind="baseline", role="reference")
    done = command("report.py", f"paths.runs={tmp_path}")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "report"
    assert str(folder / "report.html") in done.stdout
    assert (folder / CARD.study / "table1.md").read_text().count("| DiffCNN") == 1
    assert pd.read_csv(folder / CARD.study / "table1.csv")["system"].iloc[-1] == "Oracle"
    assert "Drawn faces." in (folder / "report.html").read_text()


def test_an_unknown_study_is_an_error_in_one_line(tmp_path: Path, command: Command) -> None:
    done = command("report.py", f"paths.runs={tmp_path}", "study=none")
    assert done.returncode != 0
    assert "no finished run of none" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_report_on_three_classes_of_two_databases(
    tmp_path: Path, narrow: list[str], command: Command
) -> None:
    """Train on one database and test on the other, from the manifest to the page in a browser."""
    for name, seed in (("home", 0), ("abroad", 1)):
        manifest = draw_database(tmp_path / name, subjects=4, seed=seed)
        rows = pd.read_csv(manifest)
        rows["label"] = rows["sample_id"].str[-1].map(lambda digit: "abc"[int(digit) % 3])
        rows.to_csv(manifest, index=False)
    runs = tmp_path / "runs"
    done = command(
        "train.py", "-m", "experiment=table1", "data=manifest", "data.name=home",
        f"data.path={tmp_path / 'home' / 'manifest.csv'}",
        f"data.test={tmp_path / 'abroad' / 'manifest.csv'}", f"paths.runs={runs}", *narrow,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for script in ("ensemble.py", "report.py"):
        done = command(script, f"paths.runs={runs}")
        assert done.returncode == 0, done.stderr
    (study,) = (runs / "report").glob("home-to-abroad-across-*")
    rows = pd.read_csv(study / "results.csv").set_index("system")
    assert len(rows) == 9
    assert rows["error_percent"].between(0, 100).all()
    assert (study / "metrics.md").is_file()
    browser = shutil.which("chromium")
    if browser is not None:
        page = (runs / "report" / "report.html").as_uri()
        seen = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             "--dump-dom", page],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert "CompCNN-Comb-SVM" in seen.stdout
        assert "CONSOLE" not in seen.stderr
