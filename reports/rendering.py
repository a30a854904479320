"""A table written for people (Markdown), spreadsheets (CSV) and papers (LaTeX)."""

from pathlib import Path

import pandas as pd

from reports.table1 import Table

MISSING = "\N{EN DASH}"
HEADINGS = {
    "system": "System",
    "published_subset": "Published, NVIE subset",
    "published_full": "Published, full NVIE",
    "error": "Error, pooled",
    "fold_mean_error": "Error, fold mean",
    "balanced_accuracy": "Balanced accuracy",
    "runs": "Runs",
}
CAPTION = (
    "Errors in percent. Published: the paper's Table 1 on USTC-NVIE. Ours: pooled over the folds "
    "of {study}, mean ± deviation over seeds where there are several; the mean of the folds' "
    "errors stands beside it."
)


def write_table(table: Table, folder: Path) -> list[Path]:
    """Write ``table1.md``, ``table1.csv`` and ``table1.tex``.

    Args:
        table: The table.
        folder: Where to write.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        folder / "table1.md": _markdown(table),
        folder / "table1.csv": table.rows.assign(notice=table.notice).to_csv(index=False),
        folder / "table1.tex": _latex(table),
    }
    for file, text in files.items():
        file.write_text(text)
    return list(files)


def readable_rows(table: Table) -> pd.DataFrame:
    """The rows as text under full headings, missing figures as a dash."""
    rows = table.rows.copy()
    for column in ("published_subset", "published_full", "fold_mean_error", "balanced_accuracy"):
        rows[column] = rows[column].map(_two_digits)
    rows["error"] = [
        _two_digits(mean) + (f" ± {deviation:.2f}" if pd.notna(deviation) else "")
        for mean, deviation in zip(rows["error"], rows["error_deviation"], strict=True)
    ]
    rows["runs"] = rows["runs"].fillna(MISSING)
    return rows[list(HEADINGS)].rename(columns=HEADINGS)


def _two_digits(value: float) -> str:
    return MISSING if pd.isna(value) else f"{value:.2f}"


def _markdown(table: Table) -> str:
    body = readable_rows(table).to_markdown(index=False, disable_numparse=True)
    parts = [f"# Table 1, {table.study}", CAPTION.format(study=table.study)]
    parts += [f"**{table.notice}**"] if table.notice else []
    parts += [body]
    if table.missing:
        parts += ["Missing:\n\n" + "\n".join(f"- {line}" for line in table.missing)]
    return "\n\n".join(parts) + "\n"


def _latex(table: Table) -> str:
    caption = f"{CAPTION.format(study=table.study)} {table.notice}".strip()
    styler = readable_rows(table).style.hide(axis="index").format(escape="latex")
    styler = styler.format_index(escape="latex", axis="columns")
    escaped = caption.replace("_", r"\_").replace("±", r"$\pm$")
    latex: str = styler.to_latex(hrules=True, caption=escaped, column_format="lrrrrrr")
    notes = "".join(f"% missing: {line}\n" for line in table.missing)
    return latex.replace("±", r"$\pm$").replace(MISSING, "--") + notes
