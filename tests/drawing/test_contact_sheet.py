"""Contact sheets of pairs."""

from itertools import combinations

import numpy as np
from matplotlib.text import Text

from posed_spontaneous.drawing.contact_sheet import draw_contact_sheet
from posed_spontaneous.drawing.tiles import PairPicture


def test_texts_neither_overlap_nor_leave_the_sheet() -> None:
    image = np.zeros((4, 4), np.uint8)
    pairs = [
        PairPicture(
            name=f"a-sample-with-a-very-long-name-{number}" * 2,
            label="spontaneous",
            onset=image,
            apex=image,
        )
        for number in range(3)
    ]
    for cell in (44, 120):
        sheet = draw_contact_sheet(
            pairs, title="3 of 3 pairs", columns=2, cell=cell, legend={"framed": "#ff0000"}
        )
        sheet.canvas.draw()
        texts = [text for text in sheet.findobj(Text) if text.get_visible() and text.get_text()]
        assert sum(text.get_text() == "spontaneous" for text in texts) == 3
        boxes = [text.get_window_extent() for text in texts]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
        assert all((box.min >= 0).all() and (box.max <= sheet.bbox.max).all() for box in boxes)


def test_a_sheet_has_as_many_rows_as_its_pairs_need() -> None:
    image = np.zeros((4, 4), np.uint8)
    pair = PairPicture(name="a", label="b", onset=image, apex=image)
    heights = [
        draw_contact_sheet([pair] * count, title="t", columns=2, cell=50).bbox.height
        for count in (1, 2, 3, 4, 5)
    ]
    assert heights[0] == heights[1] < heights[2] == heights[3] < heights[4]
