from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.server.sticky import WASTE, StickyRects
from rfb_ext.wire.types import Rect

rects = st.builds(Rect, st.integers(0, 500), st.integers(0, 500), st.integers(1, 300), st.integers(1, 300))


@given(st.lists(rects, max_size=20))
def test_always_holds_the_damage_and_wastes_little(damages):
    sticky = StickyRects()
    for damage in damages:
        rect = sticky.hold(damage)
        assert rect.contains(damage)
        assert rect.area <= WASTE * damage.area


def test_damage_that_moves_inside_keeps_its_rectangle():
    sticky = StickyRects()
    first = sticky.hold(Rect(0, 0, 640, 640))
    assert sticky.hold(Rect(64, 64, 500, 500)) == first
    assert sticky.hold(Rect(0, 0, 64, 64)) == Rect(0, 0, 64, 64)
    assert sticky.hold(Rect(0, 64, 600, 500)) == first
