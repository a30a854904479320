"""The methods that are compared do the same work, and the results are written as tables."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from hydra import compose, initialize_config_module
from hydra.utils import instantiate

from posed_spontaneous.benchmarks.measurements import Stopwatch, convolution_rate
from posed_spontaneous.benchmarks.results import markdown
from posed_spontaneous.benchmarks.standard_lightning import StandardDataset, StandardNetwork
from posed_spontaneous.dataset import read_manifest

from ..conftest import ROOT


@pytest.mark.parametrize(
    ("option", "operator", "placement"),
    [("diffcnn", None, 0), ("sub1", "sub", 1), ("sub3", "sub", 3), ("comb2", "comb", 2)],
)
def test_the_standard_network_equals_that_of_the_project(
    option: str, operator: str | None, placement: int
) -> None:
    with initialize_config_module("posed_spontaneous.conf", version_base="1.3"):
        config = compose("train", ["data=manifest", "data.path=none", f"network={option}"])
    network = instantiate(config.network, classes=2).eval()
    standard = StandardNetwork(operator, placement).eval()
    weights = iter(network.blocks.parameters())
    with torch.no_grad():
        for block in standard.blocks:
            for parameter in block.parameters():
                parameter.copy_(next(weights))
        for layer, index in zip((network.fc1, network.fc2, network.output), (1, 4, 7), strict=True):
            standard.head[index].load_state_dict(layer.state_dict())
        if operator == "comb":
            network.operator.alpha.normal_()
            network.operator.beta.normal_()
            standard.alpha.weight.copy_(network.operator.alpha[:, :, None, None])
            standard.beta.weight.copy_(network.operator.beta[:, :, None, None])
        onset, apex = torch.randn(2, 3, 1, 44, 44)
        torch.testing.assert_close(standard(onset, apex), network(onset, apex))
    assert [d.p for d in standard.dropout] == [d.p for d in network.pool_dropout]
    assert [standard.head[3].p, standard.head[6].p] == [
        network.fc1_dropout.p,
        network.fc2_dropout.p,
    ]


def test_the_standard_dataset_reads_every_row(manifest: Path) -> None:
    rows = read_manifest(manifest)
    dataset = StandardDataset(rows)
    onset, apex, target = dataset[0]
    assert len(dataset) == len(rows)
    assert onset.shape == apex.shape == (1, 44, 44)
    assert target == sorted(rows["label"].unique()).index(rows["label"].iloc[0])


def test_the_first_epoch_is_not_measured() -> None:
    watch = Stopwatch()
    watch.times = [1.0, 3.0, 6.0, 10.0]
    measurement = watch.read()
    assert measurement.epochs == [3.0, 4.0]
    assert measurement.memory > 2**20


def test_the_rate_of_a_convolution_is_plausible() -> None:
    assert 1e7 < convolution_rate(torch.float32) < 1e15


def test_tables_are_written_as_markdown() -> None:
    table = pd.DataFrame({"s": {"sub1": 0.123}})
    assert markdown(["# Title", table]).splitlines()[0] == "# Title"
    assert "0.12" in markdown([table])


def run_module(module: str, manifest: Path, folder: Path, *overrides: str) -> str:
    done = subprocess.run(
        [
            *(sys.executable, "-m", module, "data=manifest", f"data.path={manifest}"),
            *(f"paths.runs={folder}", f"output={folder}/r.md", f"packing_output={folder}/p.md"),
            *("rounds=1", "epochs=1", "networks=[comb1]", *overrides),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_whole_comparison_is_written(manifest: Path, tmp_path: Path) -> None:
    printed = run_module("posed_spontaneous.benchmarks", manifest, tmp_path, "table.folds=2")
    written = (tmp_path / "r.md").read_text()
    assert written in printed
    assert "| comb1" in written


@pytest.mark.slow
def test_packs_are_compared_on_any_device(manifest: Path, tmp_path: Path) -> None:
    run_module(
        "posed_spontaneous.benchmarks.packing", manifest, tmp_path, "table.folds=2", "table.seeds=2"
    )
    assert "1 networks, 2 folds, 2 seeds" in (tmp_path / "p.md").read_text()
