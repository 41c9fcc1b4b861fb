"""The capture thread of desktops that draw their own pictures: when to draw, publish and beat.

A drawn desktop says which *revision* each head would show now; a head is drawn when its revision is another
than the one drawn last and somebody wants a frame, or a heartbeat is due. `step` does what is due and can be
called by a test without any thread.
"""

from __future__ import annotations

import threading
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Hashable

from rfb_ext.desktop.base import HEARTBEAT_MS, Clock, DesktopSink, HeadPulse
from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Frame, Head, Pixels
from rfb_ext.frame.pool import FramePool
from rfb_ext.wire.numbers import LayoutStatus
from rfb_ext.wire.types import Rect, Screen, ScreenLayout

MOST_RATE = 1000.0
LONGEST_US = 24 * 3600 * 1_000_000
"""A picture stands for a day at most."""
MOST_INPUT = 4096
"""More input events than this between two steps: the oldest are dropped."""


class DrawnDesktop(ABC):
    """A desktop without a screen of its own. Subclasses draw; everything else is here.

    `clock`: monotonic microseconds. Methods of `Desktop` may be called from any thread and only leave a
    note; what a subclass defines is called on the capture thread alone, so it needs no locks. Raises
    ValueError for heads that are no layout of RFB (too many pixels, too far out).
    """

    def __init__(self, name: str, heads: tuple[Head, ...], clock: Clock) -> None:
        layout_of(heads)
        self._name = name
        self._clock = clock
        self._heads = heads
        self._sink: DesktopSink | None = None
        self._thread: threading.Thread | None = None
        # what other threads leave behind, under the lock of `_noted`
        self._noted = threading.Condition()
        self._is_noted = False
        self._is_stopping = False
        self._is_wanted = True
        self._input: deque[Callable[[], None]] = deque(maxlen=MOST_INPUT)
        self._next_heads: tuple[Head, ...] | None = None
        # the capture thread's own
        self._is_greeted = False
        self._is_starved = False
        self._tag = 0
        self._beat_due = 0
        self._serials: dict[int, int] = {}
        self._open(heads)

    # --- what a subclass says ---

    @abstractmethod
    def revision(self, head: Head, now_us: int) -> Hashable:
        """What the head would show now: equal revisions mean equal pixels."""

    @abstractmethod
    def next_change(self, now_us: int) -> int | None:
        """When a revision may change although nobody does anything; None: never."""

    @abstractmethod
    def draw(self, head: Head, picture: Pixels, now_us: int, before: Hashable) -> tuple[Rect, ...]:
        """Draws what `revision` named into `picture`, which shows revision `before` (None: nothing).
        Returns where it was written to, head coordinates."""

    def key(self, keysym: int, down: bool) -> None:  # noqa: B027 - a desktop may ignore keys
        """A key went down or up."""

    def pointer(self, x: int, y: int, buttons: int) -> None:  # noqa: B027 - or the pointer
        """The pointer in framebuffer coordinates; RFB button mask."""

    def greet(self, sink: DesktopSink) -> None:  # noqa: B027
        """Called once on the capture thread before the first frame: cursor, clipboard."""

    # --- Desktop ---

    @property
    def name(self) -> str:
        return self._name

    @property
    def heads(self) -> tuple[Head, ...]:
        return self._heads

    def start(self, sink: DesktopSink) -> None:
        self.attach(sink)
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def attach(self, sink: DesktopSink) -> None:
        """What `start` does, without the thread: `step` is called by somebody else. Raises ValueError the
        second time, and after stop()."""
        if self._sink is not None or self._is_stopping:
            raise ValueError("a desktop is started once")
        self._sink = sink
        self._beat_due = self._clock()

    def stop(self) -> None:
        with self._noted:
            self._is_stopping = True
            self._wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def want_frame(self) -> None:
        with self._noted:
            if not self._is_wanted:
                self._is_wanted = True
                self._wake()

    def inject_key(self, keysym: int, keycode: int, down: bool, tag: int) -> None:
        self._inject(lambda: self.key(keysym, down), tag)

    def inject_pointer(self, x: int, y: int, buttons: int, tag: int) -> None:
        self._inject(lambda: self.pointer(x, y, buttons), tag)

    def set_clipboard(self, text: str) -> None:  # noqa: B027
        """Kept by those who have a use for it."""

    def request_layout(self, layout: ScreenLayout) -> LayoutStatus:
        return LayoutStatus.PROHIBITED

    def change_heads(self, heads: tuple[Head, ...]) -> None:
        """Other heads from the next step on; their serials go on."""
        with self._noted:
            self._next_heads = heads
            self._wake()

    # --- the thread ---

    def step(self) -> int:
        """Does what was noted and what is due now; returns when the next thing is, microseconds of the
        clock. Raises CaptureError if the desktop was not started."""
        sink = self._sink
        if sink is None:
            raise CaptureError("the desktop was not started")
        if not self._is_greeted:
            self._is_greeted = True
            self.greet(sink)
        self._take_notes(sink)
        now = self._clock()
        self._capture(sink, now)
        if now >= self._beat_due:
            pulses = tuple(
                HeadPulse(head.id, self._serials[head.id], self._captured[head.id], self._read[head.id])
                for head in self._heads
                if head.id in self._captured
            )
            sink.heartbeat(now, pulses)
            self._beat_due = now + HEARTBEAT_MS * 1000
        return min(self._beat_due, self._next_frame(self._clock()))

    def _wake(self) -> None:
        """The lock is held."""
        self._is_noted = True
        self._noted.notify()

    def _inject(self, call: Callable[[], None], tag: int) -> None:
        def inject() -> None:
            call()
            self._tag = tag

        with self._noted:
            self._input.append(inject)
            self._wake()

    def _take_notes(self, sink: DesktopSink) -> None:
        with self._noted:
            self._is_noted = False
            calls = tuple(self._input)
            self._input.clear()
            heads, self._next_heads = self._next_heads, None
            self._is_wanted |= heads is not None
        for call in calls:
            call()
        if heads is not None:
            self._open(heads)
            sink.layout_changed(heads)

    def _capture(self, sink: DesktopSink, now: int) -> None:
        """One frame of each head that shows something else now, if one is due. A want is met by a frame
        that differs; it is taken off before that is given away, as who gets it may want the next at once."""
        frames = self._due_frames(now)
        if not frames:
            return
        with self._noted:
            wanted, self._is_wanted = self._is_wanted, False
        changed = False
        for frame, revision in frames:
            used = sink.frame_captured(frame)
            self._drawn[frame.head.id] = revision
            if used:
                changed = True
                self._serials[frame.head.id] = frame.serial
                self._captured[frame.head.id] = frame.captured_us
        if wanted and not changed:
            with self._noted:
                self._is_wanted = True

    def _due_frames(self, now: int) -> list[tuple[Frame, Hashable]]:
        # With a heartbeat, wanted or not: it must not call a serial the newest while the desktop would show
        # something else.
        if not self._is_wanted and now < self._beat_due:
            return []
        frames, starved = [], False
        self._is_starved = True  # before a buffer is asked for: it may come free at that very moment
        for head in self._heads:
            revision, before = self.revision(head, now), self._drawn.get(head.id)
            if revision == before:
                self._read[head.id] = now
                continue
            pool = self._pools[head.id]
            picture = pool.begin()
            if picture is None:
                starved = True
                continue
            rects = self.draw(head, picture, now, before)
            pixels = pool.publish(picture, rects)
            self._read[head.id] = now
            weakref.finalize(pixels.base, self._let_go).atexit = False
            hint = None if before is None else rects
            serial = self._serials.get(head.id, 0) + 1
            frames.append((Frame(head, pixels, hint, serial, now, self._tag), revision))
        self._is_starved = starved
        return frames

    def _let_go(self) -> None:
        """Nobody holds some frame any more; called wherever the last one let go."""
        if self._is_starved:
            with self._noted:
                self._wake()

    def _next_frame(self, now: int) -> int:
        never = now + HEARTBEAT_MS * 1000
        if not self._is_wanted:
            return never
        if any(self.revision(head, now) != self._drawn.get(head.id) for head in self._heads):
            return never if self._is_starved else now
        change = self.next_change(now)
        return never if change is None else change

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                due = self.step()
                with self._noted:
                    if not self._is_noted:
                        self._noted.wait(max(0, due - self._clock()) / 1e6)
        except Exception as error:
            if self._sink is not None:
                kind = type(error).__name__
                self._sink.desktop_failed(CaptureError(f"{self._name} cannot be drawn any more ({kind})"))
            raise

    def _open(self, heads: tuple[Head, ...]) -> None:
        self._heads = heads
        self._pools = {head.id: FramePool(head.rect.w, head.rect.h) for head in heads}
        self._drawn: dict[int, Hashable] = {}
        self._captured: dict[int, int] = {}
        self._read: dict[int, int] = {}


def period_us(rate: float) -> int:
    """Microseconds between two pictures at `rate` a second. Raises ValueError outside 0 < rate <= 1000."""
    if not 0 < rate <= MOST_RATE:
        raise ValueError(f"{rate:g} pictures a second are outside 0..{MOST_RATE:g}")
    return min(int(1e6 / rate), LONGEST_US)


def layout_of(heads: tuple[Head, ...]) -> ScreenLayout:
    """The layout of these heads. Raises ValueError if RFB has none such, see ScreenLayout."""
    width, height = max(head.rect.right for head in heads), max(head.rect.bottom for head in heads)
    return ScreenLayout(width, height, tuple(Screen(head.id, head.rect) for head in heads))
