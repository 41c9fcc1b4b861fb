"""Serves one desktop on one address until told to stop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory

from rfb_ext.codecs.base import Codec
from rfb_ext.codecs.lanes import Lanes
from rfb_ext.codecs.registry import codec_named, usable
from rfb_ext.desktop.base import Desktop
from rfb_ext.errors import CaptureError, CodecError, ListenError, LossRefused, RadtermError
from rfb_ext.security.none import NoneSecurity
from rfb_ext.server.protocol import ViewerProtocol
from rfb_ext.server.session.viewer import ViewerSession
from rfb_ext.server.share import SharedDesktop
from rfb_ext.wire.numbers import HeadPolicy
from rfb_ext.wire.types import CANONICAL_8

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

MOST_VIEWERS = 32
WORKERS = 2
FRAME_SECONDS = 1 / 75
"""Frames are not captured closer together than this: a little under 1/60 s, so that 60 a second fit."""


def monotonic_us() -> int:
    """Monotonic microseconds."""
    return time.monotonic_ns() // 1000


class Host:
    """What the viewers of one desktop share: codecs, lanes, seed, clock, and the desktop itself.

    `reactor`: Twisted's. `ended` is told each session's report when it ends.
    """

    def __init__(
        self,
        desktop: Desktop,
        reactor: Any,
        *,
        codecs: tuple[Codec, ...],
        forced: str | None = None,
        clock: Callable[[], int] = monotonic_us,
        seed: int | None = None,
        workers: int = WORKERS,
        lost: Callable[[CaptureError], None] = lambda error: None,
        ended: Callable[[dict[str, Any]], None] = lambda report: None,
    ) -> None:
        self.reactor = reactor
        self.clock = clock
        self.forced = forced
        self.security = (NoneSecurity(),)
        self.protocols: set[ViewerProtocol] = set()
        self._codecs = codecs
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
            name=self.share.desktop.name,
            seed=self.share.seed,
            codecs=self._codecs,
            forced=self.forced,
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


class ViewerFactory(Factory):
    """Accepts viewers up to a bound; one more is turned away at once."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def buildProtocol(self, address: object) -> ViewerProtocol | None:
        if len(self._host.protocols) >= MOST_VIEWERS:
            return None
        return ViewerProtocol(self._host)


def usable_codecs(forced: str | None) -> tuple[Codec, ...]:
    """The codecs that pass their self-test here. Raises CodecError if the forced one does not."""
    codecs = usable()
    if forced is not None and codec_named(forced) not in codecs:
        raise CodecError(f"codec {forced} does not pass its self-test here; see radterm --version --verbose")
    return codecs


def run_server(
    desktop: Desktop,
    *,
    host: str,
    port: int,
    codec: str | None,
    on_listening: Callable[[str, int], None],
    on_ended: Callable[[dict[str, Any]], None] = lambda report: None,
) -> None:
    """Serves `desktop` on host:port (port 0: any free one) until SIGTERM or SIGINT.

    `codec` forces one by name. `on_listening` is told the address. Raises ListenError if the address
    cannot be had, CaptureError if the desktop is lost, CodecError and LossRefused for the forced codec.
    """
    from twisted.internet import reactor

    codecs = usable_codecs(codec)
    diagnostic = any(head.policy is HeadPolicy.DIAGNOSTIC for head in desktop.heads)
    if codec is not None and diagnostic and not codec_named(codec).lossless:
        raise LossRefused(f"codec {codec} is lossy and this desktop has a diagnostic head")
    failures: list[CaptureError] = []

    def lost(error: CaptureError) -> None:
        failures.append(error)
        # one turn later, so that what the viewers are told is on its way
        reactor.callLater(0.2, reactor.stop)

    shared = Host(desktop, reactor, codecs=codecs, forced=codec, lost=lost, ended=on_ended)
    try:
        listening = reactor.listenTCP(port, ViewerFactory(shared), backlog=16, interface=host)
    except CannotListenError as error:
        shared.lanes.stop()
        raise ListenError(
            f"cannot listen on {host}:{port} ({error.socketError.strerror or error.socketError}); "
            "choose another address with --listen"
        ) from None
    try:
        shared.share.start()
    except RadtermError:
        shared.lanes.stop()
        raise
    reactor.addSystemEventTrigger("before", "shutdown", shared.stop)
    address = listening.getHost()
    reactor.callWhenRunning(on_listening, address.host, address.port)
    reactor.run()
    if failures:
        raise failures[0]
