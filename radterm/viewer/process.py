"""The viewer with windows, from its start to its end. Its main thread belongs to SDL."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

from radterm.client.base import Session, SessionListener
from radterm.viewer.ending import CLOSE_SECONDS, INTERRUPTED, ended, say_error
from radterm.viewer.events import EventLines
from radterm.viewer.mailbox import Mailbox
from radterm.viewer.options import ViewerOptions as ViewerOptions
from radterm.viewer.signals import stop_signals
from rfb_ext.errors import RadtermError


def run_viewer(
    connect: Callable[[SessionListener], Session],
    options: ViewerOptions,
    *,
    stream: IO[str] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Opens SDL, then the session, and shows it until the session closes, a window is closed, the reader
    disconnects, options.seconds have passed, or SIGINT or SIGTERM comes.

    Main thread only. `stream`: where event lines go if options.events, stdout by default. `clock`: seconds
    of the clock that Exactness.stale_since is told in. Returns the exit code (README, "Exit codes"); a
    session's error is said on stderr. Raises ViewerError and what `connect` raises. In any case the session
    is closed when it returns; its report() is the last one.
    """
    from radterm.viewer.loop import Loop
    from radterm.viewer.platform import open_platform

    events = EventLines((stream or sys.stdout) if options.events else None)
    try:
        with open_platform(os.environ, clock) as platform:
            closed = threading.Event()
            box = Mailbox(platform.wake, closed)
            try:
                with stop_signals(box.stop) as looking:
                    session = connect(box)
                    looking()
                    loop = Loop(platform, session, box, options, events, clock)
                    try:
                        loop.run()
                    finally:
                        box.shut()
                        loop.close()
                        session.close()
                        closed.wait(CLOSE_SECONDS)
            finally:
                box.shut()
    except RadtermError as error:
        events.closed(error.exit_code, error)
        raise
    except KeyboardInterrupt:
        events.closed(INTERRUPTED, None)
        raise
    code = ended(loop.error, interrupted=loop.interrupted)
    events.closed(code, loop.error)
    say_error(loop.error)
    return code
