"""What computed a run: command, commit, packages and device."""

import platform
import shlex
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig

_PACKAGES = (
    "albumentations",
    "hydra-core",
    "numpy",
    "opencv-python-headless",
    "pandas",
    "pytorch-lightning",
    "scikit-learn",
    "torch",
)


def describe_versions(seconds: float) -> dict[str, Any]:
    """Everything about this process that may change the numbers of a run.

    Args:
        seconds: Time that the run took.
    """
    cuda = torch.cuda.is_available()
    return {
        "command": _describe_command(),
        "code": _describe_commit(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "tf32": cuda and torch.backends.cudnn.allow_tf32,
        "threads": torch.get_num_threads(),
        **{package: version(package) for package in _PACKAGES},
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
    }


def _describe_command() -> str:
    """The command that computes this run only; empty if no command is running."""
    if not HydraConfig.initialized():
        return ""
    job = HydraConfig.get()
    return shlex.join(["python", f"{job.job.name}.py", *job.overrides.task])


@cache
def _describe_commit() -> str:
    """The commit of the code, with a mark if files differ from it; empty without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
