"""Damage never misses a changed pixel, and never names an unchanged tile."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.frame.damage import compare
from rfb_ext.frame.region import Region
from rfb_ext.wire.types import Rect


@given(
    st.integers(1, 200),
    st.integers(1, 200),
    st.lists(st.tuples(st.integers(0, 199), st.integers(0, 199), st.integers(0, 31)), max_size=8),
)
def test_exactly_the_tiles_with_a_changed_bit(width, height, flips):
    before = np.arange(width * height, dtype="<u4").reshape(height, width)
    after = before.copy()
    for x, y, bit in flips:
        after[y % height, x % width] ^= np.uint32(1 << bit)
    changed = [Rect(int(x), int(y), 1, 1) for y, x in np.argwhere(before != after)]
    assert compare(before, after, None) == Region(width, height, changed)
    assert compare(before, after, tuple(changed)) == Region(width, height, changed)


def test_outside_the_hint_is_not_looked_at():
    before = np.zeros((200, 200), dtype="<u4")
    after = before.copy()
    after[5, 5] = after[150, 150] = 1
    assert compare(before, after, (Rect(0, 0, 10, 10),)) == Region(200, 200, [Rect(5, 5, 1, 1)])
    assert not compare(before, after, ())


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="shapes"):
        compare(np.zeros((2, 2), "<u4"), np.zeros((2, 3), "<u4"), None)
