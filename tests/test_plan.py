"""The command that plans a study."""

from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from posed_spontaneous.evaluation.simulation import Variances
from posed_spontaneous.plan import check, listed
from posed_spontaneous.reports.expectations import expected_errors, stored_variances
from posed_spontaneous.runtime.errors import InputError

from .conftest import ROOT, Command
from .reports.stored_runs import make_samples, read_study, store_system


def test_a_plan_is_a_table(tmp_path: Path, command: Command) -> None:
    done = command(
        "plan.py", "subjects=[12,24]", "seeds=5", "folds.k=4", "studies=20",
        f"paths.runs={tmp_path}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Expected errors 3.70 and 2.04 %, 12 pairs a subject" in done.stdout
    table = [line.split("|")[1:4] for line in done.stdout.splitlines() if line.startswith("|  ")]
    rows = [[cell.strip() for cell in line] for line in table]
    assert rows == [["Subjects", "Folds", "Seeds"], ["12", "4", "5"], ["24", "4", "5"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"errors": [0.2, 0.2]}, "expected two different ones"),
        ({"errors": ["a", "b"]}, "expected two different ones"),
        ({"errors": 0.2}, "expected two different ones"),
        ({"subjects": 0}, "expected whole numbers above 0"),
        ({"seeds": []}, "expected whole numbers above 0"),
        ({"level": 2}, "level: got 2"),
    ],
)
def test_impossible_values_are_refused(options: dict[str, Any], message: str) -> None:
    config = OmegaConf.merge(OmegaConf.load(ROOT / "conf" / "plan.yaml"), options)
    with pytest.raises(InputError, match=message):
        check(config, listed(config.errors or [0.2, 0.1]))


def test_a_missing_study_is_reported_in_one_line(tmp_path: Path, command: Command) -> None:
    done = command("plan.py", "variances=stored", f"paths.runs={tmp_path}")
    assert done.returncode == 1
    assert "variances.study: got none" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_published_errors_are_expected() -> None:
    assert expected_errors(["DiffCNN", "CompCNN-Sub@1"], "USTC-NVIE-subset") == pytest.approx(
        [0.0370, 0.0282]
    )
    with pytest.raises(InputError, match="no published error of Mine on SPOS"):
        expected_errors(["DiffCNN", "Mine"], "SPOS")


def test_variances_of_a_stored_study(tmp_path: Path) -> None:
    samples = make_samples(20)
    store_system(tmp_path, samples, 0.3, "DiffCNN", folds=5, seeds=3)
    study = read_study(tmp_path).name
    with pytest.raises(InputError, match="too few runs to tell trainings from subjects"):
        stored_variances(str(tmp_path), study)
    store_system(tmp_path, samples, 0.3, "CompCNN-Sub@1", folds=5, seeds=3)
    variances = stored_variances(str(tmp_path), study)
    assert isinstance(variances, Variances)
    # The errors of each seed are independent of those of any other.
    assert variances.pair < 0.1
    with pytest.raises(InputError, match=f"which has {study}"):
        stored_variances(str(tmp_path), "other")
