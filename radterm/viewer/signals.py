"""SIGINT and SIGTERM end a viewer in good order, also while its main thread waits in foreign code."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals(stop: Callable[[int], None]) -> Iterator[Callable[[], None]]:
    """While entered, `stop(number)` is called for each of STOP_SIGNALS, from a thread of its own.

    Yields a function to call when the caller looks at what stop() was told; until then a signal raises
    KeyboardInterrupt as well, so that it also ends what cannot look (a connection that is being made).

    Python runs a signal's function only when the main thread is back from what it waits in; the byte that
    the interpreter writes at once reaches a thread that can act. Outside the main thread nothing is done:
    signals belong to somebody else there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)

    def watch() -> None:
        while data := ours.recv(16):
            for number in data:
                if number in STOP_SIGNALS:
                    stop(number)

    looks = threading.Event()

    def raises(number: int, frame: object) -> None:
        if not looks.is_set():
            raise KeyboardInterrupt

    watcher = threading.Thread(target=watch, name="signals", daemon=True)
    before = {number: signal.signal(number, raises) for number in STOP_SIGNALS}
    fd_before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    watcher.start()
    try:
        yield looks.set
    finally:
        signal.set_wakeup_fd(fd_before)
        for number, function in before.items():
            signal.signal(number, function)
        theirs.shutdown(socket.SHUT_RDWR)
        watcher.join()
        ours.close()
        theirs.close()
