"""Builds the reference page of all configuration groups from the files in conf/."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

PAGE = "reference/configuration.md"


def on_files(files: Files, config: Any) -> Files:
    """Add the generated page."""
    conf = Path(config["docs_dir"]).parent / "conf"
    files.append(File.generated(config, PAGE, content=describe_groups(conf)))
    return files


def describe_groups(conf: Path) -> str:
    """A section for each group, with each option and the comment at the top of its file."""
    folders = sorted({file.parent.relative_to(conf) for file in conf.glob("*/**/*.yaml")})
    lines = [
        "# Configuration groups",
        "",
        "Each folder of `conf/` is a group, each file an option: `python train.py "
        "optimizer=sgd`. `python train.py --cfg job` prints the whole configuration, and every "
        "key of it can be changed: `python train.py optimizer.lr=0.01`.",
    ]
    for folder in folders:
        if folder.parts[0] == "hydra" and folder.name != "launcher":
            continue  # how commands look and where Hydra writes; nothing to choose
        lines += ["", f"## {folder.as_posix()}", "", "| option | |", "|:--|:--|"]
        for file in sorted((conf / folder).glob("*.yaml")):
            lines.append(f"| `{file.stem}` | {read_comment(file)} |")
    return "\n".join(lines) + "\n"


def read_comment(file: Path) -> str:
    """The comment at the top of a configuration file, on one line."""
    comment = []
    for line in file.read_text().splitlines():
        if line.startswith("# @package"):
            continue
        if not line.startswith("#"):
            break
        comment.append(line.removeprefix("#").strip())
    return " ".join(comment).replace("|", "\\|")
