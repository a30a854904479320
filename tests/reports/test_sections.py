"""The sections report planted differences, leaks, training sizes, trials and groups."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.reports import Chapter, Section, Study, Table
from posed_spontaneous.reports.sections.comparisons import comparisons
from posed_spontaneous.reports.sections.curves import curves
from posed_spontaneous.reports.sections.data import data
from posed_spontaneous.reports.sections.groups import groups
from posed_spontaneous.reports.sections.headline import headline
from posed_spontaneous.reports.sections.operators import operators
from posed_spontaneous.reports.sections.probes import PROBES, probes
from posed_spontaneous.reports.sections.provenance import provenance
from posed_spontaneous.reports.sections.sensitivity import sensitivity
from posed_spontaneous.reports.sections.summary import EXCEPTION, summary
from posed_spontaneous.reports.sections.training_size import training_size
from posed_spontaneous.reports.writing import write_report

from ..conftest import CARD
from ..reports.stored_runs import (
    ENOUGH,
    ENSEMBLES,
    NETWORKS,
    make_samples,
    read_study,
    store_run,
    store_samples,
    store_system,
)

ALL = (
    summary, comparisons, operators, probes, training_size, sensitivity, groups, curves, data,
    provenance,
)  # fmt: skip


def find_table(section: Section | None, name: str) -> Table:
    assert section is not None
    (table,) = (c for c in section.contents if isinstance(c, Table) and c.name == name)
    return table


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Ensembles beat networks, networks beat DiffCNN, and the operators are equal."""
    root = tmp_path_factory.mktemp("planted")
    samples = make_samples(40)
    for system in NETWORKS:
        error = 0.5 if system == "DiffCNN" else 0.3
        store_system(root, samples, error, system, **ENOUGH)
    for system in ENSEMBLES:
        store_system(root, samples, 0.1, system, **ENOUGH)
    reference = {"kind": "baseline", "role": "reference"}
    store_system(root, samples, 0.5, "Majority", folds=ENOUGH["folds"], **reference)
    return read_study(root, resamples=1000)


def test_planted_claims_are_supported(planted: Study) -> None:
    rows = find_table(summary(planted), "claims").figures.set_index("claim")
    verdicts = rows["verdict"]
    networks = [f"{name} beats DiffCNN" for name in NETWORKS if name not in ("DiffCNN", EXCEPTION)]
    assert (verdicts[networks] == "supported").all()
    # The paper excepts this one.
    assert f"{EXCEPTION} beats DiffCNN" not in verdicts.index
    joined = [
        f"CompCNN-{op}-SVM beats CompCNN-{op}@{at}" for op in ("Sub", "Comb") for at in (1, 2)
    ]
    assert (verdicts[joined] == "supported").all()
    # Thirty-two training subjects: in the paper Comb beats Sub with many only.
    assert "A linear combination beats a subtraction" not in rows.index
    assert "On few subjects Comb overfits: Sub-SVM beats Comb-SVM" in rows.index


def test_earlier_systems_are_compared_where_they_are_there(tmp_path: Path) -> None:
    samples = make_samples(60)
    store_system(tmp_path, samples, 0.1, "CompCNN-Comb-SVM", **ENOUGH)
    store_system(
        tmp_path, samples, 0.3, "Gan et al. 2015", kind="baseline", folds=ENOUGH["folds"], seeds=5
    )
    rows = find_table(summary(read_study(tmp_path)), "claims").figures.set_index("claim")
    assert rows["verdict"].to_dict() == {"CompCNN-Comb-SVM beats Gan et al. 2015": "supported"}


def test_a_claim_is_contradicted_by_the_opposite_difference(tmp_path: Path) -> None:
    samples = make_samples(12, samples=20)
    for system in NETWORKS:
        store_system(tmp_path, samples, 0.1 if system == "DiffCNN" else 0.4, system, **ENOUGH)
    study = read_study(tmp_path, resamples=5000)
    table = find_table(summary(study), "claims")
    verdicts = dict(zip(table.rows["The paper's claim"], table.rows["Here"], strict=True))
    (contradicted,) = (claim for claim in verdicts if "CompCNN-Sub@1 beats DiffCNN" in claim)
    assert verdicts[contradicted] == "contradicted"
    assert "outperform the model based on difference images" in contradicted
    assert contradicted.endswith("(section 4.2)")
    # Twelve subjects are few, so the claim on small data applies, but the SVMs were not run.
    (untested,) = (text for claim, text in verdicts.items() if "On few subjects" in claim)
    assert untested == "not tested: no complete CompCNN-Comb-SVM, CompCNN-Sub-SVM"


