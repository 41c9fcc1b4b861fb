"""What the viewers of one desktop share on the reactor's thread: codecs, lanes, seed, clock, the desktop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from rfb_ext.codecs.base import Codec
from rfb_ext.codecs.lanes import Lanes
from rfb_ext.desktop.base import Desktop
from rfb_ext.errors import CaptureError
from rfb_ext.security.offer import Offer
from rfb_ext.server.session.viewer import ViewerSession
from rfb_ext.server.share import SharedDesktop
from rfb_ext.wire.types import CANONICAL_8

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

WORKERS = 2
FRAME_SECONDS = 1 / 75
"""Frames are not captured closer together than this: a little under 1/60 s, so that 60 a second fit."""


def monotonic_us() -> int:
    """Monotonic microseconds."""
    return time.monotonic_ns() // 1000


class Connected(Protocol):
    """A viewer's connection, as far as the host ends it."""

    transport: Any


class Host:
    """What the viewers of one desktop share: codecs, lanes, seed, clock, and the desktop itself.

    `reactor`: Twisted's. `codecs`: for our viewers, `others`: for those of other makers. `offer`: how viewers
    get in. `ended` is told each session's report when it ends.
    """

    def __init__(
        self,
        desktop: Desktop,
        reactor: Any,
        *,
        codecs: tuple[Codec, ...],
        others: tuple[Codec, ...] = (),
        forced: str | None = None,
        offer: Offer | None = None,
        clock: Callable[[], int] = monotonic_us,
        seed: int | None = None,
        workers: int = WORKERS,
        lost: Callable[[CaptureError], None] = lambda error: None,
        ended: Callable[[dict[str, Any]], None] = lambda report: None,
    ) -> None:
        self.reactor = reactor
        self.clock = clock
        self.forced = forced
        self.offer = Offer() if offer is None else offer
        self.protocols: set[Connected] = set()
        self._codecs = codecs
        self._others = others
        self._ended = ended
        self._tag = 0
        self._last_want = 0.0
        self._wanting: IDelayedCall | None = None
        self.lanes = Lanes(workers, reactor.callFromThread)
        self.share = SharedDesktop(
            desktop,
            seed=secrets.randbits(64) if seed is None else seed,
            post=reactor.callFromThread,
            lost=lost,
        )

    def new_session(self) -> ViewerSession:
        return ViewerSession(
            self.share.heads,
            seed=self.share.seed,
            codecs=self._codecs,
            others=self._others,
            clock=self.clock,
            next_tag=self._next_tag,
            pixel_format=CANONICAL_8,
        )

    def session_ended(self, session: ViewerSession) -> None:
        self._ended(session.ledger.report())

    def want_frame(self) -> None:
        """Some viewer can take a frame; at most one want each FRAME_SECONDS."""
        if self._wanting is not None and self._wanting.active():
            return
        wait = self._last_want + FRAME_SECONDS - self.reactor.seconds()
        if wait > 0:
            self._wanting = self.reactor.callLater(wait, self._want_now)
        else:
            self._want_now()

    def stop(self) -> None:
        """Ends desktop, sessions and lanes; blocks for at most a moment."""
        if self._wanting is not None and self._wanting.active():
            self._wanting.cancel()
        self.share.stop()
        for protocol in tuple(self.protocols):
            protocol.transport.abortConnection()
        self.lanes.stop()

    def _want_now(self) -> None:
        self._last_want = self.reactor.seconds()
        self.share.desktop.want_frame()

    def _next_tag(self) -> int:
        self._tag += 1
        return self._tag
