"""The thin Twisted rim around one viewer: bytes to the wire connection, events to the session, commands
to lanes, desktop and socket. It decides nothing."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IHandshakeListener, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rfb_ext.codecs.lanes import Lane
from rfb_ext.codecs.streams import Streams
from rfb_ext.errors import LocalProtocolError, PeerTimeout, PolicyRefused, RadtermError, RemoteProtocolError
from rfb_ext.security.certificate import ServerCertificate
from rfb_ext.server.frame_line import FrameLine
from rfb_ext.server.host import Host
from rfb_ext.server.pictures import EncodedHead, HeadJob, UpdateJob
from rfb_ext.server.session import commands as cmd
from rfb_ext.server.session.viewer import ViewerSession
from rfb_ext.server.tls import server_options
from rfb_ext.wire.connection import NEED_DATA, Connection, Role
from rfb_ext.wire.fields import Message
from rfb_ext.wire.handshake import AnswerWanted, HandshakeDone, SecurityFailed, TlsWanted
from rfb_ext.wire.server_messages import ServerInit
from rfb_ext.wire.types import CANONICAL_8

HANDSHAKE_SECONDS = 10.0
LOGIN_SECONDS = 60.0
"""The handshake where a person may have to type a password in the middle of it."""
LINGER_SECONDS = 5.0
APART_SECONDS = 0.1
"""Between the end of the TLS handshake and the first word inside."""
SILENT_SECONDS = 60.0
NOTSENT_LOWAT = 128 << 10
TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25)


@implementer(IPushProducer, IHandshakeListener)
class ViewerProtocol(Protocol):
    """One viewer's connection. `host` holds what all viewers share; `peer` is the viewer's address."""

    log = Logger()
    transport: Any

    def __init__(self, host: Host, peer: str = "") -> None:
        self._host = host
        self._peer = peer
        self._connection = Connection(Role.SERVER, host.offer.types(peer))
        self._session: ViewerSession | None = None
        self._lines: dict[int, tuple[FrameLine, Lane]] = {}
        self._streams = Streams()
        self._gone = False
        self._timer: IDelayedCall | None = None
        self._agreed: IDelayedCall | None = None
        self._early = bytearray()

    # --- Twisted ---

    def connectionMade(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self.transport.setTcpNoDelay(True)
            self.transport.socket.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT)
        seconds = LOGIN_SECONDS if self._host.offer.way.asks_password else HANDSHAKE_SECONDS
        self._limit(seconds, "the viewer did not finish its handshake in time")
        self.transport.registerProducer(self, True)
        self._host.protocols.add(self)
        self.transport.write(self._connection.data_to_send())

    def dataReceived(self, data: bytes) -> None:
        if self._agreed is not None:
            self._early += data  # what had arrived with the end of the TLS handshake; no more is read now
            return
        self._go_on(partial(self._connection.receive_data, data))

    def handshakeCompleted(self) -> None:
        """TLS is agreed, and the session tickets of TLS 1.3 are on their way. What comes in one piece with
        them TigerVNC's viewer overlooks, and OpenSSL can neither be told from here to leave them out, nor
        tells when they were read: so a moment passes before anything is read or said inside."""
        self.transport.pauseProducing()
        self._agreed = self._host.reactor.callLater(APART_SECONDS, self._tls_started)

    def _tls_started(self) -> None:
        self._agreed = None
        self.transport.resumeProducing()
        self._go_on(self._connection.tls_started)
        early, self._early = bytes(self._early), bytearray()
        self._go_on(partial(self._connection.receive_data, early))

    def _go_on(self, step: Callable[[], None]) -> None:
        """Does `step` with the connection, then all that follows from it."""
        if self._gone:
            return
        try:
            step()
            while not self._gone and (event := self._connection.next_event()) is not NEED_DATA:
                self._received(event)
            self.transport.write(self._connection.data_to_send())
        except RemoteProtocolError as error:
            self._end(error)
        else:
            self._run_commands()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._gone = True
        self._limit(None)
        if self._agreed is not None and self._agreed.active():
            self._agreed.cancel()
        self._host.protocols.discard(self)
        self._close_lines()
        if self._session is not None:
            self._host.share.leave(self._session)
            self._session.ended()
            for command in self._session.take_commands():
                self._inject(command)
            self._host.session_ended(self._session)

    def pauseProducing(self) -> None:
        if self._session is None or self._gone:
            return
        if self._timer is None or not self._timer.active():  # Twisted says it again with every write
            self._limit(SILENT_SECONDS, "the viewer has taken nothing for a minute")
        self._session.writable(False)

    def resumeProducing(self) -> None:
        if self._session is None or self._gone:
            return
        self._limit(None)
        self._session.writable(True)
        self._run_commands()

    def stopProducing(self) -> None:
        """Nothing is produced that connectionLost does not end."""

    # --- events ---

    def _received(self, event: object) -> None:
        self.transport.write(self._connection.data_to_send())
        if isinstance(event, HandshakeDone):
            self._open()
        elif isinstance(event, TlsWanted) and isinstance(event.context, ServerCertificate):
            self.transport.startTLS(server_options(event.context))
        elif isinstance(event, AnswerWanted):
            pool = self._host.reactor.getThreadPool()
            deferToThreadPool(self._host.reactor, pool, event.question).addCallbacks(
                lambda _: self._go_on(self._connection.answered), self._not_answered
            )
        elif isinstance(event, SecurityFailed):
            self._end(PolicyRefused(event.reason))
        elif self._session is not None:
            self._session.received(event)
            self._run_commands()

    def _not_answered(self, failure: Failure) -> None:
        self.log.warn("a login could not be checked: {error}", error=str(failure.value))
        self._end(failure.value or RadtermError())

    def _open(self) -> None:
        host = self._host
        self._limit(None)
        self._session = session = host.new_session()
        self.log.info("a viewer came")
        self._write(ServerInit(*session.size, CANONICAL_8, host.share.desktop.name))
        host.share.join(session, self._run_commands)

    # --- commands ---

    def _run_commands(self) -> None:
        session = self._session
        while session is not None and not self._gone and (commands := session.take_commands()):
            try:
                for command in commands:
                    self._run(session, command)
            except LocalProtocolError as error:
                self._end(error)
            if all(isinstance(command, cmd.WantFrame) for command in commands):
                return

    def _run(self, session: ViewerSession, command: cmd.Command) -> None:
        if self._gone:
            return
        desktop = self._host.share.desktop
        match command:
            case cmd.Send():
                self._write(command.message)
            case cmd.EncodeUpdate():
                self._encode(session, command.job)
            case cmd.WantFrame():
                self._host.want_frame()
            case cmd.InjectKey() | cmd.InjectPointer():
                self._inject(command)
            case cmd.SetClipboard():
                desktop.set_clipboard(command.text)
            case cmd.RequestLayout():
                session.layout_answered(desktop.request_layout(command.layout))
            case cmd.NewLines():
                self._close_lines()
            case cmd.Close():
                self._end(command.error)

    def _inject(self, command: cmd.Command) -> None:
        desktop = self._host.share.desktop
        match command:
            case cmd.InjectKey():
                desktop.inject_key(command.keysym, command.keycode, command.down, command.tag)
            case cmd.InjectPointer():
                desktop.inject_pointer(command.x, command.y, command.buttons, command.tag)

    def _write(self, message: Message) -> None:
        self.transport.writeSequence(self._connection.send(message))

    def _encode(self, session: ViewerSession, job: UpdateJob) -> None:
        results: dict[int, EncodedHead] = {}

        def done(head_job: HeadJob, result: EncodedHead | BaseException) -> None:
            if self._gone:
                return
            if isinstance(result, BaseException):
                self._end(result)
                return
            results[id(head_job)] = result
            if len(results) == len(job.heads):
                session.update_encoded(job, tuple(results[id(h)] for h in job.heads))
                self._run_commands()

        for head_job in job.heads:
            line, lane = self._line(session, head_job)
            lane.submit(partial(line.encode, head_job), partial(done, head_job))

    def _line(self, session: ViewerSession, job: HeadJob) -> tuple[FrameLine, Lane]:
        head = job.picture.frame.head
        if head.id not in self._lines:
            line = FrameLine(
                head,
                session.offered,
                session.pixel_format,
                seed=self._host.share.seed,
                radterm=session.radterm,
                forced=self._host.forced,
                clock=self._host.clock,
                streams=self._streams,
            )
            # a standard viewer's heads share zlib streams, whose order is the wire's: one lane for all
            shared = None if session.radterm else next(iter(self._lines.values()), None)
            self._lines[head.id] = (line, self._host.lanes.lane() if shared is None else shared[1])
        return self._lines[head.id]

    def _close_lines(self) -> None:
        for lane in {id(lane): lane for _, lane in self._lines.values()}.values():
            lines = [line for line, its in self._lines.values() if its is lane]
            lane.close(partial(_close_all, lines))
        self._lines.clear()

    # --- ends ---

    def _limit(self, seconds: float | None, sentence: str = "") -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        if seconds is not None:
            self._timer = self._host.reactor.callLater(seconds, lambda: self._end(PeerTimeout(sentence)))

    def _end(self, error: BaseException) -> None:
        if self._gone:
            return
        self.transport.write(self._connection.data_to_send())
        self._gone = True
        self._limit(None)
        if isinstance(error, LocalProtocolError) or not isinstance(error, RadtermError):
            self.log.failure("a viewer was closed by a fault of this side", Failure(error))
        else:
            self.log.info("a viewer at {peer} was closed: {error}", peer=self._peer, error=str(error))
        if isinstance(error, PeerTimeout):
            self.transport.abortConnection()  # what it never took is not waited for
        else:
            self.transport.unregisterProducer()  # TLS would wait for us to have no more to say
            self.transport.loseConnection()
            # it says goodbye and waits for an answer, for ever if need be
            self._timer = self._host.reactor.callLater(LINGER_SECONDS, self.transport.abortConnection)


def _close_all(lines: list[FrameLine]) -> None:
    for line in lines:
        line.close()
