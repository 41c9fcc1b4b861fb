"""How a viewer ends, with a window or without."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from radterm.client.base import Session
from rfb_ext.errors import RadtermError

CLOSE_SECONDS = 2.0
INTERRUPTED = 130


def close_and_wait(session: Session, changed: threading.Condition, is_closed: Callable[[], bool]) -> None:
    """Closes a session and waits, at most CLOSE_SECONDS, until it says so; its report is final then."""
    session.close()
    with changed:
        changed.wait_for(is_closed, CLOSE_SECONDS)


def ended(error: RadtermError | None, *, interrupted: bool) -> int:
    """The viewer's exit code."""
    if error is not None:
        return error.exit_code
    return INTERRUPTED if interrupted else 0


def say_error(error: RadtermError | None) -> None:
    """One sentence for people, on stderr."""
    if error is not None:
        print(f"radterm: {' '.join(str(error).split())}", file=sys.stderr, flush=True)
