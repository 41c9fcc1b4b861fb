import time

import numpy as np
import pytest

from rfb_ext.desktop.testcard import INFO, Testcard, card_heads, card_picture
from rfb_ext.wire.numbers import LayoutStatus
from rfb_ext.wire.types import Rect, Screen, ScreenLayout
from tests.kit import desktop_contract as contract


def clock() -> int:
    return time.monotonic_ns() // 1000


@pytest.fixture(params=[(1, None, 8), (3, (333, 241), 10)], ids=["one", "three odd ten-bit"])
def desktop(request):
    return Testcard(*request.param, clock, rate=100)


def test_contract_first_frames(desktop):
    contract.check_first_frames(desktop)


def test_contract_frames_on_demand(desktop):
    contract.check_frames_on_demand(desktop, lambda desktop: None)


def test_contract_wants(desktop):
    contract.check_wants(desktop, lambda desktop: None)


def test_contract_heartbeats(desktop):
    contract.check_heartbeats(desktop)


def test_contract_input_tags(desktop):
    contract.check_input_tags(desktop)


def test_contract_stop(desktop):
    contract.check_stop(desktop)


class Stepped:
    """A testcard whose clock and steps are the test's."""

    def __init__(self, count: int = 1, size: tuple[int, int] | None = None, depth: int = 8) -> None:
        self.now = 1_000_000
        self.desktop = Testcard(count, size, depth, lambda: self.now, rate=10)
        self.sink = contract.RecordingSink()
        self.desktop.attach(self.sink)
        self.desktop.step()

    def later(self, us: int) -> None:
        self.now += us
        self.desktop.want_frame()
        self.desktop.step()


@pytest.mark.parametrize("size", [None, (100, 75), (16, 16), (801, 603)])
@pytest.mark.parametrize("depth", [8, 10])
def test_what_is_drawn_step_by_step_is_the_picture_of_the_step(size, depth):
    stepped = Stepped(2, size, depth)
    for jump in (1, 1, 3, 50, 1):
        stepped.later(jump * 100_000)
        for head in stepped.desktop.heads:
            frame = stepped.sink.newest(head.id)
            step = stepped.desktop.step_at(stepped.now)
            wanted = card_picture(head, step, stepped.desktop._info)
            assert (frame.pixels == wanted).all()


def test_a_step_that_has_not_come_draws_nothing_and_beats_come_without_wants():
    stepped = Stepped()
    stepped.later(10)
    assert len(stepped.sink.frames) == 1
    stepped.now += 100_000
    stepped.desktop.step()
    assert len(stepped.sink.frames) == 2, "the want was still open"
    beats = len(stepped.sink.beats)
    for _ in range(4):
        stepped.now += 250_000
        stepped.desktop.step()
    assert len(stepped.sink.beats) == beats + 4
    assert len(stepped.sink.frames) == 6, "with each beat, so that it names what would be shown"
    assert [pulses[0].serial for _, _, pulses in stepped.sink.beats[-4:]] == [3, 4, 5, 6]


def test_skipped_steps_are_skipped_not_queued():
    stepped = Stepped()
    stepped.later(10 * 100_000)
    assert [frame.serial for frame in stepped.sink.frames] == [1, 2]


def test_keys_and_pointer_are_seen():
    stepped = Stepped()
    before = stepped.sink.newest(1).pixels.copy()
    stepped.desktop.inject_key(0x61, 30, True, 5)
    stepped.later(0)
    frame = stepped.sink.newest(1)
    assert (frame.pixels != before).any()
    assert frame.input_tag == 5
    pressed = frame.pixels.copy()
    stepped.desktop.inject_pointer(40, 50, 4, 6)
    stepped.later(0)
    frame = stepped.sink.newest(1)
    assert (frame.pixels != pressed).any()
    assert frame.input_tag == 6
    assert (
        frame.pixels == card_picture(frame.head, 0, INFO.format(keysym=0x61, x=40, y=50, buttons=4))
    ).all()


