"""The written report: the page in a browser, the files, and a folder that is always complete."""

import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from posed_spontaneous.reports.section import Chapter, Picture, Section, Table
from posed_spontaneous.reports.writing import write_report
from posed_spontaneous.reports.writing.latex import latex_table
from posed_spontaneous.runtime.errors import InputError

HOSTILE = "<script>console.error('broken in')</script> & 5 % of a_b | [c](d) $x^2$ \\end{table}"
HEADLINE = [("What was tested?", "Twelve systems."), ("What is best?", HOSTILE)]
NOTICE = "Generated faces: these figures say nothing about USTC-NVIE or SPOS."


def draw_line(level: float) -> Figure:
    """A picture with elements whose identifiers two pictures may share: a clip path, glyphs."""
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1, 2], [level, 1, level], label="error, %")
    axes.legend()
    return figure


def make_table(name: str, rows: int, **options: object) -> Table:
    systems = [f"CompCNN-Sub@{row}" for row in range(rows)]
    errors = [2.5 + 4 * row for row in range(rows)]
    readable = pd.DataFrame(
        {
            "System": systems,
            "Error (95 % interval)": [f"{e:.2f} ({e - 1:.2f}–{e + 1:.2f})" for e in errors],  # noqa: RUF001
            "Deviation": [f"± {e / 10:.2f}" for e in errors],
            "A further heading as wide as those of a table of results": ["10/10"] * rows,
            "Verdict": ["no more than chance allows"] * rows,
        }
    )
    fractions = [e / 100 for e in errors]
    figures = pd.DataFrame(
        {"system": systems, "error": fractions, "published": [None, *fractions[1:]], "mcc": 0.5}
    )
    percent = ("error", "published")
    return Table(name, "Errors in percent.", readable, figures, percent=percent, **options)


def hostile_rows() -> pd.DataFrame:
    return pd.DataFrame({"System": [HOSTILE, "plain"], "Error": ["1.5", None]})


