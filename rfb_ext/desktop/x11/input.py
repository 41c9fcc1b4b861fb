"""Keys and pointer through XTEST, in a thread and a connection of their own: neither a caller nor the
capture thread ever waits for them, and a tag counts once the server has processed its event."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import xcffib
import xcffib.xproto

from rfb_ext.desktop.x11.display import Display
from rfb_ext.desktop.x11.keyboard import Keyboard

MAX_WAITING = 4096
"""Events that wait for a server that hangs; beyond them all are dropped and every key is released."""
BUTTONS = 7
_PRESS, _RELEASE, _MOTION = 4, 5, 6
_MOST = 0x7FFF


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """A key that goes down or up."""

    keysym: int
    xt: int
    down: bool
    tag: int


@dataclass(frozen=True, slots=True)
class PointerWanted:
    """The pointer's new place and buttons."""

    x: int
    y: int
    buttons: int
    tag: int


class InputThread:
    """Owns `display`; `tag` is that of the last event that took effect, `is_lost` when the server is gone."""

    def __init__(self, display: Display) -> None:
        self.tag = 0
        self.is_lost = False
        self._display = display
        self._keyboard = Keyboard(display)
        self._buttons = 0
        self._changed = threading.Condition()
        self._waiting: deque[KeyWanted | PointerWanted] = deque()
        self._has_overflowed = False
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="x11 input", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, event: KeyWanted | PointerWanted) -> None:
        """Queues an event, from any thread. Of moves in a row the first and the last count."""
        with self._changed:
            if self.is_lost or self._is_ending:
                return
            if self._is_move_in_a_row(event):
                self._waiting.pop()
            if len(self._waiting) == MAX_WAITING:
                self._waiting.clear()
                self._has_overflowed = True
            self._waiting.append(event)
            self._changed.notify()

    def _is_move_in_a_row(self, event: KeyWanted | PointerWanted) -> bool:
        """True if the last one waiting only moved, as `event` does: where a button changed must stay."""
        if not isinstance(event, PointerWanted) or len(self._waiting) < 2:
            return False
        return all(
            isinstance(earlier, PointerWanted) and earlier.buttons == event.buttons
            for earlier in (self._waiting[-1], self._waiting[-2])
        )

    def stop(self, seconds: float) -> None:
        """Releases what is pressed, ends the thread and the connection; a server that does not answer for
        `seconds` is left as it is."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(seconds)
            if self._thread.is_alive():
                self._display.interrupt()
                self._thread.join()
        self._display.close()

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except xcffib.XcffibException:
            self.is_lost = True

    def _step(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_ending)
            batch, ending = list(self._waiting), self._is_ending
            overflowed, self._has_overflowed = self._has_overflowed, False
            self._waiting.clear()
        self._keyboard.take(self._display.events())
        if overflowed:
            self._release_all()
        for event in batch:
            if isinstance(event, KeyWanted):
                self._keyboard.key(event.keysym, event.xt, event.down)
            else:
                self._pointer(event)
        if ending:
            self._release_all()
            self._keyboard.restore()
        self._display.round_trip()
        if batch:
            self.tag = batch[-1].tag
        return not ending

    def _pointer(self, event: PointerWanted) -> None:
        x, y = min(max(event.x, 0), _MOST), min(max(event.y, 0), _MOST)
        self._fake(_MOTION, 0, x, y)
        for number in range(1, BUTTONS + 1):
            bit = 1 << number - 1
            if (event.buttons ^ self._buttons) & bit:
                self._fake(_PRESS if event.buttons & bit else _RELEASE, number)
        self._buttons = event.buttons

    def _release_all(self) -> None:
        self._keyboard.release_all()
        for number in range(1, BUTTONS + 1):
            if self._buttons & 1 << number - 1:
                self._fake(_RELEASE, number)
        self._buttons = 0

    def _fake(self, kind: int, detail: int, x: int = 0, y: int = 0) -> None:
        root = self._display.root if kind == _MOTION else 0
        self._display.xtest.FakeInput(kind, detail, 0, root, x, y, 0)
