"""One head's pictures: what is damaged, the newest picture, and reading a new one in one instant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from rfb_ext.desktop.base import HEARTBEAT_MS, SWEEP_MS, Clock, DesktopSink, HeadPulse
from rfb_ext.desktop.x11.damage import MAX_RECTS
from rfb_ext.desktop.x11.screen import ScreenReader
from rfb_ext.frame.frames import Frame, Head, Pixels
from rfb_ext.frame.pool import FramePool
from rfb_ext.wire.types import Rect

STRIPS = SWEEP_MS // HEARTBEAT_MS - 1
"""A sweep step with each heartbeat; one to spare, so that a late heartbeat keeps SWEEP_MS too."""


class Read(Enum):
    """What came of a capture."""

    CHANGED = "the sink took a frame that differs from the one before"
    SAME = "nothing had changed"
    STARVED = "every picture of the pool is held: try again"


@dataclass(frozen=True, slots=True, eq=False)
class StripDifference:
    """Where a strip of a head, from row `top` on, differs from the newest picture: bool, shape (h, w)."""

    top: int
    differs: npt.NDArray[np.bool_]


class HeadPicture:
    """State of one head in the capture thread. `serial`: of the newest frame before, 0 for none."""

    def __init__(self, head: Head, serial: int = 0) -> None:
        self.head = head
        self.serial = serial
        self._pool = FramePool(head.rect.w, head.rect.h)
        self._whole = Rect(0, 0, head.rect.w, head.rect.h)
        self._newest: Pixels | None = None
        self._pending: list[Rect] = []
        self._is_unknown = True  # anything may have changed
        self._strip = 0
        self._captured_us = 0
        self._read_us = 0

    @property
    def is_damaged(self) -> bool:
        return self._is_unknown or bool(self._pending)

    @property
    def is_new(self) -> bool:
        """True until the first frame."""
        return self._newest is None

    @property
    def pulse(self) -> HeadPulse:
        return HeadPulse(self.head.id, self.serial, self._captured_us, self._read_us)

    def add_damage(self, rects: tuple[Rect, ...]) -> None:
        """`rects` in root coordinates."""
        place = self.head.rect
        for rect in rects:
            inside = place.intersect(rect)
            if inside:
                self._pending.append(inside.moved(-place.x, -place.y))
        if len(self._pending) > MAX_RECTS:
            self._pending = [bounding_box(self._pending)]

    def capture(self, reader: ScreenReader, sink: DesktopSink, clock: Clock, tag: int) -> Read:
        """Reads what is damaged and hands it to the sink. Raises what ScreenReader.read raises."""
        picture = self._pool.begin()
        if picture is None:
            return Read.STARVED
        rects = [self._whole] if self._is_unknown else self._pending
        hint = None if self._is_unknown else tuple(rects)
        box = bounding_box(rects)
        place = self.head.rect
        now = clock()  # before the read: the picture is no older than this
        words = reader.read(box.moved(place.x, place.y))
        self._pending, self._is_unknown = [], False
        for r in rects:
            reader.canonical(
                words[r.y - box.y : r.bottom - box.y, r.x - box.x : r.right - box.x],
                picture[r.y : r.bottom, r.x : r.right],
            )
        self._newest = self._pool.publish(picture, rects)
        self._read_us = now
        if not sink.frame_captured(Frame(self.head, self._newest, hint, self.serial + 1, now, tag)):
            return Read.SAME
        self.serial += 1
        self._captured_us = now
        return Read.CHANGED

    def sweep(self, reader: ScreenReader, clock: Clock) -> StripDifference | None:
        """Reads the next strip and compares it with the newest picture, every pixel; None if equal."""
        if self._newest is None:
            return None
        top = self._strip * self._whole.h // STRIPS
        bottom = (self._strip + 1) * self._whole.h // STRIPS
        self._strip = (self._strip + 1) % STRIPS
        place = self.head.rect
        now = clock()
        if bottom > top:
            words = reader.read(Rect(place.x, place.y + top, place.w, bottom - top))
            differs = reader.difference(words, self._newest[top:bottom])
            if differs is not None:
                return StripDifference(top, differs)
        self._read_us = now
        return None

    def explain(self, strip: StripDifference) -> None:
        """What a sweep found. Differences inside damage that is known are that damage, nobody having
        wanted it yet; any other means that damage was lost, and then more may be: the next capture reads
        the whole head."""
        for r in self._pending:
            top = max(r.y - strip.top, 0)
            strip.differs[top : max(r.bottom - strip.top, 0), r.x : r.right] = False
        if strip.differs.any():
            self._is_unknown = True


def bounding_box(rects: list[Rect]) -> Rect:
    """The smallest rectangle that holds all of them; at least one."""
    box = rects[0]
    for rect in rects[1:]:
        box = box.union(rect)
    return box