def test_a_key_that_goes_down_and_up_between_two_frames_is_seen():
    stepped = Stepped()
    stepped.desktop.inject_key(0x62, 48, True, 8)
    stepped.desktop.inject_key(0x62, 48, False, 9)
    stepped.later(0)
    frame = stepped.sink.newest(1)
    assert (frame.pixels == card_picture(frame.head, 0, INFO.format(keysym=0x62, x=0, y=0, buttons=0))).all()
    assert frame.input_tag == 9


def test_the_seed_is_that_of_the_noise():
    head = card_heads(1, None, 8)[0]
    plain, seeded = card_picture(head, 1), card_picture(head, 1, seed=7)
    assert (plain == card_picture(head, 1, seed=0)).all()
    rows = np.flatnonzero((plain != seeded).any(axis=1))
    assert (rows.min(), rows.max() + 1) == (8 * 30, 12 * 30)
    desktop = Testcard(1, None, 8, lambda: 0, seed=7)
    sink = contract.RecordingSink()
    desktop.attach(sink)
    desktop.step()
    assert (sink.newest(1).pixels == card_picture(head, 0, desktop._info, seed=7)).all()
    with pytest.raises(ValueError, match="seed"):
        Testcard(1, None, 8, clock, seed=-1)


def test_the_picture_has_the_edge_cases():
    head = card_heads(1, None, 10)[0]
    pixels = card_picture(head, 3, "")
    grey = pixels & 1023
    is_grey = (pixels >> 20 == grey) & (pixels >> 10 & 1023 == grey)
    assert is_grey.any()
    assert (~is_grey).any()
    assert len(np.unique(pixels[0])) >= min(head.rect.w, 1024) - 2, "every grey of the ramp"
    corners = {int(pixels[y, x]) for y in (0, -1) for x in (0, -1)}
    assert len(corners) == 4


def test_heads_and_their_bounds():
    assert [head.rect.w % 2 for head in card_heads(4, None, 8)] == [0, 1, 0, 1]
    for count in (0, 5):
        with pytest.raises(ValueError, match="1 to 4"):
            card_heads(count, None, 8)


def test_clipboard_and_cursor():
    stepped = Stepped()
    stepped.desktop.set_clipboard("a report")
    assert stepped.desktop.last_clipboard == "a report"
    assert stepped.sink.clipboard == ["radterm testcard"]
    assert stepped.sink.cursors[0].rgba.shape[2] == 4


def test_layouts():
    stepped = Stepped(2)
    first, second = stepped.desktop.heads
    serials = {head.id: stepped.sink.newest(head.id).serial for head in stepped.desktop.heads}

    def ask(*screens: Screen) -> LayoutStatus:
        return stepped.desktop.request_layout(ScreenLayout(2000, 2000, screens))

    far = Rect(1000, 1000, 500, 400)
    assert ask(Screen(first.id, far)) is LayoutStatus.INVALID
    assert ask(Screen(first.id, far), Screen(99, Rect(0, 0, 100, 100))) is LayoutStatus.INVALID
    assert ask(Screen(first.id, far), Screen(second.id, far)) is LayoutStatus.INVALID
    assert ask(Screen(first.id, far), Screen(second.id, Rect(0, 0, 5, 100))) is LayoutStatus.INVALID
    assert stepped.sink.layouts == []
    assert ask(Screen(first.id, far), Screen(second.id, Rect(0, 0, 300, 100))) is LayoutStatus.DONE
    stepped.later(1)
    assert [head.rect for head in stepped.sink.layouts[0]] == [far, Rect(0, 0, 300, 100)]
    for head in stepped.desktop.heads:
        frame = stepped.sink.newest(head.id)
        assert frame.pixels.shape == (head.rect.h, head.rect.w)
        assert frame.hint is None
        assert frame.serial > serials[head.id], "a serial never repeats"
