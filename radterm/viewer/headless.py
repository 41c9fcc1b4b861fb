"""A viewer without a window: everything is decoded and proven, and let go at once."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

from radterm.client.base import Exactness, ReadyUpdate, Session, SessionListener, State
from radterm.viewer.ending import INTERRUPTED, close_and_wait, ended, say_error
from radterm.viewer.events import FIGURES_SECONDS, EventLines
from radterm.viewer.options import ViewerOptions
from radterm.viewer.signals import stop_signals
from rfb_ext.errors import NotExactError, RadtermError
from rfb_ext.frame.frames import Cursor, Head

SETTLE_SECONDS = 2.0
"""When the time is over and not every head is EXACT, the viewer goes on for at most this long."""


class HeadlessListener:
    """A SessionListener that shows nothing. `changed` guards everything and is notified of all."""

    def __init__(self, events: EventLines) -> None:
        self.changed = threading.Condition()
        self.is_closed = False
        self.error: RadtermError | None = None
        self.stop_signal: int | None = None
        self.shown = 0
        self._events = events
        self._told: dict[int, Exactness | None] = {}

    @property
    def is_exact(self) -> bool:
        """True if there are heads and each is EXACT."""
        return bool(self._told) and all(
            told is not None and told.state is State.EXACT for told in self._told.values()
        )

    def stop(self, number: int) -> None:
        """A signal came."""
        with self.changed:
            self.stop_signal = number
            self.changed.notify_all()

    def heads_changed(self, heads: tuple[Head, ...]) -> None:
        with self.changed:
            self._told = {head.id: None for head in heads}
            self._events.heads(heads)
            self.changed.notify_all()

    def update_ready(self, update: ReadyUpdate) -> None:
        with self.changed:
            self.shown += 1
        update.release(True)

    def exactness_changed(self, head_id: int, exactness: Exactness) -> None:
        with self.changed:
            before = self._told.get(head_id)
            self._told[head_id] = exactness
            if before is None or (before.state, before.reason) != (exactness.state, exactness.reason):
                self._events.state(head_id, exactness)
            self.changed.notify_all()

    def cursor_changed(self, cursor: Cursor) -> None:
        pass

    def clipboard_changed(self, text: str) -> None:
        pass

    def name_changed(self, name: str) -> None:
        pass

    def closed(self, error: RadtermError | None) -> None:
        with self.changed:
            self.is_closed, self.error = True, error
            self.changed.notify_all()


def run_headless(
    connect: Callable[[SessionListener], Session],
    options: ViewerOptions,
    *,
    stream: IO[str] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Views until the session closes, options.seconds have passed, or SIGINT or SIGTERM comes.

    `stream`: where event lines go if options.events, stdout by default. Returns the exit code (README,
    "Exit codes"), 32 if it ended without every head proven exact; an error is said on stderr. Raises what
    `connect` raises. The session is closed; its report() is the last one.
    """
    events = EventLines((stream or sys.stdout) if options.events else None)
    listener = HeadlessListener(events)
    with stop_signals(listener.stop) as looking:
        try:
            session = connect(listener)
        except RadtermError as error:
            events.closed(error.exit_code, error)
            raise
        except KeyboardInterrupt:
            events.closed(INTERRUPTED, None)
            raise
        looking()
        started = clock()
        end = None if options.seconds is None else started + options.seconds
        _wait(listener, session, events, started, end, clock)
        stopped = listener.stop_signal
        cause = listener.error if listener.is_closed else None
        if not listener.is_closed:
            close_and_wait(session, listener.changed, lambda: listener.is_closed)
    if cause is None and stopped is None and session.report().get("exact") is False:
        cause = NotExactError()
    code = ended(cause, interrupted=stopped == signal.SIGINT)
    events.closed(code, cause)
    say_error(cause)
    return code


def _wait(
    listener: HeadlessListener,
    session: Session,
    events: EventLines,
    started: float,
    end: float | None,
    clock: Callable[[], float],
) -> None:
    """Returns when it is over; tells the figures once a second meanwhile."""
    figures_at = started + FIGURES_SECONDS
    while True:
        now = clock()
        with listener.changed:
            if listener.is_closed or listener.stop_signal is not None:
                return
            if end is not None and now >= end and (listener.is_exact or now >= end + SETTLE_SECONDS):
                return
            if now < figures_at or not events.wanted:
                moments = [figures_at] if events.wanted else []
                if end is not None:
                    moments.append(end if now < end else end + SETTLE_SECONDS)
                listener.changed.wait(min(moments) - now if moments else None)
                continue
            shown = listener.shown
        figures_at = now + FIGURES_SECONDS
        events.figures(now - started, shown, 0, session.report)
