"""The capture thread of desktops that draw their own pictures: when to draw, publish and beat.

A drawn desktop says which *revision* each head would show now; a head is drawn only when somebody wants a
frame and its revision is another than the one drawn last. `step` does what is due and can be called by a
test without any thread.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Hashable

from rfb_ext.desktop.base import HEARTBEAT_MS, Clock, DesktopSink, HeadPulse
from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Frame, Head, Pixels
from rfb_ext.frame.pool import FramePool
from rfb_ext.wire.numbers import LayoutStatus
from rfb_ext.wire.types import Rect, ScreenLayout

MOST_NOTES = 4096
RETRY_US = 2_000
"""When every buffer of a head is held, it is tried again after this time."""


class DrawnDesktop(ABC):
    """A desktop without a screen of its own. Subclasses draw; everything else is here.

    `clock`: monotonic microseconds. Methods of `Desktop` may be called from any thread and only leave a
    note; what a subclass defines is called on the capture thread alone, so it needs no locks.
    """

    def __init__(self, name: str, heads: tuple[Head, ...], clock: Clock) -> None:
        self._noted = threading.Condition()
        self._notes: deque[Callable[[], None]] = deque(maxlen=MOST_NOTES)
        self._name = name
        self._clock = clock
        self._heads = heads
        self._sink: DesktopSink | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._wanted = True
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
        """What `start` does, without the thread: `step` is called by somebody else."""
        self._sink = sink
        self._beat_due = self._clock()
        self._note(lambda: self.greet(sink))

    def stop(self) -> None:
        self._stopping = True
        self._note(lambda: None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None

    def want_frame(self) -> None:
        if not self._wanted:
            self._note(self._want)

    def inject_key(self, keysym: int, keycode: int, down: bool, tag: int) -> None:
        def inject() -> None:
            self.key(keysym, down)
            self._tag = tag

        self._note(inject)

    def inject_pointer(self, x: int, y: int, buttons: int, tag: int) -> None:
        def inject() -> None:
            self.pointer(x, y, buttons)
            self._tag = tag

        self._note(inject)

    def set_clipboard(self, text: str) -> None:  # noqa: B027
        """Kept by those who have a use for it."""

    def request_layout(self, layout: ScreenLayout) -> LayoutStatus:
        return LayoutStatus.PROHIBITED

    def change_heads(self, heads: tuple[Head, ...]) -> None:
        """Other heads from the next step on; their serials go on."""

        def change() -> None:
            self._open(heads)
            self._want()
            if self._sink is not None:
                self._sink.layout_changed(heads)

        self._note(change)

    # --- the thread ---

    def step(self) -> int:
        """Does what was noted and what is due now; returns when the next thing is, microseconds of the
        clock."""
        sink = self._sink
        if sink is None:
            raise CaptureError("the desktop was not started")
        while self._notes:
            self._notes.popleft()()
        now = self._clock()
        for frame, revision in self._due_frames(now):
            changed = sink.frame_captured(frame)
            self._drawn[frame.head.id] = revision
            if changed:
                self._serials[frame.head.id] = frame.serial
                self._captured[frame.head.id] = frame.captured_us
        if now >= self._beat_due:
            pulses = tuple(
                HeadPulse(head.id, self._serials[head.id], self._captured[head.id], now)
                for head in self._heads
                if head.id in self._captured
            )
            sink.heartbeat(now, pulses)
            self._beat_due = now + HEARTBEAT_MS * 1000
        return min(self._beat_due, self._next_frame(self._clock()))

    def _note(self, call: Callable[[], None]) -> None:
        with self._noted:
            self._notes.append(call)
            self._noted.notify()

    def _want(self) -> None:
        self._wanted = True

    def _due_frames(self, now: int) -> list[tuple[Frame, Hashable]]:
        if not self._wanted:
            return []
        frames = []
        for head in self._heads:
            revision, before = self.revision(head, now), self._drawn.get(head.id)
            if revision == before:
                continue
            pool = self._pools[head.id]
            picture = pool.begin()
            if picture is None:
                continue
            rects = self.draw(head, picture, now, before)
            pixels = pool.publish(picture, rects)
            hint = None if before is None else rects
            serial = self._serials.get(head.id, 0) + 1
            frames.append((Frame(head, pixels, hint, serial, now, self._tag), revision))
        if frames:
            self._wanted = False
        return frames

    def _next_frame(self, now: int) -> int:
        never = now + HEARTBEAT_MS * 1000
        if not self._wanted:
            return never
        if any(self.revision(head, now) != self._drawn.get(head.id) for head in self._heads):
            return now + RETRY_US
        change = self.next_change(now)
        return never if change is None else change

    def _run(self) -> None:
        while not self._stopping:
            due = self.step()
            with self._noted:
                if not self._notes:
                    self._noted.wait(max(0, due - self._clock()) / 1e6)

    def _open(self, heads: tuple[Head, ...]) -> None:
        self._heads = heads
        self._pools = {head.id: FramePool(head.rect.w, head.rect.h) for head in heads}
        self._drawn: dict[int, Hashable] = {}
        self._captured: dict[int, int] = {}
