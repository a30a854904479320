"""A user's own package and configuration folder, from a working folder with clashing names."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from posed_spontaneous.runs import find_failures, find_runs

COMMAND = Path(sys.executable).with_name("posed-spontaneous")

FILES = {
    "mylab/__init__.py": "",
    "mylab/networks.py": """
        import torch
        from torch import nn

        class Tiny(nn.Module):
            def __init__(self, image_size, classes):
                super().__init__()
                self.hidden = nn.Linear(2 * image_size**2, 3)
                self.norm = nn.BatchNorm1d(3)
                self.output = nn.Linear(3, classes)

            def features(self, onset, apex):
                return self.norm(self.hidden(torch.cat([onset, apex], 1).flatten(1)))

            def classify(self, features):
                return self.output(features)

            def forward(self, onset, apex):
                return self.classify(self.features(onset, apex))

        class NoFeatures(nn.Module):
            def __init__(self, classes):
                super().__init__()

            def forward(self, onset, apex):
                return onset.mean((1, 2, 3))[:, None].expand(-1, 2)
        """,
    "mylab/operators.py": """
        from posed_spontaneous.networks import ComparisonOperator

        class Distance(ComparisonOperator):
            name = "Dist"

            def forward(self, onset, apex):
                return (onset - apex).abs()
        """,
    "mylab/callbacks.py": """
        from pathlib import Path
        import pytorch_lightning as pl

        class CountEpochs(pl.Callback):
            def __init__(self, folder, card, file):
                self.file = Path(folder) / file

            def on_fit_end(self, trainer, pl_module):
                self.file.write_text(str(trainer.current_epoch))
        """,
    "mylab/sections.py": """
        from posed_spontaneous.reports import Section

        def greeting(study):
            return Section("A section of my own", notes=[f"{len(study.runs)} runs."])
        """,
    "mylab/databases.py": """
        from posed_spontaneous.databases.database import Published
        from posed_spontaneous.databases.layouts import Folder

        class MyFolder(Folder):
            published = Published(subjects=3)
        """,
    "conf/network/tiny.yaml": """
        _target_: mylab.networks.Tiny
        image_size: ${datamodule.image_size}
        """,
    "conf/network/no_features.yaml": "_target_: mylab.networks.NoFeatures",
    "conf/comparison.op/dist.yaml": """
        _target_: mylab.operators.Distance
        _partial_: true
        """,
    "conf/callbacks/count.yaml": """
        defaults: [default]
        count:
          _target_: mylab.callbacks.CountEpochs
          _partial_: true
          file: epochs.txt
        """,
    "conf/sections/mine.yaml": """
        greeting:
          _target_: mylab.sections.greeting
          _partial_: true
        """,
    "conf/database/mine.yaml": """
        defaults: [folder]
        _target_: mylab.databases.MyFolder
        """,
    # Names that the project uses too must not disturb it.
    "errors.py": "raise RuntimeError('the user\\'s errors.py was imported')",
    "train.py": "raise RuntimeError('the user\\'s train.py was imported')",
    "callbacks/__init__.py": "raise RuntimeError('the user\\'s callbacks were imported')",
    "conf/__init__.py": "raise RuntimeError('the user\\'s conf was imported')",
}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a user's project."""
    folder = tmp_path_factory.mktemp("project")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(content).strip() + "\n")
    return folder


@pytest.fixture(scope="module")
def run(project: Path) -> Run:
    """Runs the console command in the user's folder."""

    def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, command, *arguments, f"hydra.searchpath=[file://{project}/conf]"],
            cwd=project, env=os.environ | {"PYTHONPATH": str(project)},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def trained(run: Run, small: list[str], narrow: list[str], project: Path) -> Path:
    """Runs of an own network and an own operator, in warm workers and in a pack."""
    root = project / "results"
    for network, launcher in (
        ("network=tiny", "all_cores"),
        ("comparison.op=dist", "all_cores"),
        ("network=tiny seed=1", "packed"),
    ):
        done = run(
            "train", "-m", *network.split(), *small, *narrow, "callbacks=count",
            f"paths.runs={root}", f"hydra/launcher={launcher}",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    return root


def test_own_networks_operators_and_callbacks_train(trained: Path) -> None:
    runs = find_runs(trained)
    systems = [(run.card.system, run.card.operator, run.card.placement) for run in runs]
    assert sorted(systems) == [("CompCNN-Dist@1", "Dist", 1)] * 2 + [("Tiny", None, None)] * 4
    assert {(run.path / "epochs.txt").read_text() for run in runs if run.card.seed == 0} == {"1"}


def test_batch_normalization_is_trained_in_a_pack(trained: Path) -> None:
    """The running statistics are buffers, which a pack must return to each member."""
    import torch

    runs = [run for run in find_runs(trained) if run.card.system == "Tiny" and run.card.seed == 1]
    assert len(runs) == 2
    for run in runs:
        state = torch.load(run.path / "model.ckpt", weights_only=True)["state_dict"]
        assert state["network.norm.num_batches_tracked"] == 3
        assert state["network.norm.running_mean"].abs().sum() > 0


def test_an_own_section_is_reported(run: Run, trained: Path, project: Path) -> None:
    done = run("report", f"paths.runs={trained}", "sections=mine", "resamples=100")
    assert done.returncode == 0, done.stderr
    page = (trained / "report" / "report.html").read_text()
    assert "A section of my own" in page
    assert "6 runs." in page


def test_an_own_database_is_found(run: Run, tmp_path: Path) -> None:
    done = run("prepare", "database=mine", f"root={tmp_path}", f"folder={tmp_path}/ready")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")


def test_what_an_own_network_lacks_is_reported_before_training(
    run: Run, small: list[str], tmp_path: Path
) -> None:
    done = run("train", *small, "network=no_features", f"paths.runs={tmp_path}")
    assert done.returncode == 1
    assert "network: NoFeatures has no method features, expected one" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not find_failures(tmp_path)


def test_the_console_command_lists_its_commands(run: Run) -> None:
    listed = subprocess.run([COMMAND], capture_output=True, text=True, check=True).stdout
    for name in ("prepare", "train", "baseline", "ensemble", "report"):
        assert f"\n  {name} " in listed
    unknown = subprocess.run([COMMAND, "fit"], capture_output=True, text=True, check=False)
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("error: fit: no such command, expected one of prepare, audit")
