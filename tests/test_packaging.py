"""The wheel holds everything, under one name, and works outside of the repository."""

import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from posed_spontaneous.runs import find_runs

from .conftest import ROOT

NOT_SHIPPED = {"docs", "tests", "site", "build"}


def find_packages() -> set[str]:
    folders = {
        file.parent.relative_to(ROOT)
        for file in ROOT.rglob("*.py")
        if not any(part.startswith(".") for part in file.relative_to(ROOT).parts)
    }
    shipped = {folder for folder in folders if not NOT_SHIPPED & set(folder.parts)}
    names = {".".join(("posed_spontaneous", *folder.parts)) for folder in shipped}
    plugins = "posed_spontaneous.hydra_plugins"
    return {name.removeprefix("posed_spontaneous.") if plugins in name else name for name in names}


def test_every_folder_of_the_package_is_listed() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    listed = [name for name in setuptools["packages"] if name != "hydra_plugins"]
    assert set(listed) == find_packages()
    assert listed == sorted(listed)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the files that git tracks or would track."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, source],
        check=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_one_package_and_its_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert top == {"posed_spontaneous", "hydra_plugins"}
    for file in (*ROOT.glob("conf/**/*.yaml"), *ROOT.glob("reports/**/*.c*")):
        assert f"posed_spontaneous/{file.relative_to(ROOT).as_posix()}" in names
    assert not any("/tests/" in name for name in names)


@pytest.mark.slow
def test_the_wheel_trains_and_reports_outside_of_the_repository(
    wheel: Path, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    """The dependencies are those of this environment; the package itself is the wheel's."""
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / "bin"
    subprocess.run([scripts / "pip", "install", "--quiet", "--no-deps", wheel], check=True)
    environment = {"PATH": str(scripts), "PYTHONPATH": sysconfig.get_path("purelib")}
    work = tmp_path / "work"
    work.mkdir()

    def run(*command: str) -> str:
        done = subprocess.run(
            [scripts / command[0], *command[1:]], cwd=work, env=environment,
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    located = run("python", "-c", "import posed_spontaneous; print(posed_spontaneous.__file__)")
    assert located.startswith(str(tmp_path / "env"))
    cache = f"paths.cache={tmp_path / 'cache'}"
    sweep = ["-m", "comparison.at=1,2,3", "hydra/launcher=all_cores", *small, *narrow, cache]
    run("posed-spontaneous", "train", *sweep)
    run("posed-spontaneous", "baseline", "-m", "baseline=majority", *small, cache)
    run("posed-spontaneous", "ensemble")
    run("posed-spontaneous", "report", "resamples=100")
    assert len(find_runs(work / "results")) == 3 * 2 + 2 + 2
    assert (work / "results" / "report" / "report.html").is_file()
