"""Pairs with their feature maps."""

import numpy as np

from posed_spontaneous.drawing.compared_maps import LayerMaps, draw_compared_maps
from posed_spontaneous.drawing.tiles import PairPicture, render_png

IMAGE = np.zeros((8, 8), np.uint8)
PAIR = PairPicture(name="s1", label="posed", onset=IMAGE, apex=IMAGE)


def test_the_strongest_channels_come_first() -> None:
    strength = np.array([0.0, 3.0, 1.0, 3.0], np.float32)[None, :, None, None]
    comparison = np.broadcast_to(strength, (2, 4, 3, 3))
    layer = LayerMaps.strongest("layer", [5 - comparison, 0 * comparison, comparison], 3)
    assert layer.channels.tolist() == [1, 3, 2]
    assert layer.peaks == (4.0, 3.0)
    assert layer.of_pair(1).onset.shape == (1, 3, 3, 3)


def test_maps_of_a_layer_share_a_scale() -> None:
    onset = np.arange(32, dtype=np.float32).reshape(1, 2, 4, 4)
    layer = LayerMaps.strongest("layer", [onset, onset / 2, onset / 4], 2)
    images = draw_compared_maps([PAIR], [layer]).axes[0].images[3:]
    assert [image.get_clim() for image in images] == [(0, 31), (0, 31), (0, 7.75)] * 2


def test_maps_of_zeros_and_pairs_without_layers_can_be_drawn() -> None:
    zeros = np.zeros((1, 2, 2, 2), np.float32)
    layer = LayerMaps.strongest("layer", [zeros] * 3, 2)
    for layers in ([layer], []):
        assert render_png(draw_compared_maps([PAIR], layers))
