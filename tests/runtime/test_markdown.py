"""Plain text and tables as Markdown."""

import pytest

from posed_spontaneous.runtime.markdown import escape_markdown, markdown_table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("a*b*c", r"a\*b\*c"),
        ("<b> & `c`", r"\<b> \& \`c\`"),
        ("[here](there)", r"[here]\(there)"),
        ("[1.2, 3.4]", "[1.2, 3.4]"),
        ("fold_mean_error", "fold_mean_error"),
    ],
)
def test_text_is_shown_as_it_is(text: str, expected: str) -> None:
    assert escape_markdown(text) == expected


def test_numbers_are_aligned_to_the_right() -> None:
    table = markdown_table(["a|b", "n"], [["x", "1"], ["**y**", "10"]], [False, True])
    assert table.splitlines() == [
        r"| a\|b   |   n |",
        "|:-------|----:|",
        "| x      |   1 |",
        "| **y**  |  10 |",
    ]