def test_every_pair_is_compared_without_the_references(planted: Study) -> None:
    table = find_table(comparisons(planted), "comparisons")
    assert len(table.rows) == 9 * 8 / 2
    assert "Majority" not in {*table.figures["first"], *table.figures["second"]}
    row = table.figures.set_index(["first", "second"]).loc[("DiffCNN", "CompCNN-Sub-SVM")]
    assert row["difference"] == pytest.approx(0.4, abs=0.1)
    assert row["p_holm"] < 0.05


@pytest.mark.parametrize(
    ("folds", "seeds", "reason"), [(3, 5, "3 of 4 folds"), (5, 4, "4 of 5 seeds"), (5, 1, "1 of 5")]
)
def test_few_trainings_decide_nothing_about_a_method(
    tmp_path: Path, folds: int, seeds: int, reason: str
) -> None:
    """The largest difference is no verdict; the report states what it could have found."""
    samples = make_samples(20, samples=8)
    for system in NETWORKS:
        error = 0.5 if system == "DiffCNN" else 0.02
        store_system(tmp_path, samples, error, system, folds=folds, seeds=seeds)
    study = read_study(tmp_path)
    row, *_ = find_table(summary(study), "claims").figures.to_dict("records")
    assert row["p_holm"] < 0.05
    assert row["verdict"].startswith(f"undecided ({reason}")
    assert np.isnan(row["detectable"]) == (folds < 4)
    assert dict(headline(study))["Is it certain?"].startswith("No: ")


def test_the_larger_model_should_be_better_on_many_subjects(tmp_path: Path) -> None:
    samples = make_samples(120)
    for system in NETWORKS:
        store_system(tmp_path, samples, 0.1 if "Comb" in system else 0.4, system, **ENOUGH)
    rows = find_table(summary(read_study(tmp_path)), "claims").figures.set_index("claim")
    assert rows.loc["A linear combination beats a subtraction", "verdict"] == "supported"


def test_a_probe_above_chance_is_flagged(tmp_path: Path) -> None:
    samples = make_samples(30)
    store_system(tmp_path, samples, 0.1, "DiffCNN")
    for group in list(PROBES)[:4]:
        error = 0.2 if group == "onset_only" else 0.5
        store_system(
            tmp_path, samples, error, "DiffCNN", seed_of_errors=3, role="probe", group=group
        )
    store_system(
        tmp_path, samples, 0.5, "Metadata", kind="baseline", role="probe", group="metadata"
    )
    section = probes(read_study(tmp_path))
    table = find_table(section, "probes")
    assert list(table.rows["Probe"]) == [probe.title for probe in PROBES.values()]
    assert table.flagged == [1]
    assert list(table.rows["Above chance"]) == ["no", "yes", "no", "no", "no"]
    assert section is not None
    (warning,) = section.warnings
    assert warning.startswith("Onset only (DiffCNN) is above chance")


def test_probes_are_not_rows_and_unfinished_ones_are_named(tmp_path: Path) -> None:
    samples = make_samples(10)
    *finished, unfinished = list(PROBES)[:4]
    for group in finished:
        store_system(tmp_path, samples, 0.5, "DiffCNN", role="probe", group=group)
    folds = pd.Series(pd.factorize(samples["subject_id"])[0] % 2)
    store_samples(
        tmp_path, samples, folds, [],
        fold=0, folds=2, protocol="2fold", system="DiffCNN", role="probe", group=unfinished,
    )  # fmt: skip
    study = read_study(tmp_path)
    assert not study.of_role("row")
    section = probes(study)
    titles = [PROBES[group].title for group in finished]
    assert list(find_table(section, "probes").rows["Probe"]) == titles
    assert section is not None
    assert section.notes[1].endswith("no sample can be used: Labels shuffled within subject.")
    assert section.notes[2] == "Not run: Metadata only. Run them with make probes."


