"""What a viewer is owed: whatever is not sent stays owed; nothing queues."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.frame.frames import Frame, Head
from rfb_ext.frame.region import Region
from rfb_ext.server.pace import Pace
from rfb_ext.server.pictures import CapturedPicture, UpdateJob
from rfb_ext.server.session.updates import Updates
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.types import Rect

LEFT = Head(1, Rect(0, 0, 200, 150))
RIGHT = Head(2, Rect(200, 0, 100, 90))
PLANES = int(Encoding.PLANES)
EVERYTHING = Rect(0, 0, 300, 150)


def picture(head: Head, serial: int, *damage: Rect) -> CapturedPicture:
    pixels = np.full((head.rect.h, head.rect.w), serial, dtype="<u4")
    region = Region(head.rect.w, head.rect.h, damage or [Rect(0, 0, head.rect.w, head.rect.h)])
    return CapturedPicture(Frame(head, pixels, None, serial, serial), region, bytes(16))


def radterm_updates() -> Updates:
    updates = Updates((LEFT, RIGHT))
    updates.radterm = True
    updates.continuous(True, EVERYTHING)
    return updates


def rects(job: UpdateJob | None) -> list[tuple[int, tuple[Rect, ...]]]:
    return [(head.picture.frame.head.id, head.rects) for head in job.heads] if job else []


def test_one_update_a_head_each_complete():
    updates = radterm_updates()
    updates.picture_captured(picture(LEFT, 1))
    updates.picture_captured(picture(RIGHT, 1))
    assert rects(updates.next_job()) == [(1, (Rect(0, 0, 200, 150),))]
    assert rects(updates.next_job()) == [(2, (Rect(0, 0, 100, 90),))]
    assert updates.next_job() is None


def test_nothing_goes_out_unasked():
    updates = Updates((LEFT,))
    updates.radterm = True
    updates.picture_captured(picture(LEFT, 1))
    assert updates.next_job() is None
    assert not updates.wants_frame


def test_frames_that_come_while_one_is_encoded_merge_into_one_region():
    updates = radterm_updates()
    updates.picture_captured(picture(LEFT, 1))
    updates.next_job()
    updates.picture_captured(picture(LEFT, 2, Rect(0, 0, 1, 1)))
    updates.picture_captured(picture(LEFT, 3, Rect(130, 130, 1, 1)))
    assert updates.next_job() is None
    updates.encoded(1, frozenset({PLANES}))
    job = updates.next_job()
    assert job is not None
    assert job.heads[0].picture.frame.serial == 3
    assert rects(job) == [(1, (Rect(0, 0, 64, 64), Rect(128, 128, 64, 22)))]
    assert job.heads[0].complete


def test_pace_holds_back_and_damage_waits():
    updates = radterm_updates()
    updates.pace = Pace(lambda: 0)
    updates.pace.sent(1, 1 << 30)
    updates.picture_captured(picture(LEFT, 1))
    assert updates.next_job() is None
    assert not updates.wants_frame
    updates.pace.acknowledged(1)
    assert updates.wants_frame
    assert updates.next_job() is not None


def test_a_resync_avoids_what_failed_once_and_twice_withdraws_it():
    updates = radterm_updates()
    updates.picture_captured(picture(LEFT, 1))
    updates.next_job()
    updates.encoded(1, frozenset({PLANES}))
    assert updates.resync(1, LEFT.rect, PLANES) is None
    job = updates.next_job()
    assert job is not None
    assert job.heads[0].avoided == {PLANES}
    assert rects(job) == [(1, (Rect(0, 0, 200, 150),))]
    updates.encoded(1, frozenset({0}))
    updates.picture_captured(picture(LEFT, 2))
    job = updates.next_job()
    assert job is not None
    assert job.heads[0].avoided == frozenset()
    updates.encoded(1, frozenset({PLANES}))
    assert updates.resync(1, LEFT.rect, PLANES) == PLANES
    assert updates.resync(1, LEFT.rect, PLANES) is None
    for _ in range(2):
        updates.all_owed()
        job = updates.next_job()
        assert job is not None
        assert PLANES in job.heads[0].avoided
        updates.encoded(1, frozenset({0}))


def test_a_resync_that_blames_nobody_avoids_what_was_sent_last_and_raw_is_never_withdrawn():
    updates = radterm_updates()
    updates.picture_captured(picture(LEFT, 1))
    updates.next_job()
    updates.encoded(1, frozenset({PLANES, 0}))
    for _ in range(3):
        assert updates.resync(1, LEFT.rect, None) is None
        assert updates.resync(1, LEFT.rect, 0) is None
    job = updates.next_job()
    assert job is not None
    assert job.heads[0].avoided == {PLANES}
    assert updates.resync(77, LEFT.rect, None) is None


def test_a_standard_viewer_gets_all_heads_in_one_update_once_all_have_pictures():
    updates = Updates((LEFT, RIGHT))
    updates.requested(False, EVERYTHING)
    updates.picture_captured(picture(LEFT, 1))
    assert updates.next_job() is None
    updates.picture_captured(picture(RIGHT, 1))
    assert rects(updates.next_job()) == [(1, (Rect(0, 0, 200, 150),)), (2, (Rect(0, 0, 100, 90),))]
    updates.encoded(1, frozenset())
    updates.encoded(2, frozenset())
    updates.picture_captured(picture(LEFT, 2))
    assert updates.next_job() is None, "not asked again"
    updates.requested(True, EVERYTHING)
    assert rects(updates.next_job()) == [(1, (Rect(0, 0, 200, 150),))]


def test_a_non_incremental_request_is_answered_although_nothing_changed():
    updates = Updates((LEFT,))
    updates.picture_captured(picture(LEFT, 1))
    for _ in range(2):
        updates.requested(False, Rect(10, 10, 20, 20))
        assert rects(updates.next_job()) == [(1, (Rect(10, 10, 20, 20),))]
        updates.encoded(1, frozenset())


@given(
    st.lists(
        st.builds(Rect, st.integers(0, 190), st.integers(0, 140), st.integers(1, 60), st.integers(1, 60)),
        min_size=1,
        max_size=6,
    ),
    st.lists(
        st.builds(Rect, st.integers(0, 190), st.integers(0, 140), st.integers(1, 200), st.integers(1, 150)),
        max_size=6,
    ),
)
def test_whatever_parts_are_asked_for_the_viewer_ends_with_the_newest_picture(damages, areas):
    updates = Updates((LEFT,))
    shown = np.zeros((150, 200), dtype="<u4")
    truth = shown.copy()
    areas = [*areas, Rect(0, 0, 200, 150)]
    asked = Rect(0, 0, 0, 0)
    for serial, area in enumerate(areas, start=1):
        damage = damages[serial % len(damages)].intersect(Rect(0, 0, 200, 150))
        truth[damage.y : damage.bottom, damage.x : damage.right] = serial
        pixels = truth.copy()
        frame = Frame(LEFT, pixels, None, serial, serial)
        updates.picture_captured(CapturedPicture(frame, Region(200, 150, [damage]), bytes(16)))
        updates.requested(True, area)
        asked = asked.union(area)  # requests not answered yet count as one
        job = updates.next_job()
        while job is not None:
            for r in job.heads[0].rects:
                assert asked.contains(r)
                shown[r.y : r.bottom, r.x : r.right] = pixels[r.y : r.bottom, r.x : r.right]
            updates.encoded(1, frozenset())
            asked = Rect(0, 0, 0, 0)
            job = updates.next_job()
    assert (shown == truth).all()


def test_a_picture_of_a_layout_that_is_gone_is_not_taken():
    updates = radterm_updates()
    updates.heads_changed((RIGHT,))
    updates.picture_captured(picture(LEFT, 1))
    assert updates.next_job() is None
    updates.picture_captured(picture(RIGHT, 1))
    assert rects(updates.next_job()) == [(2, (Rect(0, 0, 100, 90),))]


@pytest.mark.parametrize("incremental", [True, False])
def test_asked_only_says_that_a_request_waits_for_nothing(incremental):
    updates = Updates((LEFT,))
    assert not updates.asked_only
    updates.picture_captured(picture(LEFT, 1))
    updates.requested(False, EVERYTHING)
    updates.next_job()
    updates.encoded(1, frozenset())
    updates.requested(incremental, EVERYTHING)
    assert updates.asked_only is incremental
