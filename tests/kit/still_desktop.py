"""A desktop without a thread: the test says what it shows, and when its capture thread beats."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from rfb_ext.desktop.base import DesktopSink, HeadPulse
from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Cursor, Frame, Head, Pixels
from rfb_ext.wire.numbers import LayoutStatus
from rfb_ext.wire.types import Rect, ScreenLayout


class StillDesktop:
    """`clock`: microseconds. `show` gives the sink a frame; `beat` a heartbeat of all heads."""

    name = "still"

    def __init__(self, heads: tuple[Head, ...], clock: Callable[[], int]) -> None:
        self.heads = heads
        self.clock = clock
        self.sink: DesktopSink | None = None
        self.serials = dict.fromkeys((head.id for head in heads), 0)
        self.pixels = {h.id: np.zeros((h.rect.h, h.rect.w), "<u4") for h in heads}
        self.captured_us = dict.fromkeys((head.id for head in heads), 0)
        self.read_us: int | None = None
        self.wants = 0
        self.tag = 0
        self.injected: list[tuple[object, ...]] = []
        self.clipboard = ""
        self.layout_status = LayoutStatus.PROHIBITED
        self.stopped = False
        self._one_at_a_time = threading.Lock()  # a desktop speaks to its sink from one thread only

    def start(self, sink: DesktopSink) -> None:
        self.sink = sink

    def stop(self) -> None:
        self.stopped = True

    def show(self, head_id: int, pixels: Pixels, hint: tuple[Rect, ...] | None = None) -> bool:
        head = next(head for head in self.heads if head.id == head_id)
        frozen = pixels.copy()
        frozen.flags.writeable = False
        with self._one_at_a_time:
            return self._show(head, frozen, hint)

    def _show(self, head: Head, frozen: Pixels, hint: tuple[Rect, ...] | None) -> bool:
        head_id = head.id
        frame = Frame(head, frozen, hint, self.serials[head_id] + 1, self.clock(), self.tag)
        changed = self.sink.frame_captured(frame)
        if changed:
            self.serials[head_id] += 1
            self.captured_us[head_id] = frame.captured_us
            self.pixels[head_id] = frozen
        return changed

    def beat(self) -> None:
        with self._one_at_a_time:
            self._beat()

    def _beat(self) -> None:
        now = self.clock()
        read = now if self.read_us is None else self.read_us
        pulses = tuple(HeadPulse(h.id, self.serials[h.id], self.captured_us[h.id], read) for h in self.heads)
        self.sink.heartbeat(now, pulses)

    def change_heads(self, heads: tuple[Head, ...]) -> None:
        self.heads = heads
        for head in heads:
            self.serials.setdefault(head.id, 0)
            self.captured_us.setdefault(head.id, 0)
        self.sink.layout_changed(heads)

    def fail(self, sentence: str) -> None:
        self.sink.desktop_failed(CaptureError(sentence))

    def cursor(self, cursor: Cursor) -> None:
        self.sink.cursor_changed(cursor)

    def want_frame(self) -> None:
        self.wants += 1

    def inject_key(self, keysym: int, keycode: int, down: bool, tag: int) -> None:
        self.injected.append(("key", keysym, keycode, down))
        self.tag = tag

    def inject_pointer(self, x: int, y: int, buttons: int, tag: int) -> None:
        self.injected.append(("pointer", x, y, buttons))
        self.tag = tag

    def set_clipboard(self, text: str) -> None:
        self.clipboard = text

    def request_layout(self, layout: ScreenLayout) -> LayoutStatus:
        self.injected.append(("layout", layout))
        return self.layout_status
