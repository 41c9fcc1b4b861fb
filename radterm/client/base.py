"""What a viewer knows of a session, whatever protocol speaks underneath: heads, updates, input,
clipboard, exactness. RFB stands behind it now; another protocol can later.

Threads: a session lives on the reactor's thread. It calls its listener there, and the listener must
return at once (it queues). The methods of `Session` may be called from any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from rfb_ext.desktop.base import Cursor
from rfb_ext.errors import RadtermError
from rfb_ext.frame.frames import Head, Pixels
from rfb_ext.wire.types import Rect


class State(Enum):
    """What is known of a head; the value is the word on the badge."""

    EXACT = "EXACT"
    CATCHING_UP = "CATCHING UP"
    NOT_FOR_DIAGNOSIS = "NOT FOR DIAGNOSIS"
    STALE = "STALE"


@dataclass(frozen=True, slots=True)
class Exactness:
    """The account of one head: `state`, `reason` in words a reader understands, `serial` of the frame
    proven last (0: none), `stale_since` when a STALE picture was last known to be fresh, seconds of the
    client's monotonic clock (None unless STALE)."""

    state: State
    reason: str = ""
    serial: int = 0
    stale_since: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ReadyUpdate:
    """One update of one head, decoded and checked as a whole, ready for the glass.

    `pixels`: the head's framebuffer, canonical, shape (h, w); it stays as it is until `release` was
    called, exactly once, from any thread (True: it is on the glass; False: it was not shown).
    `region`: rectangles in head coordinates that may differ from what was released before; all of the
    head after heads_changed. `exact`: a complete update whose head digest matched.
    """

    head: Head
    number: int
    serial: int
    pixels: Pixels
    region: tuple[Rect, ...]
    exact: bool
    input_tag: int
    release: Callable[[bool], None]


class SessionListener(Protocol):
    """Who shows a session. Called on the reactor's thread, in the order things happened: an update is
    announced before the exactness that rests on it."""

    def heads_changed(self, heads: tuple[Head, ...]) -> None: ...

    def update_ready(self, update: ReadyUpdate) -> None: ...

    def exactness_changed(self, head_id: int, exactness: Exactness) -> None: ...

    def cursor_changed(self, cursor: Cursor) -> None: ...

    def clipboard_changed(self, text: str) -> None: ...

    def name_changed(self, name: str) -> None: ...

    def closed(self, error: RadtermError | None) -> None:
        """The last call. None: we closed it ourselves."""
        ...


class Session(Protocol):
    """One viewer's session; every method may be called from any thread and returns at once."""

    def send_key(self, keysym: int, keycode: int, down: bool) -> None:
        """`keysym`: X keysym, 0 if unknown; `keycode`: XT set 1 (E0-prefixed: bit 7), 0 if unknown."""
        ...

    def send_pointer(self, head_id: int, x: int, y: int, buttons: int) -> None:
        """Position in head coordinates, RFB button mask."""
        ...

    def send_clipboard(self, text: str) -> None: ...

    def close(self) -> None: ...

    def report(self) -> dict[str, Any]:
        """The session's counts so far, as `view --json` prints them (see client/ledger.py)."""
        ...
