"""A run is complete or absent, whatever happens while it is written."""

import logging
import subprocess
import sys
import textwrap
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from posed_spontaneous.runs import RunCard, RunStore, find_failures, find_runs, prediction_table

from ..conftest import CARD


@pytest.fixture
def card() -> RunCard:
    return replace(CARD, fold=1)


def test_a_finished_run_is_found_again(tmp_path: Path, card: RunCard) -> None:
    store = RunStore(tmp_path)
    assert not store.finished(card)
    with store.record(card, OmegaConf.create({"seed": 0})) as folder:
        assert not store.finished(card)
        (folder / "fact").write_text("42")
    assert store.finished(card)
    (run,) = find_runs(tmp_path)
    assert run.card == card
    assert (run.path / "fact").read_text() == "42"
    assert run.path.name == "seed0-fold01"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1}, {"fold": 0}, {"data_digest": "e"}, {"split_digest": "t"}, {"format": 0},
        {"choices": {"trainer": {"max_epochs": 4}}}, {"system": "CompCNN-Sub@1"},
        {"role": "trial"}, {"group": "mine"},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_changes_the_numbers_changes_the_folder(
    card: RunCard, change: dict[str, object]
) -> None:
    assert replace(card, **change).folder != card.folder


def test_a_run_of_another_format_is_ignored(tmp_path: Path, card: RunCard) -> None:
    store = RunStore(tmp_path)
    old = replace(card, format=0)
    with store.record(old, OmegaConf.create()):
        pass
    stored = store.folder(old) / "run.json"
    stored.write_text(stored.read_text().replace('"kind"', '"sort"'))
    assert not store.finished(card)
    assert not find_runs(tmp_path)


def test_a_folder_without_a_card_is_replaced(tmp_path: Path, card: RunCard) -> None:
    store = RunStore(tmp_path)
    half = store.folder(card)
    half.mkdir(parents=True)
    (half / "half").touch()
    with store.record(card, OmegaConf.create()):
        pass
    assert store.finished(card)
    assert not (half / "half").exists()


def test_the_log_holds_messages_warnings_and_lightning(tmp_path: Path, card: RunCard) -> None:
    with RunStore(tmp_path).record(card, OmegaConf.create()):
        logging.getLogger("pytorch_lightning").warning("from Lightning")
        warnings.warn("from Python", stacklevel=1)
    text = (tmp_path / card.folder / "run.log").read_text()
    assert "from Lightning" in text
    assert "from Python" in text


def test_a_diverged_run_is_a_failure() -> None:
    samples = pd.DataFrame({"sample_id": ["a"]})
    with pytest.raises(FloatingPointError, match="not finite"):
        prediction_table(samples, ["x", "y"], np.array([[np.nan, np.nan]]))


def test_a_failure_keeps_its_traceback_until_it_succeeds(tmp_path: Path, card: RunCard) -> None:
    store = RunStore(tmp_path)
    with pytest.raises(ZeroDivisionError), store.record(card, OmegaConf.create()):
        1 / 0  # noqa: B018
    (failure,) = find_failures(tmp_path)
    assert failure.reason == "ZeroDivisionError: division by zero"
    assert (failure.study, failure.variant) == (card.study, card.variant)
    assert not store.finished(card)
    with store.record(card, OmegaConf.create()):
        pass
    assert not find_failures(tmp_path)


def test_an_interrupt_is_neither_run_nor_failure(tmp_path: Path, card: RunCard) -> None:
    with pytest.raises(KeyboardInterrupt), RunStore(tmp_path).record(card, OmegaConf.create()):
        raise KeyboardInterrupt
    assert not find_failures(tmp_path)
    assert not find_runs(tmp_path)


def test_the_first_of_two_equal_runs_stays(tmp_path: Path, card: RunCard) -> None:
    store = RunStore(tmp_path)
    with store.record(card, OmegaConf.create()) as late:
        (late / "fact").write_text("late")
        with RunStore(tmp_path / "other").record(card, OmegaConf.create()) as early:
            (early / "fact").write_text("early")
        place = store.folder(card)
        place.parent.mkdir(parents=True)
        (tmp_path / "other" / card.folder).rename(place)
    assert (place / "fact").read_text() == "early"


def test_leftovers_of_a_killed_process_are_deleted(tmp_path: Path, card: RunCard) -> None:
    script = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from omegaconf import OmegaConf
        from posed_spontaneous.runs import RunCard, RunStore
        card = RunCard.read(Path({str(tmp_path / "card.json")!r}))
        with RunStore(Path({str(tmp_path)!r})).record(card, OmegaConf.create()) as folder:
            (folder / "half").touch()
            os.kill(os.getpid(), 9)
    """)
    card.write(tmp_path / "card.json")
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert len(list((tmp_path / ".unfinished").iterdir())) == 1
    assert not find_runs(tmp_path)
    with RunStore(tmp_path).record(card, OmegaConf.create()) as folder:
        assert not (folder / "half").exists()
    assert len(find_runs(tmp_path)) == 1
    assert not list((tmp_path / ".unfinished").iterdir())
