"""A held picture never changes; a picture begun equals the newest one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.frame.pool import FramePool
from rfb_ext.wire.types import Rect


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 3)), max_size=40))
def test_pictures_follow_the_newest_and_held_ones_never_change(steps):
    pool = FramePool(50, 40, most=4)
    truth = np.zeros((40, 50), dtype="<u4")
    held: list[tuple[np.ndarray, np.ndarray]] = []
    for value, (x, y, drop) in enumerate(steps, start=1):
        picture = pool.begin()
        if picture is None:
            assert len({id(p) for p, _ in held}) >= 3
            del held[0]
            continue
        assert (picture == truth).all()
        rect = Rect(x, y, 10, 10)
        picture[y : y + 10, x : x + 10] = truth[y : y + 10, x : x + 10] = value
        published = pool.publish(picture, [rect])
        assert not published.flags.writeable
        held.append((published, truth.copy()))
        del picture, published
        if drop == 0 and held:
            del held[0]
        for kept, copy in held:
            assert (kept == copy).all()


def test_a_slice_alone_holds_its_picture():
    pool = FramePool(10, 10, most=2)
    first = pool.begin()
    part = pool.publish(first, [])[2:4, 2:4]
    del first
    second = pool.publish(pool.begin(), [])
    assert pool.begin() is None
    del part
    assert pool.begin() is not None
    assert second is not None


def test_a_picture_begun_and_given_up_is_free_again():
    pool = FramePool(10, 10, most=2)
    pool.publish(pool.begin(), [])
    for _ in range(5):
        assert pool.begin() is not None
