"""The thin Twisted rim around a viewing session: bytes in, commands to lanes and listener. It decides
nothing. Everything here runs on the reactor's thread, except `release` and the methods of RfbSession."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IHandshakeListener
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from radterm.client.base import ReadyUpdate, SessionListener
from radterm.client.head_line import HeadLine
from radterm.client.picture import HeadPicture, Outcome
from radterm.client.session import commands as cmd
from radterm.client.session.viewing import ViewingSession
from radterm.client.tls import ClientOptions
from rfb_ext.codecs.base import Codec
from rfb_ext.codecs.lanes import Lanes
from rfb_ext.codecs.streams import Streams
from rfb_ext.errors import PeerTimeout, RadtermError, RemoteProtocolError, UnreachableError
from rfb_ext.frame.frames import Head
from rfb_ext.security.client_tls import ClientTls, tls_failure
from rfb_ext.wire import client_messages as c
from rfb_ext.wire.connection import NEED_DATA, Connection, Role
from rfb_ext.wire.fields import Message
from rfb_ext.wire.handshake import SecurityFailed, SecurityType, TlsWanted
from rfb_ext.wire.numbers import MAX_CUT_TEXT
from rfb_ext.wire.server_messages import ServerInit
from rfb_ext.wire.types import CANONICAL_8, Rect, canonical_format

MOST_PENDING = 128 << 20
"""Bytes of encoded rectangles that wait for a lane; beyond it the socket is not read."""


def monotonic_us() -> int:
    return time.monotonic_ns() // 1000


@implementer(IHandshakeListener)
class ViewingProtocol(Protocol):
    """One session. `security`: what is accepted, best first. `opened` is called once, when the handshake is
    over; `listener` hears all else."""

    log = Logger()
    transport: Any

    def __init__(
        self,
        reactor: Any,
        listener: SessionListener,
        codecs: dict[int, Codec],
        *,
        others: dict[int, Codec],
        security: Sequence[SecurityType],
        workers: int,
        timeout: float,
        opened: Callable[[], None],
    ) -> None:
        self.session = ViewingSession(codecs, clock=time.monotonic, others=others)
        self._others = others
        self._streams = Streams()
        self._reactor = reactor
        self._listener = listener
        self._codecs = codecs
        self._timeout = timeout
        self._opened = opened
        self._connection = Connection(Role.CLIENT, security)
        self._workers = workers
        self._lanes: Lanes  # from connectionMade on: a connection that never was leaves no threads
        self._lines: dict[int, HeadLine] = {}
        self._heads: tuple[Head, ...] = ()
        self._handshake: IDelayedCall | None = None
        self._moment: IDelayedCall | None = None
        self._error: RadtermError | None = None
        self._tls: ClientTls | None = None
        self._closing = False
        self._ended = False
        self._paused = False
        self.last_report: dict[str, Any] | None = None

    # --- Twisted ---

    def connectionMade(self) -> None:
        with contextlib.suppress(AttributeError):
            self.transport.setTcpNoDelay(True)
        self._lanes = Lanes(self._workers, self._reactor.callFromThread)
        self._handshake = self._reactor.callLater(self._timeout, self._too_slow)
        self.transport.write(self._connection.data_to_send())

    def dataReceived(self, data: bytes) -> None:
        if self._closing:
            return
        self.session.bytes_arrived(len(data))
        self._go_on(partial(self._connection.receive_data, data))

    def handshakeCompleted(self) -> None:
        """TLS is agreed. Nothing was sent inside it, and nothing is before the certificate is believed."""
        if self._closing or self._tls is None:
            return
        try:
            self._tls.check(self.transport.getHandle())
        except RadtermError as error:
            self.close(error)
        else:
            self._go_on(self._connection.tls_started)

    def _go_on(self, step: Callable[[], None]) -> None:
        """Does `step` with the connection, then all that follows from it."""
        try:
            step()
            while not self._closing and (event := self._connection.next_event()) is not NEED_DATA:
                self._received(event)
            self.transport.write(self._connection.data_to_send())
        except RemoteProtocolError as error:
            self.close(error)
        else:
            self._run_commands()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._ended:
            return
        if not self._closing:
            self._error = UnreachableError(self._why_closed(reason))
        self._closing = self._ended = True
        if self.last_report is None:
            self.last_report = {**self.session.report(), "exact": False}
        for call in (self._handshake, self._moment):
            if call is not None and call.active():
                call.cancel()
        for line in self._lines.values():
            line.close()
        self._listener.closed(self._error)
        threading.Thread(target=self._lanes.stop, daemon=True).start()

    def _why_closed(self, reason: Failure) -> str:
        failure = tls_failure(reason.value) if self._tls is not None else None
        if failure is not None:
            return f"TLS with the server failed ({failure}); it needs TLS 1.2 or newer"
        return "the hospital side closed the connection; start the session again"

    # --- what the rim offers ---

    def close(self, error: RadtermError | None = None) -> None:
        """Ends the session; None: because the reader wants it."""
        if self._closing:
            return
        self._error = error
        self.last_report = self.session.report()
        if error is not None:
            self.last_report["exact"] = False
        self._closing = True
        self.transport.loseConnection()
        self._reactor.callLater(1.0, self._abort)

    def send(self, messages: Sequence[Message]) -> None:
        if self._closing or self._handshake is None or self._handshake.active():
            return
        for message in messages:
            self.transport.writeSequence(self._connection.send(message))

    # --- events and commands ---

    def _received(self, event: object) -> None:
        self.transport.write(self._connection.data_to_send())
        if isinstance(event, SecurityFailed):
            self.close(UnreachableError(f"the server refused this viewer: {event.reason}"))
            return
        if isinstance(event, TlsWanted) and isinstance(event.context, ClientTls):
            self._tls = event.context
            self.transport.startTLS(ClientOptions(self._tls))
            return
        if isinstance(event, ServerInit) and self._handshake is not None and self._handshake.active():
            self._handshake.cancel()
            self._opened()
        self.session.received(event)
        self._run_commands()

    def _run_commands(self) -> None:
        while not self._closing and (commands := self.session.take_commands()):
            for command in commands:
                if not self._closing:
                    self._run(command)
        self._watch()

    def _run(self, command: cmd.Command) -> None:
        match command:
            case cmd.Send():
                self.send([command.message])
            case cmd.Decode() | cmd.Finish():
                line = self._lines.get(command.head_id)
                if line is not None:
                    line.put(command)
                    self._regulate()
            case cmd.Present():
                self._present(command.outcome, command.region)
            case cmd.Discard():
                self._release(command.outcome)
            case cmd.NewHeads():
                self._new_heads(command.heads, command.seed)
            case cmd.TellExactness():
                self._listener.exactness_changed(command.head_id, command.exactness)
            case cmd.TellCursor():
                self._listener.cursor_changed(command.cursor)
            case cmd.TellClipboard():
                self._listener.clipboard_changed(command.text)
            case cmd.TellName():
                self._listener.name_changed(command.name)
            case cmd.Close():
                self.close(command.error)

    def _new_heads(self, heads: tuple[Head, ...], seed: int | None) -> None:
        for line in self._lines.values():
            line.close()
        self._heads = heads
        self._lines = {
            head.id: HeadLine(
                HeadPicture(
                    head,
                    seed=seed,
                    codecs=self._others if seed is None else self._codecs,
                    streams=self._streams,
                    pixel_format=CANONICAL_8 if seed is None else canonical_format(head.depth),
                    clock=monotonic_us,
                ),
                self._lanes.lane(),
                checked=self._checked,
                failed=self._lane_failed,
                drained=self._regulate,
            )
            for head in heads
        }
        self._listener.heads_changed(heads)

    def _checked(self, outcome: Outcome) -> None:
        self._safely(lambda: self.session.update_checked(outcome))

    def _safely(self, call: Callable[[], None]) -> None:
        """For what Twisted would only log: whatever goes wrong here ends the session, for a state that was
        not told would leave EXACT over an old picture."""
        if self._closing:
            return
        try:
            call()
            self._run_commands()
        except Exception as error:  # noqa: BLE001 - nothing may be carried on after it
            self.log.failure("the session failed", Failure(error))
            self.close(RadtermError(f"the viewer failed in a way not foreseen: {type(error).__name__}"))

    def _lane_failed(self, error: BaseException) -> None:
        self.log.failure("a lane failed", Failure(error))
        self.close(RadtermError(f"decoding failed in a way that was not foreseen: {type(error).__name__}"))

    def _present(self, outcome: Outcome, region: tuple[Rect, ...]) -> None:
        line = self._lines[outcome.head.id]
        whole_since = time.monotonic_ns()

        once = iter((True,))

        def let_go(shown: bool) -> None:
            present_us = (time.monotonic_ns() - whole_since) // 1000
            self.session.update_released(outcome, shown=shown, present_us=present_us)
            if self._lines.get(outcome.head.id) is line:
                line.release()

        def released(shown: bool) -> None:
            if next(once, False):  # a second call must not free what the next update is written into
                self._safely(lambda: let_go(shown))

        self._listener.update_ready(
            ReadyUpdate(
                head=outcome.head,
                number=outcome.number,
                serial=outcome.serial,
                pixels=line.picture.pixels,
                region=region,
                exact=outcome.proven,
                input_tag=outcome.input_tag,
                release=lambda shown: self._reactor.callFromThread(released, shown),
            )
        )

    def _release(self, outcome: Outcome) -> None:
        line = self._lines.get(outcome.head.id)
        if line is not None and line.picture.head is outcome.head:
            line.release()

    def _regulate(self) -> None:
        pending = sum(line.pending_bytes for line in self._lines.values())
        if not self._paused and pending > MOST_PENDING:
            self._paused = True
            self.transport.pauseProducing()
        elif self._paused and pending < MOST_PENDING // 2:
            self._paused = False
            self.transport.resumeProducing()

    def _watch(self) -> None:
        """Wakes up when a state changes although nothing arrives."""
        if self._moment is not None and self._moment.active():
            self._moment.cancel()
        moment = None if self._closing else self.session.next_moment()
        if moment is not None:
            self._moment = self._reactor.callLater(max(0.005, moment - time.monotonic()), self._passed)

    def _passed(self) -> None:
        self._safely(self.session.passed)

    def _too_slow(self) -> None:
        self.close(
            PeerTimeout("the server did not finish its handshake in time; check that it is an RFB server")
        )

    def _abort(self) -> None:
        if not self._ended:
            self.transport.abortConnection()


class RfbSession:
    """`radterm.client.base.Session` over RFB; every method may be called from any thread."""

    def __init__(self, reactor: Any, protocol: ViewingProtocol) -> None:
        self._reactor = reactor
        self._protocol = protocol

    def send_key(self, keysym: int, keycode: int, down: bool) -> None:
        def send() -> None:
            session = self._protocol.session
            self._protocol.send(session.input.key(keysym, keycode, down, tagged=session.radterm))

        self._reactor.callFromThread(send)

    def send_pointer(self, head_id: int, x: int, y: int, buttons: int) -> None:
        def send() -> None:
            session = self._protocol.session
            self._protocol.send(session.input.pointer(head_id, x, y, buttons, tagged=session.radterm))

        self._reactor.callFromThread(send)

    def send_clipboard(self, text: str) -> None:
        data = text.encode("latin-1", "replace")[:MAX_CUT_TEXT]
        self._reactor.callFromThread(lambda: self._protocol.send([c.ClientCutText(data)]))

    def close(self) -> None:
        self._reactor.callFromThread(self._protocol.close)

    def report(self) -> dict[str, Any]:
        last = self._protocol.last_report
        return last if last is not None else self._protocol.session.report()
