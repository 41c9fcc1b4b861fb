"""Connection: one end of an RFB connection without a socket, a clock or a thread.

Put in what arrived, take out events; give it messages, write out the buffers it returns. Everything that
is sent or received passes one door (`_admit`), which looks at the transition table and at what the client
listed; only the error differs: LocalProtocolError for us, RemoteProtocolError for the other side.

Not judged here: digests, and whether the parts of a radterm update come in their order. A receiver that
proves exactness must look at both itself, and can then ask again instead of losing the session.

One class, longer than other files here: the pump, the door and the order of messages share their state,
and apart each would have to be given the others.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from enum import Enum, auto
from typing import NoReturn

from rfb_ext.errors import LocalProtocolError, RemoteProtocolError
from rfb_ext.wire.client_messages import CLIENT_PARSERS, SetEncodings, SetPixelFormat
from rfb_ext.wire.events import NEED_DATA, ConnectionEnded, Event, NeedData, Size
from rfb_ext.wire.fields import Buffer, ByteQueue, Message, UnknownRadterm, sized
from rfb_ext.wire.handshake import (
    MAX_SECURITY_READ,
    AnswerWanted,
    HandshakeDone,
    SecurityFailed,
    SecurityType,
    TlsWanted,
    WantAnswer,
    WantTls,
    Write,
    client_handshake,
    server_handshake,
)
from rfb_ext.wire.numbers import MAX_RECTANGLES, Encoding, ServerMessage
from rfb_ext.wire.rectangles import (
    HEADER,
    PIXEL_KINDS,
    RECTANGLES,
    CursorRectangle,
    DesktopSizeRectangle,
    Header,
    LastRectangle,
    LayoutRectangle,
    PixelBytes,
    PixelRectangle,
    Rectangle,
    UpdateBegin,
    UpdateEnd,
)
from rfb_ext.wire.server_messages import (
    SERVER_PARSERS,
    UNTIL_LAST,
    FramebufferUpdate,
    Heads,
    ServerInit,
    UpdateEnded,
    UpdateStarted,
)
from rfb_ext.wire.standard_rectangles import tight_pixel_bytes
from rfb_ext.wire.states import Kind, Role, State, following
from rfb_ext.wire.types import CANONICAL_8, PixelFormat, Rect

__all__ = [
    "NEED_DATA",
    "AnswerWanted",
    "Connection",
    "ConnectionEnded",
    "Event",
    "HandshakeDone",
    "NeedData",
    "Role",
    "SecurityFailed",
    "Size",
    "State",
    "TlsWanted",
    "UpdateEnded",
    "UpdateStarted",
]


_Steps = Generator[int | Write | WantTls | WantAnswer | Event, bytes, None]

_CANONICAL_BYTES = 4
_KNOWN = frozenset(int(encoding) for encoding in Encoding)


class _Taken(Enum):
    """The last step was an event, and the caller has it; ASKED: nothing moves before answered()."""

    TAKEN = auto()
    ASKED = auto()


class Connection:
    """One end of a connection. `security`: a server's types in the order offered, a client's in order of
    preference; with none nobody gets in. `shared`: what a client says in ClientInit.

    After a RemoteProtocolError the connection is CLOSED and every call but data_to_send() raises that
    error again. After SecurityFailed or ConnectionEnded it is CLOSED, ignores what arrives and only
    returns NEED_DATA.
    """

    def __init__(self, role: Role, security: Sequence[SecurityType] = (), shared: bool = True) -> None:
        self.role = role
        self.state = State.VERSION
        self.framebuffer = Size(0, 0)
        self.pixel_format: PixelFormat = CANONICAL_8
        self.encodings: frozenset[int] = frozenset()
        self._ever_listed: frozenset[int] = frozenset()
        self._security = tuple(security)
        self._shared = shared
        self._queue = ByteQueue()
        self._out = bytearray()
        self._eof = False
        self._between_messages = False
        self._error: RemoteProtocolError | None = None
        self._life = self._run()
        self._step: int | Write | WantTls | WantAnswer | Event | _Taken | None = next(self._life)
        self._write_out()

    @property
    def radterm_open(self) -> bool:
        """True once ClientHello has passed: Raw carries canonical pixels, updates carry digests."""
        return self.state is State.RADTERM_OPEN

    # --- what arrives ---

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Puts in what arrived; then call next_event() until NEED_DATA. Raises RemoteProtocolError for
        bytes that came in the clear behind the point where TLS has to start."""
        self._raise_error()
        if self.state is State.CLOSED or not data:
            return
        if self._eof:
            raise LocalProtocolError("bytes were put in behind the end")
        self._queue.put(data)
        if self.state is State.TLS_WANTED:
            self._refuse_clear_text()
        elif self._step is _Taken.ASKED and len(self._queue) > MAX_SECURITY_READ:
            self._fail("it sends on and on while it has to wait")

    def receive_eof(self) -> None:
        """The other side closed; next_event() says what that means."""
        self._raise_error()
        self._eof = True

    def tls_started(self) -> None:
        """The transport is TLS from here on. Raises LocalProtocolError if nobody wanted that."""
        self._raise_error()
        if self.state is not State.TLS_WANTED or not isinstance(self._step, _Taken):
            raise LocalProtocolError("TLS was started where the protocol has no place for it")
        self._resume(b"")
        self._write_out()

    def answered(self) -> None:
        """The question of the last AnswerWanted was called. Raises LocalProtocolError if there was none."""
        self._raise_error()
        if self.state is State.CLOSED or self._step is not _Taken.ASKED:
            raise LocalProtocolError("an answer to what nobody asked")
        self._resume(b"")
        self._write_out()

    def next_event(self) -> Event | NeedData:
        """The next event, or NEED_DATA. Raises RemoteProtocolError."""
        self._raise_error()
        while True:
            if self._step is _Taken.ASKED:
                return NEED_DATA
            if isinstance(self._step, _Taken):
                if self.state is State.TLS_WANTED:
                    if self._eof:
                        self._fail("the connection was closed before TLS")
                    return NEED_DATA
                self._resume(b"")
            self._write_out()
            step = self._step
            if step is None:
                return NEED_DATA
            if isinstance(step, int):
                if len(self._queue) < step:
                    return self._end() if self._eof else NEED_DATA
                self._resume(self._queue.take(step))
            elif isinstance(step, WantTls):
                self._refuse_clear_text()
                self._step = _Taken.TAKEN
                return TlsWanted(step.context)
            elif isinstance(step, WantAnswer):
                self._step = _Taken.ASKED
                return AnswerWanted(step.question)
            elif not isinstance(step, Write | _Taken):
                self._step = _Taken.TAKEN
                return step

    def data_to_send(self) -> bytes:
        """Bytes of the handshake that this end sends by itself; empty afterwards. Never raises, so that a
        refusal can still be told."""
        data = bytes(self._out)
        self._out.clear()
        return data

    # --- what is sent ---

    def send(self, message: Message) -> list[Buffer]:
        """The buffers to write, in order; payloads of 1 KiB and more are the caller's own objects. Raises
        LocalProtocolError for what the state or the client's SetEncodings does not allow; then nothing
        has happened."""
        self._raise_error()
        before = self.state, self.framebuffer, self.pixel_format, self.encodings, self._ever_listed
        try:
            if isinstance(message, Rectangle | UnknownRadterm):
                raise ValueError(f"{type(message).__name__} is no message of its own")
            self._admit(self.role, message)
            if not isinstance(message, FramebufferUpdate):
                return [message.pack()]
            for rectangle in message.rectangles:
                self._admit_rectangle(rectangle)
            return message.buffers()
        except ValueError as error:
            self.state, self.framebuffer, self.pixel_format, self.encodings, self._ever_listed = before
            raise LocalProtocolError(f"not sent: {error}") from error

    def _admit_rectangle(self, rectangle: Rectangle) -> None:
        if isinstance(rectangle, PixelRectangle):
            kind = PIXEL_KINDS.get(rectangle.encoding)
            if kind is None:
                raise ValueError(f"encoding {rectangle.encoding} is not known here")
            self._check_place(self.role, kind, rectangle.encoding)
            self._check_inside(rectangle.rect)
            rectangle.check_length(self._pixel_bytes())
        else:
            self._admit(self.role, rectangle)

    # --- the one door ---

    def _admit(self, sender: Role, message: Message) -> None:
        """`sender` sends `message`: checks it against table, listing and framebuffer, and notes what it
        changes. Raises ValueError; then nothing has changed."""
        after = self._check_place(sender, message.kind, message.listed)
        match message:
            case UpdateBegin() | UpdateEnd():
                self._check_inside(message.head_rect)
            case CursorRectangle():
                area = message.width * message.height
                sized("the cursor", message.pixels, area * self._pixel_bytes().set_format)
            case Heads():
                for head in message.heads:
                    self._check_inside(head.rect)
            case SetPixelFormat():
                self.pixel_format = message.pixel_format
            case SetEncodings():
                self.encodings = frozenset(message.encodings)
                self._ever_listed |= self.encodings & _KNOWN
            case ServerInit():
                self.framebuffer = Size(message.width, message.height)
                self.pixel_format = message.pixel_format
            case DesktopSizeRectangle():
                self.framebuffer = Size(message.width, message.height)
            case LayoutRectangle(layout=layout) if layout is not None and not message.refused:
                self.framebuffer = Size(layout.width, layout.height)
            case _:
                pass  # nothing else leaves a trace here
        self.state = after

    def _check_place(self, sender: Role, kind: Kind, listed: int | None) -> State:
        """What we send must be listed now; what the other side sends may cross a newer list, so for that
        any earlier list is good enough."""
        after = following(self.state, sender, kind)
        server_sends = sender is self.role is Role.SERVER
        list_in_force = self.encodings if server_sends else self._ever_listed
        if listed is not None and listed != Encoding.RAW and listed not in list_in_force:
            raise ValueError(f"{kind.name} needs encoding {int(listed)}, which the client did not list")
        return after

    def _check_inside(self, rect: Rect) -> None:
        if not Rect(0, 0, *self.framebuffer).contains(rect):
            raise ValueError(f"{rect} lies outside the framebuffer {tuple(self.framebuffer)}")

    def _pixel_bytes(self) -> PixelBytes:
        set_format = self.pixel_format.bytes_per_pixel
        raw = _CANONICAL_BYTES if self.radterm_open else set_format
        return PixelBytes(raw, set_format, tight_pixel_bytes(self.pixel_format))

    def _move(self, sender: Role, kind: Kind) -> None:
        self.state = following(self.state, sender, kind)

    # --- the life of a connection, as one generator ---

    def _run(self) -> _Steps:
        if self.role is Role.SERVER:
            if not (yield from server_handshake(self._security, self._move)):
                return
        else:
            if not (yield from client_handshake(self._security, self._shared, self._move)):
                return
            init = yield from ServerInit.parse()
            self._admit(Role.SERVER, init)
            yield init
        while True:
            self._between_messages = True
            (number,) = yield 1
            self._between_messages = False
            if self.role is Role.CLIENT and number == ServerMessage.FRAMEBUFFER_UPDATE:
                yield from self._update()
            else:
                yield from self._message(number)

    def _message(self, number: int) -> _Steps:
        parse = (CLIENT_PARSERS if self.role is Role.SERVER else SERVER_PARSERS).get(number)
        if parse is None:
            raise ValueError(f"message type {number} is unknown")
        message = yield from parse()
        self._admit(self.role.peer, message)
        if not isinstance(message, UnknownRadterm):
            yield message

    def _update(self) -> _Steps:
        self._move(Role.SERVER, Kind.UPDATE)
        count = int.from_bytes((yield 3)[1:], "big")
        open_end = count == UNTIL_LAST and Encoding.LAST_RECT in self._ever_listed
        yield UpdateStarted(None if open_end else count)
        for _ in range(count):
            rectangle = yield from self._rectangle()
            yield rectangle
            if isinstance(rectangle, LastRectangle):
                break
        else:
            if open_end:
                raise ValueError(f"an update has more than {MAX_RECTANGLES} rectangles")
        yield UpdateEnded()

    def _rectangle(self) -> Generator[int, bytes, Rectangle]:
        """Everything about a rectangle is checked that its header tells before its body is awaited."""
        header = Header(*HEADER.unpack((yield HEADER.size)))
        kind, parse = RECTANGLES.get(header.encoding, (None, None))
        if kind is None or parse is None:
            raise ValueError(f"rectangle type {header.encoding} is unknown")
        self._check_place(Role.SERVER, kind, header.encoding)
        if header.encoding in PIXEL_KINDS:
            self._check_inside(header.rect)
        rectangle = yield from parse(header, self._pixel_bytes())
        if not isinstance(rectangle, PixelRectangle):
            self._admit(Role.SERVER, rectangle)
        return rectangle

    # --- the pump ---

    def _resume(self, data: bytes) -> None:
        try:
            self._step = self._life.send(data)
        except StopIteration:
            self._step = None
        except RemoteProtocolError as error:
            self._close(error)
            raise
        except ValueError as error:
            self._fail(str(error), error)

    def _write_out(self) -> None:
        while isinstance(self._step, Write):
            self._out += self._step.data
            self._resume(b"")

    def _refuse_clear_text(self) -> None:
        if len(self._queue):
            self._fail("bytes came in the clear where TLS has to start")

    def _end(self) -> ConnectionEnded:
        if not self._between_messages or len(self._queue):
            self._fail(f"the connection was closed in the middle of something ({self.state.name})")
        self._step = None
        self.state = State.CLOSED
        return ConnectionEnded()

    def _fail(self, sentence: str, cause: Exception | None = None) -> NoReturn:
        error = RemoteProtocolError(f"the {self.role.peer.value} broke the protocol: {sentence}")
        self._close(error)
        raise error from cause

    def _close(self, error: RemoteProtocolError) -> None:
        self._error = error
        self.state = State.CLOSED
        self._step = None
        self._queue.clear()
        self._life.close()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error
