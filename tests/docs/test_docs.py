"""README and documentation: links, commands, the notebook and the site."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from ..conftest import ROOT, Command

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONF = ROOT / "conf"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_point_to_files(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not link.startswith(("http:", "https:")):
            generated = link.endswith("reference/configuration.md")
            assert generated or (page.parent / link).is_file(), link


def test_the_way_of_a_run_is_short() -> None:
    """The files that the page walks through: at most 15, with at most 1,800 lines."""
    page = (ROOT / "docs" / "explanation" / "way-of-a-run.md").read_text()
    files = re.findall(r"\*\*`([a-z_/]+\.py)`\*\*", page)
    assert len(set(files)) == len(files) == 15
    assert sum(len((ROOT / file).read_text().splitlines()) for file in files) <= 1800


def find_commands() -> list[str]:
    """Commands of the project in all code blocks, continued lines joined."""
    commands = []
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S):
            for line in block.replace("\\\n", " ").splitlines():
                command = re.sub(r"^PYTHONPATH=\. ", "", line.strip())
                if command.startswith(("python ", "make ")):
                    commands.append(command)
    return sorted(set(commands))


def test_there_are_commands() -> None:
    assert len(find_commands()) > 20


@pytest.mark.parametrize("command", find_commands())
def test_commands_name_existing_targets_and_options(command: str) -> None:
    program, *words = shlex.split(command, comments=True)
    if program == "make":
        targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.M)
        assert words[0] in targets
        return
    script, *arguments = words
    assert (ROOT / script).is_file()
    own = any("hydra.searchpath" in argument for argument in arguments)
    for argument in arguments:
        key, _, values = argument.partition("=")
        group = CONF / key.removeprefix("~").removeprefix("+")
        if not group.is_dir() or not values:
            continue
        for value in re.sub(r"glob\(.*\)", "", values).split(","):
            if value and not own and value not in ("NAME", "null"):
                assert (group / f"{value}.yaml").is_file(), argument


def test_the_notebook_runs(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    root = tmp_path / "results"
    done = command("train.py", "-m", "comparison.at=1,2", *small, *narrow, f"paths.runs={root}")
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(ROOT / "docs/notebooks/reading_results.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "store it without outputs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESULTS", str(root))
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(tmp_path))
    shown = " ".join(str(cell.get("outputs")) for cell in notebook.cells)
    assert "4 runs" in shown
    assert "CompCNN-Sub@2" in shown


@pytest.mark.slow
@pytest.mark.parametrize("broken", [False, True])
def test_the_site_builds_without_dead_links(broken: bool, tmp_path: Path) -> None:
    for name in ("docs", "conf"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "source").symlink_to(ROOT / ".venv" / "source")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    if broken:
        index = tmp_path / "docs" / "index.md"
        index.write_text(index.read_text().replace("tutorial.md", "tutorial.md#nowhere"))
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", "site"],
        cwd=tmp_path, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode != 0) == broken, done.stderr
    if broken:
        assert "nowhere" in done.stderr
    else:
        page = (tmp_path / "site" / "reference" / "configuration.html").read_text()
        assert "one_cycle" in page
        assert "http://" not in (tmp_path / "site" / "index.html").read_text().replace(
            "http://www.w3.org", ""
        )
