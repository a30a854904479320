"""Systems that are no networks write run folders of the same format."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.runs import find_runs
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines import cue_oracle, metadata_probe

from .conftest import Command


def test_majority_and_oracle_on_every_fold(
    command: Command, small: list[str], tmp_path: Path
) -> None:
    done = command(
        "baseline.py", "-m", "baseline=majority,oracle", *small[:-1], f"paths.runs={tmp_path}"
    )
    assert done.returncode == 0, done.stderr
    runs = find_runs(tmp_path)
    assert [(run.card.system, run.card.fold) for run in runs] == [
        ("Majority", 0), ("Majority", 1), ("Oracle", 0), ("Oracle", 1)
    ]  # fmt: skip
    for run in runs:
        tested = run.predictions().query("part == 'test'")
        wrong = (tested["label"] != tested["predicted"]).mean()
        assert wrong == (0.5 if run.card.system == "Majority" else 0.0)


EARLIER = {
    "pixels": "Pixels-LR",
    "hog": "HOG-SVM",
    "zhang2011": "Zhang et al. 2011",
    "pfister2011": "Pfister et al. 2011",
    "wang2015": "Wang et al. 2015",
    "gan2015": "Gan et al. 2015",
    "wu2016": "Wu and Wang 2016",
    "wangwuji2016": "Wang, Wu and Ji 2016",
}


@pytest.mark.slow
def test_every_earlier_system_runs_on_generated_faces(command: Command, tmp_path: Path) -> None:
    arguments = (
        f"baseline={','.join(EARLIER)}", "data.path.subjects=6", "data.path.clip_frames=4",
        "folds.k=2", f"paths.cache={tmp_path / 'cache'}", f"paths.runs={tmp_path / 'runs'}",
    )  # fmt: skip
    done = command("baseline.py", "-m", *arguments)
    assert done.returncode == 0, done.stderr
    runs = find_runs(tmp_path / "runs")
    assert {run.card.system for run in runs} == set(EARLIER.values())
    assert len({run.card.study for run in runs}) == 1
    for run in runs:
        assert run.predictions()["sample_id"].is_unique
        assert run.path.name in ("seed0-fold00", "seed0-fold01")
        assert (run.path / "chosen.yaml").is_file()
    again = command("baseline.py", "-m", *arguments)
    assert again.returncode == 0
    assert len(find_runs(tmp_path / "runs")) == len(runs)


def test_missing_sequences_are_reported(command: Command, small: list[str], tmp_path: Path) -> None:
    done = command("baseline.py", "baseline=pfister2011", *small[:-1], f"paths.runs={tmp_path}")
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "no column clip_path" in done.stderr


def test_the_oracle_needs_true_cues() -> None:
    rows = pd.DataFrame({"sample_id": ["a", "b"], "label": ["x", "y"]})
    with pytest.raises(InputError, match="no latent_\\* column"):
        cue_oracle().fit(rows, [0, 1])


def describe(leak: bool) -> tuple[pd.DataFrame, np.ndarray]:
    """Two columns that do not depend on the class, but together reveal it if there is a leak."""
    draw = np.random.default_rng(0)
    columns = {
        name: draw.choice(["a", "b"], 200) for name in ("subject_id", "session", "camera", "label")
    }
    rows = pd.DataFrame(columns | {"onset_path": "x", "latent_skew": 1.0})
    first = rows["session"] == rows["camera"] if leak else rows["label"] == "a"
    return rows, first.to_numpy(int)


@pytest.mark.parametrize(("leak", "least", "most"), [(True, 0.95, 1.0), (False, 0.3, 0.7)])
def test_metadata_reveal_a_leak(leak: bool, least: float, most: float) -> None:
    rows, targets = describe(leak)
    probe = metadata_probe().fit(rows[:150], targets[:150])
    assert least <= probe.score(rows[150:], targets[150:]) <= most


def test_metadata_may_lack_values() -> None:
    rows, targets = describe(leak=True)
    draw = np.random.default_rng(1)
    rows["age"] = np.where(draw.random(200) < 0.2, np.nan, draw.integers(20, 60, 200))
    rows["height"] = np.where(draw.random(200) < 0.1, np.inf, 170.0)
    rows["empty"] = np.nan
    rows["mixed"] = [None if i % 3 else i for i in range(200)]
    rows["clip"] = [f"clip-{i}" for i in range(200)]
    assert metadata_probe().fit(rows[:150], targets[:150]).score(rows[150:], targets[150:]) > 0.8


def test_metadata_need_a_column() -> None:
    rows = pd.DataFrame({"sample_id": ["a", "b"], "label": ["x", "y"], "latent_skew": [0, 1]})
    with pytest.raises(InputError, match="no column besides the required ones"):
        metadata_probe().fit(rows, [0, 1])
