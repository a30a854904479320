"""Systems that are no networks leave runs of the same form."""

from pathlib import Path

import pandas as pd
import pytest

from baselines import cue_oracle
from errors import InputError
from runs import find_runs
from tests.conftest import Command


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


def test_the_oracle_needs_true_cues() -> None:
    rows = pd.DataFrame({"sample_id": ["a", "b"], "label": ["x", "y"]})
    with pytest.raises(InputError, match="no latent_\\* column"):
        cue_oracle().fit(rows, [0, 1])
