"""The section of feature maps: its pairs, its numbers, and a note if data are missing."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import compose, initialize_config_dir
from matplotlib.figure import Figure
from matplotlib.text import Text
from omegaconf import OmegaConf

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.networks import (
    Architecture,
    CompCNN,
    DiffCNN,
    LinearCombination,
    PairNetwork,
    Subtraction,
)
from posed_spontaneous.networks.paper import ComparedMaps
from posed_spontaneous.reports.interpretation.attribution import (
    integrated_gradients,
    picture_attributions,
    select_by_outcome,
)
from posed_spontaneous.reports.interpretation.combinations import (
    show_combinations,
    stack_weights,
    summarise_weights,
)
from posed_spontaneous.reports.interpretation.compared_maps import (
    picture_operator,
    read_layer,
    select_correct_pairs,
)
from posed_spontaneous.reports.interpretation.evaluated_network import (
    EvaluatedNetwork,
    load_test_pairs,
    runs_of_one_fold,
)
from posed_spontaneous.reports.section import Picture, Section
from posed_spontaneous.reports.sections.feature_maps import _by_operator, feature_maps
from posed_spontaneous.reports.study import Study, Variant
from posed_spontaneous.runs import RunFolder, find_runs, prediction_table
from posed_spontaneous.runs.store import CHECKPOINT, CONFIG
from posed_spontaneous.training import train

from ..conftest import CARD, ROOT
from ..drawn_faces import draw_database

NETWORKS = ("diffcnn", "sub1", "comb1", "comb2")
WEIGHTS = ["combination-weights", "combination-weights-table"]


def study_of(root: Path) -> Study:
    runs = find_runs(root)
    return Study(runs[0].card.study, runs, [], resamples=100, level=0.95)


def show(root: Path) -> Section:
    section = feature_maps(study_of(root), samples=1)
    assert section is not None
    return section


def names(section: Section) -> list[str]:
    return [content.name for content in section.contents]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_database(tmp_path_factory.mktemp("faces"))


@pytest.fixture(scope="module")
def trained(database: Path, narrow: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four networks, trained for one epoch on the first of two folds."""
    root = tmp_path_factory.mktemp("trained")
    register_resolvers()
    chosen = ["data=manifest", f"data.path={database}", "data.name=drawn", "folds.k=2"]
    for network in NETWORKS:
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
            config = compose(
                "train", [f"network={network}", *chosen, *narrow, f"paths.runs={root}"]
            )
        train(config)
    return root


@pytest.fixture
def root(trained: Path, tmp_path: Path) -> Path:
    """A copy of the runs, to be changed."""
    return shutil.copytree(trained, tmp_path / "runs")


def move_data(root: Path, manifest: Path) -> None:
    """Change the path of the data in every run of a folder."""
    for run in find_runs(root):
        config = run.config()
        config.datamodule.manifest = str(manifest)
        OmegaConf.save(config, run.path / CONFIG)


@pytest.fixture(scope="module")
def section(trained: Path) -> Section:
    return show(trained)


def test_pictures_and_tables_are_named(section: Section) -> None:
    assert names(section) == [
        "feature-maps-sub",
        "feature-maps-comb",
        *WEIGHTS,
        "attribution-diffcnn",
        "attribution-compcnn-sub1",
        "attribution-compcnn-comb1",
    ]
    assert "seed 0, fold 0" in " ".join(section.notes)


def test_only_test_pairs_are_shown(section: Section, trained: Path) -> None:
    parts = find_runs(trained)[0].predictions().set_index("sample_id")["part"]
    shown = {
        sample
        for content in section.contents
        for sample in re.findall(r"s\d\d-\w+-\d", content.caption)
    }
    assert len(shown) >= 4
    assert set(parts[sorted(shown)]) == {"test"}


def test_captions_contain_truth_prediction_score_and_emotion(section: Section) -> None:
    caption = next(c.caption for c in section.contents if c.name == "attribution-diffcnn")
    assert re.search(
        r"\(true (posed|spontaneous), predicted \w+, score 0\.\d\d, happiness\)", caption
    )


