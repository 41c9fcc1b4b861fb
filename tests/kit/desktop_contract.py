"""What every desktop promises its sink (rfb_ext/desktop/base.py), as checks that any desktop can run."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from rfb_ext.desktop.base import HEARTBEAT_MS, Cursor, Desktop, HeadPulse
from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Frame, Head

MakeDesktop = Callable[[], contextlib.AbstractContextManager[Desktop]]
Change = Callable[[Desktop], None]


class RecordingSink:
    """A DesktopSink that remembers. `keep`: frames of which copies are kept to be compared later; `counts`:
    frames so far by head; `fault`: a promise that was broken, said by the next wait()."""

    def __init__(self, keep: int = 64) -> None:
        self.changed = threading.Condition()
        self.frames: list[Frame] = []
        self.copies: list[np.ndarray] = []
        self.answers: list[bool] = []
        self.beats: list[tuple[float, int, tuple[HeadPulse, ...]]] = []
        self.cursors: list[Cursor] = []
        self.clipboard: list[str] = []
        self.layouts: list[tuple[Head, ...]] = []
        self.failure: CaptureError | None = None
        self.counts: Counter[int] = Counter()
        self.fault = ""
        self.threads: set[str] = set()
        self.ended = False
        self.calls_after_end = 0
        self._keep = keep
        self._before: dict[int, np.ndarray] = {}

    def wait(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        with self.changed:
            happened = self.changed.wait_for(lambda: bool(self.fault) or condition(), seconds)
            assert not self.fault, self.fault
            assert happened, f"did not happen within {seconds:g} s (failure: {self.failure})"

    def newest(self, head_id: int) -> Frame | None:
        return next((frame for frame in reversed(self.frames) if frame.head.id == head_id), None)

    def _note(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.calls_after_end += self.ended
        self.changed.notify_all()

    def frame_captured(self, frame: Frame) -> bool:
        with self.changed:
            before = self._before.get(frame.head.id)
            same_shape = before is not None and before.shape == frame.pixels.shape
            changed = not (same_shape and bool((before == frame.pixels).all()))
            if same_shape and frame.hint is not None:
                outside = np.ones(frame.pixels.shape, bool)
                for r in frame.hint:
                    outside[r.y : r.bottom, r.x : r.right] = False
                if not (before[outside] == frame.pixels[outside]).all():
                    self.fault = f"frame {frame.serial} of head {frame.head.id} changed outside its hint"
            self._before[frame.head.id] = frame.pixels.copy()
            self.answers.append(changed)
            self.counts[frame.head.id] += 1
            self.frames.append(frame)
            self.copies.append(frame.pixels.copy())
            del self.frames[: -self._keep], self.copies[: -self._keep], self.answers[: -self._keep]
            self._note()
            return changed

    def heartbeat(self, now_us: int, heads: tuple[HeadPulse, ...]) -> None:
        with self.changed:
            self.beats.append((time.monotonic(), now_us, heads))
            self._note()

    def cursor_changed(self, cursor: Cursor) -> None:
        with self.changed:
            self.cursors.append(cursor)
            self._note()

    def clipboard_changed(self, text: str) -> None:
        with self.changed:
            self.clipboard.append(text)
            self._note()

    def layout_changed(self, heads: tuple[Head, ...]) -> None:
        with self.changed:
            self.layouts.append(heads)
            self._before.clear()
            self._note()

    def desktop_failed(self, error: CaptureError) -> None:
        with self.changed:
            self.failure = error
            self._note()


@contextlib.contextmanager
def recorded(desktop: Desktop, keep: int = 3) -> Iterator[RecordingSink]:
    """Starts the desktop on a RecordingSink and stops it behind."""
    sink = RecordingSink(keep)
    desktop.start(sink)
    try:
        yield sink
    finally:
        desktop.stop()
        sink.ended = True
    assert not sink.fault, sink.fault


def check_first_frames(desktop: Desktop) -> None:
    """Heads are known before the start; each first frame comes unwanted, is read-only and canonical."""
    heads = desktop.heads
    assert heads
    for i, head in enumerate(heads):
        assert all(not head.rect.intersect(other.rect) for other in heads[:i])
    with recorded(desktop, keep=64) as sink:
        sink.wait(lambda: all(sink.newest(head.id) is not None for head in heads))
        for head in heads:
            frame = next(frame for frame in sink.frames if frame.head.id == head.id)
            assert frame.serial == 1
            assert frame.head == head
            assert frame.pixels.shape == (head.rect.h, head.rect.w)
            assert frame.pixels.dtype == np.dtype("<u4")
            assert not frame.pixels.flags.writeable
            assert int(frame.pixels.max()) < 1 << 3 * head.depth, "unused bits are zero"


def check_frames_on_demand(desktop: Desktop, change: Change) -> None:
    """One want, at most one frame a head; serials count what changed; held frames never change."""
    with recorded(desktop, keep=4) as sink:
        heads = desktop.heads
        sink.wait(lambda: all(sink.newest(head.id) is not None for head in heads))
        for _ in range(12):
            with sink.changed:
                before = {head.id: sink.newest(head.id).serial for head in heads}
            change(desktop)
            desktop.want_frame()
            sink.wait(lambda b=before: any(sink.newest(head.id).serial > b[head.id] for head in heads))
        with sink.changed:
            for frame, copy in zip(sink.frames, sink.copies, strict=True):
                assert (frame.pixels == copy).all(), "a held frame changed"
            for head in heads:
                serials = [
                    frame.serial
                    for frame, changed in zip(sink.frames, sink.answers, strict=True)
                    if frame.head.id == head.id and changed
                ]
                assert serials == list(range(serials[0], serials[0] + len(serials))) if serials else True
            times = [frame.captured_us for frame in sink.frames]
            assert times == sorted(times)


def check_wants(desktop: Desktop, change: Change) -> None:
    """One want is met by at most one frame a head, however much time goes by; one more may come with each
    heartbeat."""
    with recorded(desktop) as sink:
        heads = desktop.heads
        sink.wait(lambda: all(sink.newest(head.id) is not None for head in heads))
        for _ in range(3):
            with sink.changed:
                before, beats = Counter(sink.counts), len(sink.beats)
            change(desktop)
            desktop.want_frame()
            sink.wait(lambda b=before: any(sink.counts[head.id] > b[head.id] for head in heads))
            sink.wait(lambda b=beats: len(sink.beats) >= b + 2)
            with sink.changed:
                most = 1 + len(sink.beats) - beats + 1  # that of a beat is told before it
                assert all(sink.counts[head.id] <= before[head.id] + most for head in heads)


def check_heartbeats(desktop: Desktop) -> None:
    """A beat every 250 ms from the thread that captures, naming the newest serial and a fresh read."""
    with recorded(desktop) as sink:
        heads = desktop.heads
        sink.wait(lambda: all(sink.newest(head.id) is not None for head in heads))
        with sink.changed:
            start = len(sink.beats)
        sink.wait(lambda: len(sink.beats) >= start + 6)
        with sink.changed:
            beats = sink.beats[start : start + 6]
            gaps = [b[0] - a[0] for a, b in itertools.pairwise(beats)]
            assert sum(gaps) / len(gaps) < 1.5 * HEARTBEAT_MS / 1000
            for _, now_us, pulses in beats:
                assert {pulse.head_id for pulse in pulses} == {head.id for head in heads}
                for pulse in pulses:
                    assert 0 <= now_us - pulse.read_us < 600_000
                    assert 1 <= pulse.serial <= sink.newest(pulse.head_id).serial
                    assert pulse.captured_us <= now_us
            assert len(sink.threads) == 1, "beats come from the capture thread itself"


def check_input_tags(desktop: Desktop) -> None:
    """A frame captured after an event took effect bears its tag."""
    with recorded(desktop) as sink:
        head = desktop.heads[0]
        sink.wait(lambda: sink.newest(head.id) is not None)
        for tag, x in ((7, 20), (8, 30)):
            desktop.inject_pointer(head.rect.x + x, head.rect.y + 20, 0, tag)
            desktop.inject_pointer(head.rect.x + x, head.rect.y + 20, 1, tag)
            desktop.inject_pointer(head.rect.x + x, head.rect.y + 21, 0, tag)
            desktop.want_frame()
            sink.wait(lambda t=tag: sink.newest(head.id).input_tag == t)


def check_stop(desktop: Desktop) -> None:
    """stop() ends the thread, may be called twice, and nothing is told behind it."""
    before = threading.active_count()
    with recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
    desktop.stop()
    assert threading.active_count() <= before
    desktop.want_frame()
    assert sink.calls_after_end == 0
