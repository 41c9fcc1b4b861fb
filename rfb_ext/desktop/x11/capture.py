"""The capture thread: waits for the X server, for wants and for the next heartbeat, and does what is due.

Whatever needs an answer of the X server is asked from here, so that a server that hangs stops the
heartbeat with everything else.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Sequence

import xcffib.xproto

from rfb_ext.desktop.base import HEARTBEAT_MS, Clock, DesktopSink
from rfb_ext.desktop.x11.clipboard import Clipboard
from rfb_ext.desktop.x11.cursor import is_cursor_event, read_cursor, watch_cursor
from rfb_ext.desktop.x11.damage import ScreenDamage
from rfb_ext.desktop.x11.display import Display, said
from rfb_ext.desktop.x11.head import HeadPicture, Read
from rfb_ext.desktop.x11.input import InputThread
from rfb_ext.desktop.x11.layout import is_layout_event, read_heads, watch_layout
from rfb_ext.desktop.x11.screen import ScreenReader
from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.types import Rect

HEARTBEAT_US = 1000 * HEARTBEAT_MS
STARVED_US = 10_000
"""How soon a picture is tried for again when all of the pool are held."""
MAX_MISMATCHES = 8
"""So many reads may fail in a row because the screen was just made smaller."""


class CaptureThread:
    """Owns `display`. `heads` are those of the layout last seen; every call of the sink comes from here."""

    def __init__(
        self,
        display: Display,
        heads: tuple[Head, ...],
        fixed: Sequence[Rect] | None,
        injected: InputThread,
        sink: DesktopSink,
        clock: Clock,
        *,
        suppress_damage: bool,
    ) -> None:
        """Raises CaptureError if the X server does not share memory, xcffib.XcffibException if it fails."""
        self.heads = heads
        self._display, self._fixed, self._input, self._sink, self._clock = (
            display, fixed, injected, sink, clock,
        )  # fmt: skip
        self._pictures = [HeadPicture(head) for head in heads]
        self._serials: dict[int, int] = {}
        self._reader = ScreenReader(display, max(head.rect.area for head in heads))
        try:
            self._damage = ScreenDamage(display, suppressed=suppress_damage)
            self._clipboard = Clipboard(display)
            watch_cursor(display)
            watch_layout(display)
        except xcffib.XcffibException:
            self._reader.close()
            raise
        self._is_cursor_new = True
        self._is_layout_new = True  # it may have changed since `heads` were read
        self._mismatches = 0
        self._next_beat_us = 0
        self._retry_us: int | None = None
        # what other threads may touch
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = threading.Lock()
        self._is_wanted = False
        self._is_ending = False
        self._offered: str | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="x11 capture", daemon=True)

    # --- from any thread ---

    def start(self) -> None:
        self._thread.start()

    def want(self) -> None:
        with self._lock:
            self._is_wanted = True
        self._wake_up()

    def offer(self, text: str) -> None:
        with self._lock:
            self._offered = text
        self._wake_up()

    def stop(self, seconds: float) -> None:
        """Ends the thread and the connection; a server that does not answer for `seconds` is left alone."""
        self._is_ending = True
        self._wake_up()
        if self._thread.ident is not None:
            self._thread.join(seconds)
            if self._thread.is_alive():
                self._display.interrupt()
                self._thread.join()
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                os.close(self._wake)
                self._reader.close()
                self._display.close()

    def _wake_up(self) -> None:
        with self._lock:
            if not self._is_closed:
                os.eventfd_write(self._wake, 1)

    # --- the capture thread ---

    def _run(self) -> None:
        try:
            while not self._is_ending:
                if not self._work():
                    self._wait()
        except (xcffib.XcffibException, CaptureError) as error:
            if not self._is_ending:
                self._sink.desktop_failed(self._failure(error))

    def _failure(self, error: Exception) -> CaptureError:
        if isinstance(error, CaptureError):
            return error
        return CaptureError(
            f"the X display {self._display.name} cannot be read any more ({said(error)}); "
            f"check that its X server runs, then share it again"
        )

    def _wait(self) -> None:
        """Until the X server, another thread, or the next heartbeat wants something."""
        due = self._next_beat_us if self._retry_us is None else min(self._next_beat_us, self._retry_us)
        self._display.flush()
        timeout = max(due - self._clock(), 0) / 1e6
        ready, _, _ = select.select([self._display.fileno(), self._wake], [], [], timeout)
        if self._wake in ready:
            os.eventfd_read(self._wake)

    def _work(self) -> bool:
        """Does what is due. True if something was done that may have brought events with its answers: then
        the socket says nothing of them, and waiting for it could last."""
        did = self._take_events()
        if self._is_layout_new:
            self._is_layout_new = False
            self._change_layout()
            did = True
        if self._is_cursor_new:
            self._is_cursor_new = False
            self._sink.cursor_changed(read_cursor(self._display))
            did = True
        try:
            did |= self._capture_wanted()
            if self._clock() >= self._next_beat_us:
                self._beat()
                did = True
            self._mismatches = 0
        except xcffib.xproto.MatchError:
            self._mismatches += 1
            if self._mismatches > MAX_MISMATCHES:
                raise
            self._is_layout_new = did = True
            self.want()
        return did

    def _take_events(self) -> bool:
        with self._lock:
            offered, self._offered = self._offered, None
        if offered is not None:
            self._clipboard.offer(offered)
        events = self._display.events()
        for event in events:
            self._damage.note(event)
            self._is_cursor_new |= is_cursor_event(event)
            self._is_layout_new |= is_layout_event(event)
            text = self._clipboard.take(event)
            if text is not None:
                self._sink.clipboard_changed(text)
        return bool(events)

    def _change_layout(self) -> None:
        heads = read_heads(self._display, self._fixed)
        if heads == self.heads:
            return
        self._reader.fit(max(head.rect.area for head in heads))
        self._serials.update({picture.head.id: picture.serial for picture in self._pictures})
        self._pictures = [HeadPicture(head, self._serials.get(head.id, 0)) for head in heads]
        self.heads = heads
        self._sink.layout_changed(heads)

    def _capture_wanted(self) -> bool:
        """First frames always; others when somebody wants one and there is damage."""
        if self._retry_us is not None and self._clock() < self._retry_us:
            return False
        self._retry_us = None
        if self._is_wanted and (self._damage.noted or any(p.is_damaged for p in self._pictures)):
            self._capture(lambda picture: picture.is_damaged)
        elif any(picture.is_new for picture in self._pictures):
            self._capture(lambda picture: picture.is_new)
        else:
            return False
        return True

    def _capture(self, chosen: Callable[[HeadPicture], bool]) -> None:
        """Captures the heads chosen. A want is met by a frame that differs from the one before; it is taken
        off before that frame is given away, as who gets it may want the next one at once."""
        with self._lock:
            wanted, self._is_wanted = self._is_wanted, False
        self._take_damage()
        results = [
            picture.capture(self._reader, self._sink, self._clock, self._input.tag)
            for picture in self._pictures
            if chosen(picture)
        ]
        if Read.STARVED in results:
            self._retry_us = self._clock() + STARVED_US
        if wanted and Read.CHANGED not in results:
            self.want()

    def _take_damage(self) -> None:
        rects = self._damage.take()
        for picture in self._pictures:
            picture.add_damage(rects)

    def _beat(self) -> None:
        """A step of the sweep, then the heartbeat. What is damaged by then is captured, wanted or not: a
        heartbeat must not call a serial the newest while the screen already shows something else."""
        if self._input.is_lost:
            raise CaptureError(
                f"the X display {self._display.name} takes no keys and pointer any more; "
                f"check that its X server runs, then share it again"
            )
        if self._damage.noted or any(picture.is_damaged for picture in self._pictures):
            self._capture(lambda picture: picture.is_damaged)
        found = {picture: picture.sweep(self._reader, self._clock) for picture in self._pictures}
        differ = {picture: strip for picture, strip in found.items() if strip is not None}
        if differ:
            self._take_events()  # that of the damage came before the strip did
            self._take_damage()
            for picture, strip in differ.items():
                picture.explain(strip)
            self._capture(differ.__contains__)
        now = self._clock()
        self._next_beat_us += HEARTBEAT_US
        if self._next_beat_us <= now:
            self._next_beat_us = now + HEARTBEAT_US
        self._sink.heartbeat(now, tuple(picture.pulse for picture in self._pictures))