def read_texts(figure: Figure) -> list[str]:
    """All texts of a figure, after checking that none overlap and none leave the page."""
    figure.canvas.draw()
    words = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    boxes = {text: text.get_window_extent() for text in words}
    for one, other in combinations(words, 2):
        assert not boxes[one].overlaps(boxes[other]), f"{one} overlaps {other}"
    for text, box in boxes.items():
        assert min(box.min) >= 0, f"{text} leaves the page"
        assert (box.max <= figure.bbox.max).all(), f"{text} leaves the page"
    return [text.get_text() for text in words]


def test_no_texts_overlap_or_leave_the_page(section: Section) -> None:
    for picture in section.contents:
        if isinstance(picture, Picture):
            assert read_texts(picture.figure)


def test_without_networks_there_is_no_section() -> None:
    run = RunFolder(Path("none"), replace(CARD, kind="baseline", system="Majority"))
    assert feature_maps(Study(CARD.study, [run], [], resamples=100, level=0.95)) is None


def test_without_data_there_are_the_weights_and_a_note(root: Path, tmp_path: Path) -> None:
    move_data(root, tmp_path / "unplugged" / "manifest.csv")
    section = show(root)
    assert names(section) == WEIGHTS
    (note,) = [note for note in section.notes if "unplugged" in note]
    assert "no such file" in note
    assert "\n" not in note


def change_pixels(folder: Path) -> None:
    one, other = sorted(folder.glob("*-apex.png"))[:2]
    shutil.copy(one, other)


def change_labels(folder: Path) -> None:
    manifest = folder / "manifest.csv"
    rows = pd.read_csv(manifest)
    rows["label"] = rows["label"].to_numpy()[::-1]
    rows.to_csv(manifest, index=False)


@pytest.mark.parametrize("change", [change_pixels, change_labels])
def test_changed_data_are_not_shown(
    root: Path, database: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    copy = shutil.copytree(database.parent, tmp_path / "changed")
    move_data(root, copy / "manifest.csv")
    assert len(names(show(root))) > len(WEIGHTS)  # another path with the same data
    change(copy)
    section = show(root)
    assert names(section) == WEIGHTS
    assert "the samples differ" in section.notes[-1]


def delete_checkpoint(run: RunFolder) -> None:
    (run.path / CHECKPOINT).unlink()


def delete_options(run: RunFolder) -> None:
    OmegaConf.save(OmegaConf.create(), run.path / CONFIG)


def change_channels(run: RunFolder) -> None:
    config = run.config()
    config.network.architecture.channels = [1, 1, 1]
    OmegaConf.save(config, run.path / CONFIG)


@pytest.mark.parametrize("damage", [delete_checkpoint, delete_options, change_channels])
def test_an_unreadable_network_is_skipped_with_a_note(
    root: Path, damage: Callable[[RunFolder], None]
) -> None:
    (damaged,) = [run for run in find_runs(root) if run.card.system == "CompCNN-Sub@1"]
    damage(damaged)
    section = show(root)
    assert "feature-maps-sub" not in names(section)
    assert "feature-maps-comb" in names(section)
    assert "CompCNN-Sub@1" in section.notes[-1]
    assert "\n" not in section.notes[-1]


def test_networks_read_the_images_of_their_predictions(trained: Path) -> None:
    """The same standardisation and the same order as in the test."""
    runs = find_runs(trained)
    for fold in load_test_pairs(runs, {run.card.system: run.network() for run in runs}):
        with torch.no_grad():
            scores = fold.network(fold.onset, fold.apex).softmax(dim=1).numpy()
        stored = fold.predictions[["score_posed", "score_spontaneous"]].to_numpy()
        np.testing.assert_allclose(scores, stored, atol=1e-5)


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ([(0, 1), (1, 0)], [(0, 1), (1, 0)], {(0, 1)}),
        ([(0, 0), (0, 2)], [(0, 2), (1, 0)], {(0, 2)}),
        ([(1, 3)], [(0, 4)], {(0, 4)}),
    ],
)
def test_runs_are_of_the_lowest_seed_and_fold_that_all_share(
    first: list[tuple[int, int]], second: list[tuple[int, int]], chosen: set[tuple[int, int]]
) -> None:
    variants = [
        Variant(
            name, [RunFolder(Path(), replace(CARD, seed=s, fold=f, system=name)) for s, f in cells]
        )
        for name, cells in (("A", first), ("B", second))
    ]
    runs = runs_of_one_fold(variants)
    assert {(run.card.seed, run.card.fold) for run in runs} == chosen


