"""A session without a network: the test says what it announces, from a thread that is not the viewer's, and
reads what the viewer sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from radterm.client.base import Exactness, ReadyUpdate, SessionListener, State
from rfb_ext.errors import RadtermError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.types import Rect

WAIT = 10.0


class FakeSession:
    """`connect` is what run_viewer and run_headless take. Announcing methods belong to one thread."""

    def __init__(self, *heads: Head) -> None:
        self.heads = heads
        self.listener: SessionListener | None = None
        self.connected = threading.Event()
        self.sent: list[tuple[object, ...]] = []
        self.changed = threading.Condition()
        self.is_closed = False
        self.released: list[tuple[int, bool]] = []
        self.figures: dict[str, Any] = {"exact": True, "updates": 0}
        self._number = 0
        self.serial = 0

    def connect(self, listener: SessionListener) -> FakeSession:
        self.listener = listener
        self.connected.set()
        return self

    # --- what the test says ---

    def announce(self, *heads: Head) -> None:
        """A layout; without arguments that of the beginning."""
        self.heads = heads or self.heads
        self.listener.heads_changed(self.heads)

    def show(
        self,
        pixels: np.ndarray,
        *region: Rect,
        head: Head | None = None,
        exact: bool = True,
        wait: bool = True,
    ) -> None:
        """An update; returns when the viewer has let it go, and overwrites the pixels then, as decoding
        the next update would."""
        head = head or self.heads[0]
        self._number += 1
        self.serial += 1
        number, scratch = self._number, pixels.copy()
        done = threading.Event()

        def release(shown: bool) -> None:
            scratch[:] = 0x00FF00FF
            with self.changed:
                self.released.append((number, shown))
                self.changed.notify_all()
            done.set()

        whole = (Rect(0, 0, head.rect.w, head.rect.h),)
        self.listener.update_ready(
            ReadyUpdate(head, number, self.serial, scratch, region or whole, exact, 0, release)
        )
        if wait:
            assert done.wait(WAIT), "the viewer did not let go of an update"

    def say(
        self, state: State, reason: str = "", *, head: Head | None = None, stale_since: float | None = None
    ) -> None:
        """A state of a head."""
        exactness = Exactness(state, reason, self.serial, stale_since)
        self.listener.exactness_changed((head or self.heads[0]).id, exactness)

    def end(self, error: RadtermError | None = None) -> None:
        """The last call."""
        with self.changed:
            if self.is_closed:
                return
            self.is_closed = True
            self.changed.notify_all()
        self.listener.closed(error)

    # --- what the test reads ---

    def wait(self, condition: Callable[[], bool], seconds: float = WAIT) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, seconds), f"it did not happen; sent: {self.sent[-20:]}"

    def key_events(self) -> list[tuple[object, ...]]:
        """(keysym, keycode, down) of every key sent."""
        return [entry[1:] for entry in tuple(self.sent) if entry[0] == "key"]

    def pointer_events(self) -> list[tuple[object, ...]]:
        """(head, x, y, buttons) of every pointer event sent."""
        return [entry[1:] for entry in tuple(self.sent) if entry[0] == "pointer"]

    # --- Session ---

    def send_key(self, keysym: int, keycode: int, down: bool) -> None:
        self._sent("key", keysym, keycode, down)

    def send_pointer(self, head_id: int, x: int, y: int, buttons: int) -> None:
        self._sent("pointer", head_id, x, y, buttons)

    def send_clipboard(self, text: str) -> None:
        self._sent("clipboard", text)

    def close(self) -> None:
        self.end(None)

    def report(self) -> dict[str, Any]:
        return dict(self.figures)

    def _sent(self, *entry: object) -> None:
        with self.changed:
            self.sent.append(entry)
            self.changed.notify_all()
