"""When a drawn desktop draws, with a clock of the test's and mostly without a thread."""

import threading
from collections.abc import Hashable

import pytest

from rfb_ext.desktop import capture_thread
from rfb_ext.desktop.capture_thread import DrawnDesktop, period_us
from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Frame, Head, Pixels
from rfb_ext.frame.pool import FramePool
from rfb_ext.wire.types import Rect
from tests.kit.desktop_contract import RecordingSink

HEADS = (Head(1, Rect(0, 0, 4, 3)), Head(2, Rect(4, 0, 2, 2)))


class Number(DrawnDesktop):
    """Shows a number on each head; it is changed by the key, and by the test."""

    def __init__(self, heads: tuple[Head, ...] = HEADS[:1]) -> None:
        self.now = 0
        self.number = 0
        self.draws = 0
        super().__init__("number", heads, lambda: self.now)

    def revision(self, head: Head, now_us: int) -> Hashable:
        return self.number

    def next_change(self, now_us: int) -> int | None:
        return None

    def draw(self, head: Head, picture: Pixels, now_us: int, before: Hashable) -> tuple[Rect, ...]:
        self.draws += 1
        if self.number == 13:
            raise CaptureError("unlucky")
        picture[:] = self.number
        return (Rect(0, 0, head.rect.w, head.rect.h),)

    def key(self, keysym: int, down: bool) -> None:
        self.number = keysym


class Doubting(RecordingSink):
    """Says of each frame what `verdict` is."""

    verdict = True

    def frame_captured(self, frame: Frame) -> bool:
        super().frame_captured(frame)
        return self.verdict


def attached(heads: tuple[Head, ...] = HEADS[:1], keep: int = 2) -> tuple[Number, Doubting]:
    desktop, sink = Number(heads), Doubting(keep)
    desktop.attach(sink)
    desktop.step()
    return desktop, sink


def test_nothing_is_drawn_unless_it_is_wanted_and_differs():
    desktop, sink = attached(HEADS)
    assert dict(sink.counts) == {1: 1, 2: 1}
    desktop.number = 1
    desktop.step()
    assert desktop.draws == 2, "nobody wanted it"
    desktop.want_frame()
    desktop.want_frame()
    desktop.step()
    desktop.number = 2
    desktop.step()
    assert dict(sink.counts) == {1: 2, 2: 2}, "one frame for one want, or two"
    desktop.want_frame()
    desktop.step()
    desktop.want_frame()
    desktop.step()
    desktop.step()
    assert dict(sink.counts) == {1: 3, 2: 3}
    desktop.number = 3
    desktop.step()
    assert dict(sink.counts) == {1: 4, 2: 4}, "the want was still open"


def test_a_serial_is_used_up_by_a_frame_that_differs_and_so_is_a_want():
    desktop, sink = attached()
    sink.verdict = False
    desktop.number = 1
    desktop.want_frame()
    desktop.step()
    desktop.number = 2
    desktop.step()
    assert [frame.serial for frame in sink.frames] == [2, 2]
    sink.verdict = True
    desktop.number = 3
    desktop.step()
    desktop.number = 4
    desktop.step()
    assert sink.frames[-1].serial == 2
    assert sink.counts[1] == 4, "the want is met now"
    desktop.want_frame()
    desktop.step()
    assert sink.frames[-1].serial == 3
    desktop.now = 300_000
    desktop.step()
    assert sink.beats[-1][2][0].serial == 3


def test_a_frame_with_a_heartbeat_leaves_no_want_behind():
    desktop, sink = attached()
    sink.verdict = False
    desktop.number, desktop.now = 1, 250_000
    desktop.step()
    desktop.number = 2
    desktop.step()
    assert sink.counts[1] == 2


def test_held_frames_hold_drawing_back_and_nothing_is_lost():
    desktop, sink = attached(keep=100)
    for number in range(1, 30):
        desktop.number = number
        desktop.want_frame()
        desktop.step()
    held = len(sink.frames)
    assert held < 10
    assert [int(frame.pixels[0, 0]) for frame in sink.frames] == list(range(held))
    desktop.now = 250_000
    desktop.step()
    pulse = sink.beats[-1][2][0]
    assert (pulse.serial, pulse.read_us) == (held, 0), "what could not be read is not called read"
    del sink.frames[:2]
    desktop.step()
    assert int(sink.frames[-1].pixels[0, 0]) == 29
    assert sink.frames[-1].serial == held + 1


def test_a_frame_that_is_let_go_wakes_the_thread(monkeypatch):
    """With a heartbeat a minute, nothing else can have woken it in time."""
    monkeypatch.setattr(capture_thread, "HEARTBEAT_MS", 60_000)
    refused = threading.Event()

    class Pool(FramePool):
        def begin(self) -> Pixels | None:
            picture = super().begin()
            if picture is None:
                refused.set()
            return picture

    monkeypatch.setattr(capture_thread, "FramePool", Pool)
    desktop, sink = Number(), Doubting(100)
    desktop.start(sink)
    try:
        for number in range(1, 7):
            sink.wait(lambda n=number: len(sink.frames) == n)
            desktop.inject_key(number, 0, True, number)
            desktop.want_frame()
        assert refused.wait(10)
        with sink.changed:
            assert len(sink.frames) == 6
            del sink.frames[:1]
        sink.wait(lambda: sink.frames[-1].input_tag == 6)
    finally:
        desktop.stop()


def test_heads_that_change_begin_anew_and_their_serials_go_on():
    desktop, sink = attached(HEADS)
    other = (Head(1, Rect(0, 0, 5, 5)), HEADS[1])
    desktop.change_heads(HEADS)
    desktop.change_heads(other)
    desktop.step()
    assert sink.layouts == [other]
    assert [(f.head, f.serial, f.hint) for f in sink.frames[-2:]] == [(h, 2, None) for h in other]


def test_input_is_bounded_and_the_newest_counts(monkeypatch):
    desktop, sink = attached()
    for number in range(10_000):
        desktop.inject_key(number, 0, True, number)
    desktop.want_frame()
    desktop.step()
    assert int(sink.frames[-1].pixels[0, 0]) == sink.frames[-1].input_tag == 9_999
    assert sink.counts[1] == 2


def test_what_goes_wrong_is_told_and_ends_the_thread(monkeypatch):
    raised = []
    monkeypatch.setattr(threading, "excepthook", lambda args: raised.append(args.exc_type))
    desktop, sink = Number(), RecordingSink()
    desktop.start(sink)
    sink.wait(lambda: len(sink.frames) == 1)
    desktop.inject_key(13, 0, True, 1)
    desktop.want_frame()
    sink.wait(lambda: sink.failure is not None)
    assert "cannot be drawn any more" in str(sink.failure)
    desktop.stop()
    assert raised == [CaptureError]


def test_it_is_started_once():
    desktop, _ = attached()
    with pytest.raises(ValueError, match="once"):
        desktop.start(RecordingSink())
    stopped = Number()
    stopped.stop()
    stopped.stop()
    with pytest.raises(ValueError, match="once"):
        stopped.start(RecordingSink())
    with pytest.raises(CaptureError, match="not started"):
        Number().step()


def test_bounds_of_heads_and_rates():
    with pytest.raises(ValueError, match="pixels"):
        Number((Head(1, Rect(0, 0, 16_384, 16_384)),))
    assert period_us(25) == 40_000
    assert period_us(1e-9) == 24 * 3600 * 1_000_000
    for rate in (0, -1, 1001, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="outside"):
            period_us(rate)