def predictions(rows: list[tuple[str, str, list[float]]], classes: list[str]) -> pd.DataFrame:
    samples = pd.DataFrame([row[:2] for row in rows], columns=["sample_id", "label"])
    return prediction_table(samples, classes, np.array([row[2] for row in rows]))


def test_correct_incorrect_and_uncertain_pairs() -> None:
    table = predictions(
        [
            ("a", "x", [0.50, 0.30, 0.20]),
            ("b", "y", [0.05, 0.90, 0.05]),
            ("c", "z", [0.70, 0.10, 0.20]),
            ("d", "z", [0.98, 0.01, 0.01]),
            ("e", "x", [0.90, 0.05, 0.05]),
            ("f", "y", [0.34, 0.33, 0.33]),
        ][::-1],
        ["x", "y", "z"],
    )
    assert select_by_outcome(table, ["x", "y", "z"], 2) == {
        "correct": ["b", "e"],  # ties by name
        "incorrect": ["d", "c"],
        "uncertain": ["f", "a"],
    }
    flawless = table[table["predicted"] == table["label"]]
    assert select_by_outcome(flawless, ["x", "y", "z"], 2)["incorrect"] == []


def evaluate(
    network: PairNetwork, table: pd.DataFrame, classes: list[str], side: int
) -> EvaluatedNetwork:
    rng = np.random.default_rng(0)
    onset, apex = rng.integers(0, 256, (2, len(table), side, side), np.uint8)
    inputs = (torch.from_numpy((i[:, None] / 64).astype(np.float32)) for i in (onset, apex))
    return EvaluatedNetwork(network.name, network.eval(), classes, table, *inputs, onset, apex)


def test_the_pair_shown_is_the_first_that_all_classified_correctly(
    architecture: Architecture,
) -> None:
    scores = {"p": [0.9, 0.1], "q": [0.1, 0.9]}
    network = DiffCNN(architecture, 44, 2)

    def fold(*answers: str) -> EvaluatedNetwork:
        truth = ("p", "p", "p", "q", "q")
        rows = [(f"s{i}", truth[i], scores[answer]) for i, answer in enumerate(answers)]
        return evaluate(network, predictions(rows, ["p", "q"]), ["p", "q"], 44)

    one, other = fold("q", "p", "p", "p", "q"), fold("p", "q", "p", "q", "p")
    assert select_correct_pairs([one, other]) == ["s2", "s3"]  # no q that both classified
    assert select_correct_pairs([one]) == ["s1", "s4"]
    assert select_correct_pairs([one.select(["s4", "s3"])]) == ["s4"]  # a fold without p


def test_channels_are_selected_by_their_comparison() -> None:
    strength = torch.tensor([0.0, 3.0, 1.0, 2.0])[None, :, None, None]
    maps = ComparedMaps(
        5 - strength.expand(2, 4, 3, 3), torch.ones(2, 4, 3, 3), strength.expand(2, 4, 3, 3)
    )
    network = SimpleNamespace(placement=2, comparison_layer=lambda onset, apex: maps)
    layer = read_layer(SimpleNamespace(system="N", network=network, onset=None, apex=None), 2)
    assert list(layer.channels) == [1, 3]
    assert layer.peaks == (3.0, 3.0)
    assert np.unique(layer.onset[:, 0]) == 2


