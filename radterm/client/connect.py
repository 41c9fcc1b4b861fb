"""Opens sessions. Twisted's reactor gets a thread of its own on first use, because the main thread
belongs to the windows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from radterm.address import Address
from radterm.client.base import Session, SessionListener
from rfb_ext.errors import PeerTimeout, RadtermError, UnreachableError

if TYPE_CHECKING:
    from rfb_ext.security.credentials import Credentials
    from rfb_ext.security.trust import Trust

WORKERS = 2
_starting = threading.Lock()
_thread: threading.Thread | None = None


def reactor_in_thread() -> Any:
    """The running reactor; started in a daemon thread if nobody runs it yet."""
    global _thread
    from twisted.internet import reactor

    with _starting:
        if _thread is None and not reactor.running:
            running = threading.Event()
            reactor.callWhenRunning(running.set)
            _thread = threading.Thread(
                target=lambda: reactor.run(installSignalHandlers=False), name="reactor", daemon=True
            )
            _thread.start()
            running.wait()
    return reactor


def open_session(
    host: str,
    port: int,
    listener: SessionListener,
    *,
    trust: Trust | None = None,
    credentials: Credentials | None = None,
    timeout: float = 10.0,
    workers: int = WORKERS,
) -> Session:
    """Connects and shakes hands; returns once the server has let us in. `timeout` in seconds.

    `trust`: whose certificate is believed; with None the system's CAs, and on this machine's own addresses
    a server without TLS will do too. `credentials`: who the reader is, if the server asks.

    Blocks the calling thread, which must not be the reactor's. After that the listener hears everything;
    `closed` is its last call. Raises UnreachableError, CertificateError, PeerTimeout, RemoteProtocolError;
    then the listener is not called.
    """
    from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
    from twisted.internet.error import TimeoutError as ConnectTimeout
    from twisted.python.failure import Failure

    from radterm.client.protocol import RfbSession, ViewingProtocol
    from rfb_ext.codecs.registry import taken_from_others, usable
    from rfb_ext.security.accept import accepted
    from rfb_ext.security.client_tls import ClientTls
    from rfb_ext.security.trust import Trust

    clear_text = trust is None and Address(host, port).is_loopback
    security = accepted(ClientTls(host, port, trust or Trust()), credentials, clear_text=clear_text)
    codecs = {int(codec.encoding): codec for codec in usable()}
    others = {int(codec.encoding): codec for codec in taken_from_others()}
    reactor = reactor_in_thread()
    done = threading.Event()
    gate = _Gate(listener, done)

    def refused(failure: Failure) -> None:
        if failure.check(ConnectTimeout):
            gate.refuse(PeerTimeout(f"{host}:{port} did not answer within {timeout:g} s"))
        else:
            gate.refuse(
                UnreachableError(
                    f"cannot connect to {host}:{port} ({failure.getErrorMessage()}); "
                    "check the address and that the server runs"
                )
            )

    protocol: list[Any] = []

    def start() -> None:
        made = ViewingProtocol(
            reactor,
            gate,
            codecs,
            others=others,
            security=security,
            workers=workers,
            timeout=timeout,
            opened=gate.open,
        )
        protocol.append(made)
        endpoint = HostnameEndpoint(reactor, host, port, timeout=timeout)
        connectProtocol(endpoint, made).addErrback(refused)

    reactor.callFromThread(start)
    if not done.wait(2 * timeout + 5):
        reactor.callFromThread(lambda: protocol[0].close() if protocol and protocol[0].transport else None)
        raise PeerTimeout(f"{host}:{port} did not answer within {timeout:g} s")
    if gate.error is not None:
        raise gate.error
    return RfbSession(reactor, protocol[0])


class _Gate:
    """Lets the listener hear only of sessions that were opened."""

    def __init__(self, listener: SessionListener, done: threading.Event) -> None:
        self._listener = listener
        self._done = done
        self._is_open = False
        self.error: RadtermError | None = None

    def open(self) -> None:
        self._is_open = True
        self._done.set()

    def refuse(self, error: RadtermError) -> None:
        self.error = error
        self._done.set()

    def closed(self, error: RadtermError | None) -> None:
        if self._is_open:
            self._listener.closed(error)
        else:
            self.refuse(error or UnreachableError())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)
