import numpy as np
import pytest

from rfb_ext.desktop.text import draw_text, rendered, word
from rfb_ext.wire.types import Rect


@pytest.mark.parametrize("depth", [8, 10])
def test_text_is_grey_and_stays_where_it_says(depth):
    picture = np.full((60, 300), 7, "<u4")
    rect = draw_text(picture, 20, 10, "slice 12/40", depth=depth, ink=255, paper=0)
    part = picture[rect.y : rect.bottom, rect.x : rect.right]
    top = (1 << depth) - 1
    grey = part & top
    assert (part == (grey | grey << depth | grey << 2 * depth)).all()
    assert {0, top} <= set(grey.ravel().tolist())
    picture[rect.y : rect.bottom, rect.x : rect.right] = 7
    assert (picture == 7).all()


@pytest.mark.parametrize(("x", "y"), [(-5, -5), (290, 50), (1000, 0), (0, 1000)])
def test_text_is_cut_at_the_edge(x, y):
    picture = np.zeros((60, 300), "<u4")
    assert Rect(0, 0, 300, 60).contains(draw_text(picture, x, y, "cut", depth=8))


def test_long_text_is_bounded_and_words_are_grey():
    assert rendered("x" * 100_000, 10).shape[1] < 10_000
    assert word(255, 10) == 0x3FFFFFFF
    assert word(16, 8) == 0x101010
