"""Measures the time from the start of ``python train.py`` to its first training step."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

ROOT = Path(__file__).parent.parent


class FirstStep(pl.Callback):
    """Writes the time of the first step to a file and exits.

    Args:
        file: The file, which will contain the seconds of ``time.time``.
    """

    def __init__(self, file: str) -> None:
        self.file = Path(file)

    def on_train_batch_end(self, *_: Any) -> None:
        """Write the time and exit."""
        self.file.write_text(str(time.time()))
        os._exit(0)


def time_first_step(overrides: Sequence[str]) -> float:
    """Return the seconds from the start of the command to the end of its first step."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "step")
        command = [
            *(sys.executable, "train.py", *overrides, f"paths.runs={folder}"),
            f"+callbacks.first={{_target_: {__name__}.FirstStep, file: {file}}}",
        ]
        started = time.time()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if not file.is_file():
            raise RuntimeError(f"train.py made no step: {done.stderr or done.stdout}")
        return float(file.read_text()) - started