def test_shuffled_labels_are_tested_on_subjects_of_several_classes(tmp_path: Path) -> None:
    """The labels of a subject of one class stay the same and reveal its class."""
    samples = make_samples(20)
    single = samples["subject_id"] < "s010"
    samples.loc[single, "label"] = np.where(samples[single]["subject_id"] < "s005", *CARD.classes)
    store_system(tmp_path, samples, 0.3, "DiffCNN")
    probe = {"role": "probe", "group": "shuffled_labels"}
    store_system(tmp_path, samples, 0.5, "DiffCNN", seed_of_errors=1, **probe)
    table = find_table(probes(read_study(tmp_path)), "probes")
    assert list(table.figures["samples"]) == [10 * 6]


def test_an_unknown_probe_is_shown_by_its_group(tmp_path: Path) -> None:
    samples = make_samples(20)
    store_system(tmp_path, samples, 0.5, "DiffCNN", role="probe", group="mirrored")
    store_system(tmp_path, samples, 0.5, "DiffCNN", role="probe", group="apex_only")
    table = find_table(probes(read_study(tmp_path)), "probes")
    assert list(table.rows["Probe"]) == ["Apex only", "mirrored"]


def test_probes_that_were_not_run_are_named(planted: Study) -> None:
    section = probes(planted)
    assert section is not None
    assert not section.contents
    assert "Not run: Onset against itself, Onset only" in section.notes[-1]


def test_accuracy_by_training_subjects(tmp_path: Path) -> None:
    samples = make_samples(20)
    for subjects, errors in ((4, (0.1, 0.5)), (None, (0.3, 0.1))):
        choices = {"datamodule": {"training_subjects": subjects}}
        for system, error in zip(ENSEMBLES, errors, strict=True):
            store_system(
                tmp_path, samples, error, system, role="size", trained=subjects,
                choices={"svm": {}, "members": choices}, **ENOUGH,
            )  # fmt: skip
    section = training_size(read_study(tmp_path, resamples=1000))
    figures = find_table(section, "training-size").figures
    assert len(figures) == 4
    assert sorted(figures["subjects"]) == [4, 4, 16, 16]
    tests = find_table(section, "training-size-tests").figures
    assert set(tests["first"]) == {"CompCNN-Sub-SVM"}
    # With fewer than 40 training subjects Sub-SVM is better in the paper.
    assert dict(zip(tests["subjects"], tests["verdict"], strict=True)) == {
        4: "supported",
        16: "contradicted",
    }
    assert section is not None
    assert "fewer steps" in section.notes[0]


def test_the_full_size_replaces_an_equal_chosen_one(tmp_path: Path) -> None:
    samples = make_samples(20)
    for subjects, error in ((10, 0.5), (None, 0.1)):
        choices = {"datamodule": {"training_subjects": subjects}}
        store_system(
            tmp_path, samples, error, "DiffCNN", role="size", trained=subjects, choices=choices
        )
    figures = find_table(training_size(read_study(tmp_path)), "training-size").figures
    assert len(figures) == 1
    assert figures["accuracy"].item() > 0.8


def test_a_trial_is_compared_with_the_row_of_its_system(tmp_path: Path) -> None:
    samples = make_samples(30)
    store_system(tmp_path, samples, 0.2, "CompCNN-Comb@1")
    for number, (group, error) in enumerate((("kernels_3_3_3", 0.45), ("sgd", 0.2)), start=1):
        store_system(
            tmp_path, samples, error, "CompCNN-Comb@1",
            seed_of_errors=number, role="trial", group=group,
        )  # fmt: skip
    table = find_table(sensitivity(read_study(tmp_path, resamples=1000)), "sensitivity")
    rows = table.figures.set_index("choice")
    assert set(rows.index) == {"kernels_3_3_3", "sgd"}
    assert rows.loc["kernels_3_3_3", "difference"] == pytest.approx(0.25, abs=0.1)
    assert rows.loc["kernels_3_3_3", "p_holm"] < 0.05 < rows.loc["sgd", "p_holm"]


