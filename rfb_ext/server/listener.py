"""Serves one desktop on one address until told to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from rfb_ext.codecs.base import Codec
from rfb_ext.codecs.registry import codec_named, sent_to_others, usable
from rfb_ext.desktop.base import Desktop
from rfb_ext.errors import CaptureError, CodecError, ListenError, LossRefused, RadtermError
from rfb_ext.security.offer import Offer
from rfb_ext.server.host import Host
from rfb_ext.server.protocol import ViewerProtocol
from rfb_ext.wire.numbers import HeadPolicy

MOST_VIEWERS = 32


class ViewerFactory(Factory):
    """Accepts viewers up to a bound; one more is turned away at once."""

    _log = Logger()

    def __init__(self, host: Host) -> None:
        self._host = host

    def buildProtocol(self, address: object) -> ViewerProtocol | None:
        if len(self._host.protocols) >= MOST_VIEWERS:
            return None
        try:
            return ViewerProtocol(self._host, getattr(address, "host", ""))
        except RadtermError as error:  # the password file has changed for the worse
            self._log.warn("a viewer could not be let in: {error}", error=str(error))
            return None


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
    offer: Offer | None = None,
    on_listening: Callable[[str, int], None],
    on_ended: Callable[[dict[str, Any]], None] = lambda report: None,
) -> None:
    """Serves `desktop` on host:port (port 0: any free one) until SIGTERM or SIGINT.

    `codec` forces one by name. `offer`: how viewers get in (None: anybody may). `on_listening` is told the
    address. Raises ListenError if the address cannot be had, CaptureError if the desktop is lost, CodecError
    and LossRefused for the forced codec.
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

    shared = Host(
        desktop,
        reactor,
        codecs=codecs,
        others=sent_to_others(),
        forced=codec,
        offer=offer,
        lost=lost,
        ended=on_ended,
    )
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