def make_chapters() -> list[Chapter]:
    hostile = hostile_rows()
    return [
        Chapter(
            "faces-10fold-3fa9",
            "Generated faces, ten folds",
            NOTICE,
            [
                Section(
                    "Errors",
                    [
                        make_table("table1", 12, flagged=(4,)),
                        Picture("errors", "Errors by system.", draw_line(0.5)),
                    ],
                    notes=["A note."],
                    warnings=[f"seed1-fold0{fold}: no run" for fold in range(7)],
                ),
                Section("Pairs", [make_table("pairs", 36, folded=True)]),
            ],
            HEADLINE,
        ),
        Chapter(
            "mine",
            "My recordings",
            "",
            [
                Section(
                    "Errors & more",
                    [
                        Table("hostile", HOSTILE, hostile, hostile),
                        Picture("errors", HOSTILE, draw_line(2)),
                        Table("none", "No rows.", hostile[:0], hostile[:0]),
                    ],
                )
            ],
            [("What is missing?", "The second answer.")],
        ),
    ]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report that is only read."""
    folder = tmp_path_factory.mktemp("written") / "report"
    return write_report(make_chapters(), folder, title="Report").parent


@pytest.fixture
def page(report: Path) -> str:
    return (report / "report.html").read_text()


@pytest.fixture
def chapters() -> list[Chapter]:
    """Chapters that are written quickly."""
    table = make_table("table1", 2)
    sections = [Section("Errors", [table, Picture("errors", "Errors.", draw_line(0.5))])]
    return [
        Chapter("faces", "Generated faces", NOTICE, sections),
        Chapter("mine", "My recordings", "", [Section("Errors", [table])]),
    ]


def read_files(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values(self, *names: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.found for name in names if name in attrs]


# The page in a browser


def browse(page: Path, *options: str) -> tuple[str, list[str]]:
    """Open a page in Chromium: the document, and the messages of the console."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        pytest.skip(f"no browser on PATH: none of {', '.join(names)}")
    done = subprocess.run(
        [
            browser,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            "--hide-scrollbars",
            *("--dump-dom", "--enable-logging=stderr", "--v=0", *options),
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def test_a_browser_shows_it_without_messages(report: Path, page: str, tmp_path: Path) -> None:
    document, messages = browse(report / "report.html")
    assert messages == []
    for cell in ("CompCNN-Sub@11", "46.50", "(45.50–47.50)", "± 4.65"):  # noqa: RUF001
        assert cell in document
    assert "<td" in document
    # A browser adds or drops elements of invalid HTML.
    shown = [tag for tag, _ in Elements(document).found]
    assert shown == [tag for tag, _ in Elements(page).found]

    broken = tmp_path / "broken.html"
    broken.write_text(page.replace("A note.", '<img src="https://host.invalid/x.png">'))
    _, messages = browse(broken)
    assert any("Content Security Policy" in message for message in messages)


def test_wide_tables_scroll_on_a_phone_and_show_that_they_continue(
    report: Path, tmp_path: Path
) -> None:
    probe = tmp_path / "probe.html"
    address = (report / "report.html").as_uri()
    probe.write_text(
        f"""<iframe src="{address}" style="width: 390px; border: 0"></iframe>
        <script>onload = () => {{
          const page = document.querySelector("iframe").contentDocument;
          const boxes = [...page.querySelectorAll("[role=region]")];
          const wide = boxes.filter(box => box.scrollWidth > box.clientWidth);
          const shadow = wide[0] && getComputedStyle(wide[0]).backgroundAttachment;
          const hinted = wide.every(box => box.tabIndex === 0) && /local.*scroll/.test(shadow);
          document.title = `page ${{page.documentElement.scrollWidth}}, hinted ${{hinted}}`;
        }}</script>"""
    )
    document, _ = browse(probe, "--allow-file-access-from-files")
    assert "<title>page 390, hinted true</title>" in document


# The content of the page


def test_the_page_loads_no_external_resource(page: str) -> None:
    elements = Elements(page)
    assert not {tag for tag, _ in elements.found} & {"script", "link", "iframe", "base"}
    loaded = elements.values("src", "href", "srcset", "data", "action")
    assert not [address for address in loaded if "//" in address]
    assert "@import" not in page
    assert "https://" not in page


def test_every_link_leads_somewhere(page: str, report: Path) -> None:
    elements = Elements(page)
    ids = elements.values("id")
    assert len(ids) == len(set(ids)), "two elements have the same identifier"
    named = [a.removeprefix("#") for a in elements.values("href") if a.startswith("#")]
    named += elements.values("aria-labelledby")
    named += [part.split(")")[0] for part in page.split("url(#")[1:]]
    assert set(named) <= set(ids)
    files = [address for address in elements.values("href") if not address.startswith("#")]
    assert len(files) == 4 * 3 + 2 * 2
    assert all((report / address).is_file() for address in files)


def test_warnings_are_at_the_top_and_not_shown_by_colour_only(page: str) -> None:
    assert page.index('id="warnings"') < page.index('id="c1"')
    assert "2 more</a>" in page
    assert page.count("seed1-fold00: no run") == 2
    assert page.count("seed1-fold06: no run") == 1
    assert page.count("needs attention:") == 1
    # In the header and in the chapter, since each shows errors.
    assert page.count(f'role="note">{NOTICE}') == 2


def test_the_first_screen_answers_the_questions_about_the_first_study(page: str) -> None:
    assert page.index("<h1>") < page.index("Twelve systems.") < page.index('id="warnings"')
    assert page.count("<dt>What was tested?</dt>") == 1
    assert page.index('id="c2"') < page.index("The second answer.") < page.index('id="c2-s1"')


def test_hostile_text_is_text(page: str) -> None:
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3  # the caption, the cell, the picture


def test_a_report_without_warnings_states_it(tmp_path: Path) -> None:
    chapter = Chapter("faces", "Generated faces", "", [Section("Errors")])
    page = write_report([chapter], tmp_path / "report", title="Report").read_text()
    assert "No warnings." in page


# Files


def test_the_spreadsheet_parses_back(report: Path) -> None:
    read = pd.read_csv(report / "faces-10fold-3fa9" / "table1.csv")
    assert set(read.pop("notice")) == {NOTICE}
    expected = make_table("table1", 12).figures
    assert list(read) == ["system", "error_percent", "published_percent", "mcc"]
    read = read.set_axis(expected.columns, axis="columns")
    percent = ["error", "published"]
    read[percent] /= 100
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)


def test_the_csv_has_the_numbers_that_the_table_prints(report: Path) -> None:
    read = pd.read_csv(report / "faces-10fold-3fa9" / "table1.csv")
    printed = make_table("table1", 12).rows["Error (95 % interval)"].str.split().str[0]
    assert list(read["error_percent"]) == list(printed.astype(float))


def test_markdown_holds_caption_notice_and_rows(report: Path) -> None:
    text = (report / "faces-10fold-3fa9" / "table1.md").read_text()
    caption, notice, body, legend = text.split("\n\n")
    assert (caption, notice) == ("Errors in percent.", f"**{NOTICE}**")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in body.splitlines()]
    assert rows[1][0].startswith(":-")
    assert rows[1][1].endswith("-:")
    assert rows[6][:2] == ["**!** CompCNN-Sub@4", "18.50 (17.50–19.50)"]  # noqa: RUF001
    assert "!" in legend
    hostile = (report / "mine" / "hostile.md").read_text()
    assert r"\<script>" in hostile
    assert r"\| [c]\(d)" in hostile


