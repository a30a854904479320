"""Pictures as vector graphics whose bytes depend on nothing but the drawing."""

import io
import re
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"


def draw_svg(figure: Figure, description: str) -> bytes:
    """A figure as an SVG file that carries its description and no date."""
    return _draw(figure, "svg", {"Date": None, "Description": description})


def draw_pdf(figure: Figure, description: str) -> bytes:
    """A figure as a PDF file that carries its description and no date."""
    return _draw(figure, "pdf", {"CreationDate": None, "Subject": description})


def _draw(figure: Figure, form: str, metadata: dict[str, str | None]) -> bytes:
    stream = io.BytesIO()
    with matplotlib.rc_context(
        {
            "svg.hashsalt": "posed-spontaneous",  # or the names of clip paths are random
            "svg.fonttype": "path",  # the same glyphs on every machine
            "pdf.fonttype": 42,  # TrueType; publishers refuse Type 3
        }
    ):
        figure.savefig(stream, format=form, metadata=metadata)
    return stream.getvalue()


def inline_svg(file: bytes, *, prefix: str, label: str) -> str:
    """Make an SVG file an element of a page.

    Args:
        file: The file, as ``draw_svg`` makes it.
        prefix: What its identifiers begin with, unique in the page: two drawings of matplotlib
            give the same names to different things.
        label: Text for those who cannot see it.

    Returns:
        An ``svg`` element.
    """
    root = ElementTree.fromstring(file)
    for parent in list(root.iter()):
        for child in list(parent):
            # A style sheet would hold for the whole page; the rest is told by the page itself.
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        element.attrib = {
            name.removeprefix(_XLINK): _prefix_names(name, value, prefix)
            for name, value in element.attrib.items()
        }
        # Line breaks of the file say nothing.
        element.text = (element.text or "").strip()
        element.tail = None
    root.attrib |= {"role": "img", "aria-label": label}
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    return ElementTree.tostring(root, encoding="unicode")


def _prefix_names(attribute: str, value: str, prefix: str) -> str:
    if attribute == "id":
        return prefix + value
    if attribute == f"{_XLINK}href":
        return re.sub("^#", f"#{prefix}", value)
    return re.sub(r"url\(#", f"url(#{prefix}", value)