def test_trials_of_one_group_are_distinguished_by_their_options(tmp_path: Path) -> None:
    samples = make_samples(12)
    usual = {
        "lightning_module": {"optimizer": {"_target_": "torch.optim.AdamW", "lr": 0.002}},
        "network": {"architecture": {"kernels": [5, 5, 5]}},
    }
    sgd = {"_target_": "torch.optim.SGD", "lr": 0.01, "momentum": 0.9}
    trials = [
        {"network": {"architecture": {"kernels": [3, 3, 3]}}},
        {"lightning_module": {"optimizer": sgd}},
    ]
    store_system(tmp_path, samples, 0.2, "CompCNN-Comb@1", choices=usual)
    for choices in trials:
        store_system(
            tmp_path, samples, 0.2, "CompCNN-Comb@1", role="trial", choices=usual | choices
        )
    table = find_table(sensitivity(read_study(tmp_path)), "sensitivity")
    assert set(table.figures["choice"]) == {"kernels: [3, 3, 3]", "optimizer: SGD"}
    slow = usual | {"lightning_module": {"optimizer": sgd | {"lr": 0.1}}}
    store_system(tmp_path, samples, 0.2, "CompCNN-Comb@1", role="trial", choices=slow)
    three = find_table(sensitivity(read_study(tmp_path)), "sensitivity").figures["choice"]
    assert len(set(three)) == 3, "two trials with one class of optimizer are distinguished"


def test_errors_by_group_are_those_of_the_rows(tmp_path: Path) -> None:
    samples = make_samples(10)
    store_system(tmp_path, samples, 0.4, "DiffCNN")
    study = read_study(tmp_path)
    table = find_table(groups(study), "by-emotion")
    rows = study.predictions
    wrong = rows["label"] != rows["predicted"]
    expected = wrong.groupby(rows["emotion"]).mean()
    assert table.figures.set_index("system").loc["DiffCNN"].to_dict() == expected.to_dict()


def test_subjects_of_one_class_are_counted(tmp_path: Path) -> None:
    samples = make_samples(6)
    samples.loc[samples["subject_id"] == "s000", "label"] = "posed"
    store_system(tmp_path, samples, 0.2, "DiffCNN")
    section = data(read_study(tmp_path))
    assert any("1 subject of 6 with one class only" in note for note in section.notes)
    assert find_table(section, "folds").figures["all classes"].sum() == len(samples)


def test_columns_and_classes_may_have_any_name(tmp_path: Path) -> None:
    classes = ("all", "subjects")
    samples = make_samples(8, classes=classes).rename(columns={"emotion": "age/sex"})
    samples["a_b"] = samples["a-b"] = samples["wrong"] = samples["age/sex"]
    samples["System"] = ["System" if i % 3 else None for i in range(len(samples))]
    store_system(tmp_path, samples, 0.3, "DiffCNN", classes=classes)
    study = read_study(tmp_path)
    sections = [section for build in (groups, data) if (section := build(study)) is not None]
    names = [content.name for section in sections for content in section.contents]
    assert len(set(names)) == len(names)
    assert all("/" not in name for name in names)
    counted = find_table(sections[1], "counts-system").rows
    assert set(counted["System"]) == {"System", "not given"}
    assert counted["all classes"].astype(int).sum() == len(samples)
    write_report([Chapter("study", "Study", "", sections)], tmp_path / "report", title="Odd names")


def test_without_errors_there_is_no_hardest_subject(tmp_path: Path) -> None:
    store_system(tmp_path, make_samples(6), 0.0, "DiffCNN")
    section = groups(read_study(tmp_path))
    assert section is not None
    assert section.notes == ["There are no errors."]


def test_provenance_identifies_the_data_by_content(planted: Study) -> None:
    section = provenance(planted)
    values = find_table(section, "identity").rows.set_index("Property")["Value"]
    assert CARD.data_digest in set(values)
    assert "planted" not in " ".join(values)
    assert find_table(section, "versions").rows["Version"].str.len().gt(0).all()


def test_three_classes_give_the_same_sections(tmp_path: Path) -> None:
    classes = ("disgust", "happiness", "surprise")
    samples = make_samples(9, samples=9, classes=classes)
    for system in (*NETWORKS, "CompCNN-Abs@1"):
        store_system(tmp_path, samples, 0.3, system, classes=classes)
    for system in ENSEMBLES:
        store_system(tmp_path, samples, 0.2, system, classes=classes)
    study = read_study(tmp_path)
    reported = {build.__name__ for build in ALL if build(study) is not None}
    assert reported == {build.__name__ for build in ALL} - {"training_size", "sensitivity"}


def test_a_study_with_one_run_has_sections(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0)
    study = read_study(tmp_path)
    reported = {build.__name__ for build in ALL if build(study) is not None}
    assert reported == {"data", "provenance"}
    answers = dict(headline(study))
    assert answers["What is best?"] == "No system of the table has all its folds."
    assert "1 run." in answers["What is missing?"]


