"""Figures as vector graphics, the same bytes for the same figure."""

import io
import re

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure


def draw_svg(figure: Figure, description: str) -> bytes:
    """Draw a figure as an SVG file with a description and without a date."""
    return _draw(figure, "svg", {"Date": None, "Description": description})


def draw_pdf(figure: Figure, description: str) -> bytes:
    """Draw a figure as a PDF file with a description and without a date."""
    return _draw(figure, "pdf", {"CreationDate": None, "Subject": description})


def _draw(figure: Figure, suffix: str, metadata: dict[str, str | None]) -> bytes:
    stream = io.BytesIO()
    with matplotlib.rc_context(
        {
            "svg.hashsalt": "posed-spontaneous",  # otherwise the names of clip paths are random
            "svg.fonttype": "path",  # the same glyphs on every machine
            "pdf.fonttype": 42,  # TrueType, because publishers refuse Type 3
        }
    ):
        figure.savefig(stream, format=suffix, metadata=metadata)
    return stream.getvalue()


def inline_svg(file: bytes, *, prefix: str, label: str) -> Markup:
    """Turn an SVG file of matplotlib into an ``svg`` element of a page.

    Args:
        file: The file, as ``draw_svg`` returns it.
        prefix: Start of its identifiers, unique in the page, because matplotlib uses the same
            identifiers in different figures.
        label: Alternative text.
    """
    # The style sheet of the file would apply to the whole page; the style attribute replaces it.
    _, _, element = file.decode().partition("<svg")
    element = re.sub(r"<!--.*?-->|<(metadata|style)\b.*?</\1>", "", element, flags=re.DOTALL)
    element = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>{prefix}", element)
    element = re.sub(r'\sxmlns(:xlink)?="[^"]*"', "", element).replace("xlink:href", "href")
    style = "stroke-linejoin: round; stroke-linecap: butt"
    opening = Markup('<svg role="img" aria-label="{}" style="{}"').format(label, style)
    return opening + Markup(element)
