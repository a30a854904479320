"""One method against itself under other seeds, with real trainings: nothing is to be found."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from posed_spontaneous.evaluation import Outcomes, compare
from posed_spontaneous.runs import find_runs, join_predictions

from ..conftest import Command

SEEDS = 24


@pytest.mark.slow
def test_a_method_does_not_differ_from_itself_under_other_seeds(
    command: Command, tmp_path: Path
) -> None:
    for seeds in np.array_split(np.arange(SEEDS), 4):
        done = command(
            "train.py", "-m", "network=sub1", "architecture.channels=[5,10,15]",
            "architecture.hidden=[40,40]", "data.path.subjects=30", "folds.k=5",
            "trainer.max_epochs=12", f"seed={','.join(map(str, seeds))}",
            "hydra/launcher=all_cores", f"paths.runs={tmp_path}",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    runs = find_runs(tmp_path)
    assert len(runs) == 5 * SEEDS
    rows = join_predictions(runs)
    rates = {}
    for count in (1, 2, 4):
        # Each group of seeds is called a system of its own; the seeds within it are averaged.
        groups = rows.assign(
            variant="seeds" + (rows["seed"] // count).astype(str), seed=rows["seed"] % count
        )
        outcomes = Outcomes.of(groups, runs[0].card.classes)
        pairs = [((a,), (b,)) for a, b in combinations(outcomes.systems, 2)]
        table = compare(outcomes, pairs, resamples=1000)
        rates[count] = [np.mean(table[p] < 0.05) for p in ("p", "p_subjects")]
    print(rates)
    assert all(by_fold < 0.12 for by_fold, _ in rates.values()), rates
    # The test that knows no training noise finds differences where there are none.
    assert max(by_subject for _, by_subject in rates.values()) > 0.12, rates