def test_the_headline_names_the_best_system_and_its_certainty(planted: Study) -> None:
    answers = dict(headline(planted))
    errors = planted.row_metric("error")["value"].sort_values()
    labels = {variant.name: variant.label for variant in planted.variants}
    first, second = (labels[name] for name in errors.index[:2])
    assert answers["What was tested?"].startswith("9 systems on drawn: 40 test subjects, 240 pairs")
    assert answers["What is best?"].startswith(
        f"{first} with an error of {100 * errors.iloc[0]:.2f} %"
    )
    assert f"followed by {second}" in answers["What is best?"]
    assert answers["Is it certain?"].startswith(f"No: {first} and {second} differ by")
    assert "lacks" not in answers["Is it certain?"]
    assert "Probes: Onset against itself" in answers["What is missing?"]
    assert str(planted.versions["finished"].max())[:10] in answers["When, and with which code?"]


def test_a_certain_difference_is_certain(tmp_path: Path) -> None:
    samples = make_samples(40)
    store_system(tmp_path, samples, 0.1, "CompCNN-Sub@1", **ENOUGH)
    store_system(tmp_path, samples, 0.4, "DiffCNN", **ENOUGH)
    answers = dict(headline(read_study(tmp_path, resamples=1000)))
    assert answers["Is it certain?"].startswith("Yes: CompCNN-Sub@1 and DiffCNN differ by")


def test_groups_are_compared_separately(tmp_path: Path) -> None:
    samples = make_samples(40)
    for number, group in enumerate(("first", "second")):
        for system in NETWORKS:
            error = 0.5 if system == "DiffCNN" else 0.2
            own = {"seed_of_errors": number, "group": group}
            store_system(tmp_path, samples, error, system, **ENOUGH, **own)
    study = read_study(tmp_path, resamples=1000)
    assert len(find_table(comparisons(study), "comparisons").rows) == 2 * 7 * 6 / 2
    claims = find_table(summary(study), "claims").figures.set_index("claim")["verdict"]
    for group in ("first", "second"):
        claim = f"CompCNN-Sub@1 beats DiffCNN, group {group}"
        assert claims[claim] == "supported"
    assert dict(headline(study))["What is best?"].count("Group ") == 2


def test_several_variants_of_a_system_in_a_group_are_not_tested(tmp_path: Path) -> None:
    samples = make_samples(12)
    for system in NETWORKS:
        store_system(tmp_path, samples, 0.3, system)
    other = {"trainer": {"max_epochs": 9}}
    store_system(tmp_path, samples, 0.3, "CompCNN-Sub@1", choices=other)
    rows = find_table(summary(read_study(tmp_path)), "claims").rows
    own = rows[rows["The paper's claim"].str.startswith("CompCNN-Sub@1 beats")]
    assert own["Here"].item() == (
        "not tested: several variants of CompCNN-Sub@1; give each experiment a group of its own, "
        "group=NAME"
    )


def test_an_operator_is_compared_with_the_subtraction_at_its_placement(tmp_path: Path) -> None:
    for group, operator, placement, wrong in (
        ("main", "Sub", 1, [0, 1, 4, 5]),
        ("main", "Sub", 2, [0]),
        ("main", "Abs", 1, [0, 4]),
        ("main", "Abs", 2, [0, 1, 2]),
        ("main", "Abs", None, []),  # no subtraction at all placements
        ("other", "Sub", 1, []),
        ("other", "Abs", 2, []),  # the subtraction after block 2 is in another group
    ):
        system = f"CompCNN-{operator}@{placement or 'all'}"
        choices = {"system": system, "group": group}
        for fold in (0, 1):
            store_run(
                tmp_path, wrong, system=system, operator=operator, placement=placement,
                group=group, choices=choices, fold=fold,
            )  # fmt: skip
    figures = find_table(operators(read_study(tmp_path)), "operators").figures
    assert list(figures["operator"]) == ["Abs", "Abs"]
    assert list(figures["placement"]) == ["1", "2"]
    assert list(figures["difference"]) == [-2 / 8, 2 / 8]


def test_the_papers_operators_need_no_section_of_their_own(planted: Study) -> None:
    assert operators(planted) is None
