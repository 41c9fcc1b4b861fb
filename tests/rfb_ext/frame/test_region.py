"""Regions against plain sets of pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.frame.region import TILE, Region
from rfb_ext.wire.types import Rect

sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))
rects = st.lists(
    st.builds(Rect, st.integers(0, 320), st.integers(0, 320), st.integers(0, 200), st.integers(0, 200)),
    max_size=6,
)


def painted(width: int, height: int, rectangles: tuple[Rect, ...] | list[Rect]) -> np.ndarray:
    canvas = np.zeros((height, width), dtype=int)
    for r in rectangles:
        canvas[r.y : r.bottom, r.x : r.right] += 1
    return canvas


@given(sizes, rects)
def test_rects_cover_every_pixel_once_and_nothing_but_touched_tiles(size, added):
    width, height = size
    region = Region(width, height, added)
    covered = painted(width, height, region.rects())
    wanted = painted(width, height, added) > 0
    assert covered.max(initial=0) <= 1
    assert (covered[wanted] == 1).all()
    for y in range(0, height, TILE):
        for x in range(0, width, TILE):
            tile = np.s_[y : y + TILE, x : x + TILE]
            assert covered[tile].min() == covered[tile].max() == int(wanted[tile].any())


@given(sizes, rects, rects)
def test_add_is_union(size, first, second):
    region = Region(*size, first)
    region.add(Region(*size, second))
    assert region == Region(*size, [*first, *second])


def test_whole_is_one_rectangle_and_clear_is_none():
    region = Region.whole(130, 70)
    assert region.rects() == (Rect(0, 0, 130, 70),)
    copy = region.copy()
    region.clear()
    assert not region
    assert region.rects() == ()
    assert copy


def test_regions_of_other_sizes_do_not_mix():
    with pytest.raises(ValueError, match="different size"):
        Region(10, 10).add(Region(11, 10))