def test_latex_has_rules_and_escapes(report: Path) -> None:
    latex = (report / "faces-10fold-3fa9" / "table1.tex").read_text()
    head, body = latex.split(r"\midrule")
    assert r"\toprule" in head
    assert rf"\caption{{Errors in percent. {NOTICE}" in head
    aligned = re.findall(r"\\ragged(left|right)", head)
    assert aligned == ["right", "left", "left", "left", "right"]
    assert r"Error (95 \% interval)" in head
    rows = body.partition(r"\bottomrule")[0].strip().splitlines()
    assert len(rows) == 12
    assert rows[0].startswith(r"CompCNN-Sub@0 & 2.50 (1.50--3.50) & $\pm$ 0.25 & 10/10 &")
    assert rows[4].startswith(r"\textbf{!} CompCNN-Sub@4 &")
    hostile = (report / "mine" / "hostile.tex").read_text()
    assert r"\& 5 \% of a\_b \textbar{} {[}c](d) \$x\textasciicircum{}2\$" in hostile
    assert hostile.count(r"\end{table}") == 1
    long = latex_table(make_table("long", 60), NOTICE)
    assert long.startswith(r"% Requires \usepackage{array, booktabs, longtable}")
    assert r"\begin{longtable}" in long


def test_latex_tables_are_no_wider_than_the_text_of_an_article(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex on PATH")
    digest = pd.DataFrame(
        {
            "Property": ["Samples (SHA-256 of images and manifest)", "symbols"],
            "Value": ["0a1b2c3d" * 8, "< > − ± × · ≤ ≥ ≠ ≈ → ° ² α β Δ κ – — … | [ * ~ ^ \\"],  # noqa: RUF001
        }
    )
    wide = pd.DataFrame(
        {"Option": ["lightning_module.optimizer.weight_decay"]}
        | {f"Balanced accuracy {i}": ["0.531 (0.500 to 0.625)"] for i in range(5)}
        | {"McNemar (ignores clustering)": ["<0.001"]}
    )
    for name, rows in (("digest", digest), ("wide", wide), ("hostile", hostile_rows())):
        (tmp_path / f"{name}.tex").write_text(latex_table(Table(name, HOSTILE, rows, rows), NOTICE))
    long = make_table("long", 60, flagged=(3,))
    (tmp_path / "long.tex").write_text(latex_table(long, NOTICE))
    document = r"\documentclass{article}\usepackage{array,booktabs,longtable}\begin{document}"
    inputs = "".join(rf"\input{{{path.name}}}" for path in sorted(tmp_path.glob("*.tex")))
    (tmp_path / "article.tex").write_text(rf"{document}{inputs}\end{{document}}")
    subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "article.tex"],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=True,
    )
    log = (tmp_path / "article.log").read_text(errors="replace")
    assert "Output written" in log
    assert "Overfull" not in log
    assert "too large" not in log


# The folder


def test_the_same_content_gives_the_same_bytes(chapters: list[Chapter], tmp_path: Path) -> None:
    folder = tmp_path / "report"
    write_report(chapters, folder, title="Report")
    first = read_files(folder)
    write_report(chapters, folder, title="Report")
    assert read_files(folder) == first
    assert len(first) == 1 + 2 * 3 + 2


def test_chapters_of_the_former_report_are_deleted(chapters: list[Chapter], tmp_path: Path) -> None:
    folder = tmp_path / "report"
    write_report(chapters, folder, title="Report")
    write_report(chapters[1:], folder, title="Report")
    assert sorted(path.name for path in folder.iterdir()) == ["mine", "report.html"]
    assert [f for f in tmp_path.iterdir() if f.suffix != ".lock"] == [folder]


@pytest.mark.parametrize("fault", ["a failure", "two of one name"])
def test_a_failure_leaves_the_former_report(
    chapters: list[Chapter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    folder = tmp_path / "report"
    write_report(chapters, folder, title="Report")
    former = read_files(folder)
    if fault == "a failure":
        monkeypatch.setattr(
            "posed_spontaneous.reports.writing.report_folder.render_page", lambda *_, **__: 1 / 0
        )
        with pytest.raises(ZeroDivisionError):
            write_report(chapters[1:], folder, title="Report")
    else:
        with pytest.raises(FileExistsError):
            write_report([*chapters, replace(chapters[0], title="Again")], folder, title="Report")
    assert read_files(folder) == former
    assert [f for f in tmp_path.iterdir() if f.suffix != ".lock"] == [folder]


def test_a_kill_between_the_renames_loses_nothing(chapters: list[Chapter], tmp_path: Path) -> None:
    folder = tmp_path / "report"
    write_report(chapters[1:], folder, title="Report")
    former = read_files(folder)
    folder.rename(tmp_path / ".report.former")
    ended = subprocess.Popen(["true"])
    ended.wait()
    leftover = tmp_path / f".report.{socket.gethostname()}.{ended.pid}.part"
    leftover.mkdir()
    with pytest.raises(FileExistsError):
        write_report([chapters[1], chapters[1]], folder, title="Report")
    assert read_files(folder) == former
    assert not leftover.exists()


@pytest.mark.parametrize("files", [["mine.txt"], ["report.html", "runs/seed0/run.json"]])
def test_a_folder_of_other_things_is_refused(
    chapters: list[Chapter], tmp_path: Path, files: Sequence[str]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("precious")
    with pytest.raises(InputError, match="not part of a report"):
        write_report(chapters, tmp_path, title="Report")
    assert sorted(read_files(tmp_path)) == sorted(files)