@pytest.mark.parametrize(("classes", "side"), [(1, 36), (2, 50), (5, 36)])
def test_any_number_of_classes_and_any_image(
    architecture: Architecture, classes: int, side: int
) -> None:
    labels = [f"{c}, a class with a rather long name" for c in range(classes)]
    rows = [
        (f"a-sample-with-a-very-long-name-{c}", labels[c], np.eye(classes)[c])
        for c in range(classes)
    ]
    table = predictions(rows, labels)
    second, first = (
        evaluate(CompCNN(Subtraction, place, architecture, side, classes), table, labels, side)
        for place in (2, 1)
    )
    texts = read_texts(picture_operator("Sub", _by_operator([second, first])["Sub"]).figure)
    assert sum(text.endswith("long name") for text in texts) == classes
    heads = [text for text in texts if "block" in text]
    bands = -(-classes // 2)
    assert [head[:14] for head in heads] == ["CompCNN-Sub@1:", "CompCNN-Sub@2:"] * bands
    assert f"{(side - 4) // 2}x{(side - 4) // 2} pixels" in heads[0]
    assert read_texts(picture_attributions(first, 1).figure)


@pytest.mark.parametrize("kind", ["diff", "sub", "comb"])
def test_attributions_sum_to_the_change_of_the_logit(architecture: Architecture, kind: str) -> None:
    """The axiom of completeness. A pixel that does not change has no attribution."""
    torch.manual_seed(0)
    operator = {"sub": Subtraction, "comb": LinearCombination}.get(kind)
    network = (
        CompCNN(operator, 1, architecture, 44, 3) if operator else DiffCNN(architecture, 44, 3)
    ).eval()
    torch.nn.init.normal_(network.output.weight)  # the initial weights are close to 0
    onset = torch.randn(4, 1, 44, 44)
    apex = onset.clone()
    apex[..., 20:30, 10:30] += torch.randn(4, 1, 10, 20)
    target = torch.tensor([0, 1, 2, 0])
    attributions, error = integrated_gradients(network, onset, apex, target, steps=256)
    with torch.no_grad():
        change = (network(onset, apex) - network(onset, onset)).gather(1, target[:, None])[:, 0]
    assert change.abs().max() > 1
    torch.testing.assert_close(attributions.sum(dim=(1, 2, 3)), change, rtol=0.02, atol=0.02)
    assert not attributions[apex == onset].any()
    torch.testing.assert_close(error, attributions.sum(dim=(1, 2, 3)) - change)


def test_the_caption_contains_the_error_of_the_sum(architecture: Architecture) -> None:
    torch.manual_seed(0)
    network = DiffCNN(architecture, 44, 2)
    torch.nn.init.normal_(network.output.weight)
    table = predictions([("a", "p", [0.9, 0.1]), ("b", "q", [0.2, 0.8])], ["p", "q"])
    fold = evaluate(network, table, ["p", "q"], 44)
    with torch.no_grad():
        change = fold.network(fold.onset, fold.apex) - fold.network(fold.onset, fold.onset)
    found = re.search(
        r"change of the logit, here within ([\d.e-]+)\.", picture_attributions(fold, 1).caption
    )
    assert found is not None
    assert 0 < float(found[1]) < 0.1 * float(change.diag().abs().min())


def test_the_weights_are_summarised_in_numbers() -> None:
    operator = LinearCombination(4)
    start = summarise_weights(stack_weights(operator))
    assert (start["alpha_diagonal"], start["beta_diagonal"]) == (1, -1)
    assert (start["alpha_off_diagonal"], start["beta_off_diagonal"], start["distance"]) == (0, 0, 0)
    with torch.no_grad():
        operator.alpha += 0.5
        operator.beta[0, 1] = 3.0
    moved = summarise_weights(stack_weights(operator))
    assert moved["alpha_diagonal"] == 1.5
    assert moved["alpha_off_diagonal"] == pytest.approx(0.5)
    assert moved["beta_off_diagonal"] == pytest.approx(np.sqrt(9 / 12))
    assert moved["distance"] == pytest.approx(np.sqrt((16 * 0.25 + 9) / 8))


def test_heat_maps_are_centred_at_zero() -> None:
    operator = LinearCombination(3)
    with torch.no_grad():
        operator.alpha[0, 0] = 2.5
    picture, table = show_combinations({"CompCNN-Comb@1": operator})
    alpha, beta = picture.figure.axes[0].images[:2]
    assert alpha.get_clim() == beta.get_clim() == (-2.5, 2.5)
    assert "1.500 (alpha) and -1.000 (beta)" in picture.caption
    assert list(table.figures["alpha_diagonal"]) == [1.5]
    assert table.rows.shape == table.figures.shape
