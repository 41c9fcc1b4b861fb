"""A real server on a real socket, in this process: the reactor in its thread, real lanes, a desktop that
the test controls. And a listener that remembers."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from radterm.client.base import Exactness, ReadyUpdate, State
from radterm.client.connect import reactor_in_thread
from rfb_ext.desktop.base import Desktop
from rfb_ext.errors import RadtermError
from rfb_ext.frame.frames import Cursor, Head
from rfb_ext.security.offer import Offer
from rfb_ext.server.host import Host
from rfb_ext.server.listener import ViewerFactory, usable_codecs


@contextlib.contextmanager
def serving(
    desktop: Desktop, *, codec: str | None = None, offer: Offer | None = None
) -> Iterator[tuple[Host, int]]:
    """Yields the host and its port on 127.0.0.1; everything is ended behind it."""
    from twisted.internet.threads import blockingCallFromThread

    reactor = reactor_in_thread()
    codecs = usable_codecs(codec)

    def start() -> tuple[Host, Any]:
        host = Host(desktop, reactor, codecs=codecs, forced=codec, offer=offer)
        listening = reactor.listenTCP(0, ViewerFactory(host), interface="127.0.0.1")
        host.share.start()
        return host, listening

    host, listening = blockingCallFromThread(reactor, start)
    try:
        yield host, listening.getHost().port
    finally:
        blockingCallFromThread(reactor, listening.stopListening)
        reactor.callFromThread(host.stop)
        with contextlib.suppress(RadtermError):
            wait_until(lambda: not host.protocols)


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """For what has no event to wait on: looks every few milliseconds. Raises AssertionError in the end."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {seconds:g} s")
        threading.Event().wait(0.005)


class Remembering:
    """A SessionListener that keeps a glass a head and lets go of updates at once, or when told."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.heads: tuple[Head, ...] = ()
        self.glass: dict[int, np.ndarray] = {}
        self.states: dict[int, Exactness] = {}
        self.updates: list[ReadyUpdate] = []
        self.hold = False
        self.cursor: Cursor | None = None
        self.clipboard: list[str] = []
        self.names: list[str] = []
        self.is_closed = False
        self.error: RadtermError | None = None

    def wait(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, seconds), f"did not happen within {seconds:g} s"

    def is_exact(self, head_id: int, truth: np.ndarray) -> bool:
        state = self.states.get(head_id)
        glass = self.glass.get(head_id)
        equal = glass is not None and glass.shape == truth.shape and bool((glass == truth).all())
        return state is not None and state.state is State.EXACT and equal

    def heads_changed(self, heads: tuple[Head, ...]) -> None:
        with self.changed:
            self.heads = heads
            self.glass = {h.id: np.zeros((h.rect.h, h.rect.w), "<u4") for h in heads}
            self.changed.notify_all()

    def update_ready(self, update: ReadyUpdate) -> None:
        with self.changed:
            for r in update.region:
                view = np.s_[r.y : r.bottom, r.x : r.right]
                self.glass[update.head.id][view] = update.pixels[view]
            self.updates.append(update)
            if not self.hold:
                update.release(True)
            self.changed.notify_all()

    def exactness_changed(self, head_id: int, exactness: Exactness) -> None:
        with self.changed:
            self.states[head_id] = exactness
            self.changed.notify_all()

    def cursor_changed(self, cursor: Cursor) -> None:
        with self.changed:
            self.cursor = cursor
            self.changed.notify_all()

    def clipboard_changed(self, text: str) -> None:
        with self.changed:
            self.clipboard.append(text)
            self.changed.notify_all()

    def name_changed(self, name: str) -> None:
        self.names.append(name)

    def closed(self, error: RadtermError | None) -> None:
        with self.changed:
            self.is_closed, self.error = True, error
            self.changed.notify_all()
