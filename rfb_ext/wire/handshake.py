"""Version, security and init, as generators of both roles (RFC 6143 sections 7.1 to 7.3, RFB 3.8).

A step yielded is a count of bytes to read, Write, WantTls, WantAnswer, or an event. `move` takes a row of
the transition table. ValueError and RemoteProtocolError end the connection.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rfb_ext.errors import RemoteProtocolError
from rfb_ext.wire.client_messages import ClientInit
from rfb_ext.wire.fields import foreign_text, pack_long, parse_long, within
from rfb_ext.wire.numbers import MAX_REASON, MAX_SECURITY_TYPES, Security
from rfb_ext.wire.states import Kind, Role

MAX_SECURITY_READ = 1 << 16
"""Most bytes a security type may ask for at once."""

VERSION = b"RFB 003.008\n"
_VERSION = re.compile(rb"RFB ([0-9]{3})\.([0-9]{3})\n")
_SPOKEN = (3, 8)
_FIRST_WITH_TYPE_LIST = (3, 7)
_U32 = struct.Struct(">I")
_OK = 0
_FAILED = (1, 2)  # 2: too many attempts (rfbproto, Tight security type)


@dataclass(frozen=True, slots=True)
class Write:
    """Send these bytes now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class WantTls:
    """Nothing more in the clear: go on when TLS was started. `context` is the security type's own word
    to the rim and is handed on with TlsWanted."""

    context: object = None


@dataclass(frozen=True, slots=True)
class WantAnswer:
    """Go on when `question` was called, in any thread: it may take its time (it derives a key, or asks
    another program) and keeps its answer for the security type that asked."""

    question: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Accepted:
    """As far as this side goes, the other side may."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not; `reason` is a sentence. A server tells it to its client."""

    reason: str


SecuritySteps = Generator[int | Write | WantTls | WantAnswer, bytes, Accepted | Refused]


class SecurityType(Protocol):
    """One security type, both roles. `server` and `client` are everything between the choice of the type
    and SecurityResult: they yield a count to read (and are sent those bytes), Write, WantTls, or
    WantAnswer."""

    @property
    def number(self) -> int: ...

    @property
    def name(self) -> str: ...

    def server(self) -> SecuritySteps: ...

    def client(self) -> SecuritySteps: ...


@dataclass(frozen=True, slots=True)
class HandshakeDone:
    """Server: security and ClientInit are behind us; send ServerInit now. `shared`: the viewer lets
    others stay."""

    shared: bool


@dataclass(frozen=True, slots=True)
class SecurityFailed:
    """No session: the other side was refused, or refused us. The connection has ended."""

    reason: str


@dataclass(frozen=True, slots=True)
class TlsWanted:
    """Write what data_to_send() holds, start TLS on the transport, call tls_started() once it is agreed."""

    context: object = None


@dataclass(frozen=True, slots=True)
class AnswerWanted:
    """Call `question` where it holds nobody up, then call answered()."""

    question: Callable[[], None]


Move = Callable[[Role, Kind], None]
HandshakeSteps = Generator[int | Write | WantTls | WantAnswer | SecurityFailed | HandshakeDone, bytes, bool]
"""Returns False when the connection has ended."""


def _version(data: bytes, peer: Role) -> tuple[int, int]:
    match = _VERSION.fullmatch(data)
    if match is None:
        raise RemoteProtocolError(
            f"the {peer.value} does not speak RFB; check the address and the port (it sent {data!r})"
        )
    return int(match[1]), int(match[2])


def _too_old(version: tuple[int, int], peer: Role) -> str:
    return f"the {peer.value} speaks RFB {version[0]}.{version[1]}, but RFB 3.8 is needed; use a newer one"


def server_handshake(security: Sequence[SecurityType], move: Move) -> HandshakeSteps:
    """Until ClientInit: the last event is HandshakeDone or SecurityFailed."""
    yield Write(VERSION)
    move(Role.SERVER, Kind.VERSION)
    version = _version((yield len(VERSION)), Role.CLIENT)
    move(Role.CLIENT, Kind.VERSION)
    if version != _SPOKEN:
        sentence = _too_old(version, Role.CLIENT)
        none = b"\0" if version >= _FIRST_WITH_TYPE_LIST else b"\0\0\0\0"
        yield Write(none + pack_long(sentence.encode()))
        raise RemoteProtocolError(sentence)
    if not security:
        reason = "no security type is offered here; ask the administrator"
        yield Write(b"\0" + pack_long(reason.encode()))
        move(Role.SERVER, Kind.NO_SECURITY_TYPES)
        yield SecurityFailed(reason)
        return False
    offered = {kind.number: kind for kind in security}
    yield Write(bytes([len(offered), *offered]))
    move(Role.SERVER, Kind.SECURITY_TYPES)
    (number,) = yield 1
    if number not in offered:
        raise RemoteProtocolError(f"the client chose security type {number}, which was not offered")
    move(Role.CLIENT, Kind.SECURITY_CHOICE)
    outcome = yield from _exchange(offered[number].server(), Role.SERVER, move)
    move(Role.SERVER, Kind.SECURITY_EXCHANGED)
    if isinstance(outcome, Refused):
        yield Write(_U32.pack(_FAILED[0]) + pack_long(_bounded(outcome.reason)))
        move(Role.SERVER, Kind.SECURITY_REFUSED)
        yield SecurityFailed(outcome.reason)
        return False
    yield Write(_U32.pack(_OK))
    move(Role.SERVER, Kind.SECURITY_ACCEPTED)
    init = yield from ClientInit.parse()
    move(Role.CLIENT, Kind.CLIENT_INIT)
    yield HandshakeDone(init.shared)
    return True


def client_handshake(security: Sequence[SecurityType], shared: bool, move: Move) -> HandshakeSteps:
    """Until ClientInit was sent; ServerInit follows."""
    version = _version((yield len(VERSION)), Role.SERVER)
    move(Role.SERVER, Kind.VERSION)
    if version < _SPOKEN:
        raise RemoteProtocolError(_too_old(version, Role.SERVER))
    yield Write(VERSION)
    move(Role.CLIENT, Kind.VERSION)
    (count,) = yield 1
    if count == 0:
        reason = foreign_text((yield from parse_long("the reason", MAX_REASON)))
        move(Role.SERVER, Kind.NO_SECURITY_TYPES)
        yield SecurityFailed(reason)
        return False
    within("number of security types", count, 1, MAX_SECURITY_TYPES)
    offered = yield count
    move(Role.SERVER, Kind.SECURITY_TYPES)
    chosen = next((kind for kind in security if kind.number in offered), None)
    if chosen is None:
        move(Role.CLIENT, Kind.SECURITY_ABANDONED)
        accepted = ", ".join(kind.name for kind in security) or "none"
        yield SecurityFailed(f"the server offers {_names(offered)}; accepted here: {accepted}")
        return False
    yield Write(bytes([chosen.number]))
    move(Role.CLIENT, Kind.SECURITY_CHOICE)
    outcome = yield from _exchange(chosen.client(), Role.CLIENT, move)
    if isinstance(outcome, Refused):
        move(Role.CLIENT, Kind.SECURITY_ABANDONED)
        yield SecurityFailed(outcome.reason)
        return False
    move(Role.CLIENT, Kind.SECURITY_EXCHANGED)
    (result,) = _U32.unpack((yield 4))
    if result in _FAILED:
        reason = foreign_text((yield from parse_long("the reason", MAX_REASON)))
        move(Role.SERVER, Kind.SECURITY_REFUSED)
        yield SecurityFailed(reason)
        return False
    within("security result", result, _OK, _OK)
    move(Role.SERVER, Kind.SECURITY_ACCEPTED)
    yield Write(ClientInit(shared).pack())
    move(Role.CLIENT, Kind.CLIENT_INIT)
    return True


def _exchange(
    steps: SecuritySteps, own: Role, move: Move
) -> Generator[int | Write | WantTls | WantAnswer, bytes, Accepted | Refused]:
    """Runs one security type; each of its steps is a row of the table."""
    received: bytes | None = None
    while True:
        try:
            step = next(steps) if received is None else steps.send(received)
        except StopIteration as end:
            outcome: Accepted | Refused = end.value
            return outcome
        received = b""
        if isinstance(step, WantTls):
            move(own, Kind.TLS_WANTED)
            yield step
            move(own, Kind.TLS_STARTED)
        elif isinstance(step, WantAnswer):
            yield step
        elif isinstance(step, Write):
            move(own, Kind.SECURITY_DATA)
            yield step
        else:
            within("bytes wanted by a security type", step, 0, MAX_SECURITY_READ)
            received = yield step
            move(own.peer, Kind.SECURITY_DATA)


def _bounded(reason: str) -> bytes:
    """As many whole characters as a reason may have bytes."""
    return reason.encode()[:MAX_REASON].decode(errors="ignore").encode()


def _names(numbers: bytes) -> str:
    """Security types in words a reader can look up."""
    known = {int(kind): kind.name for kind in Security}
    return ", ".join(f"{number} ({known[number]})" if number in known else str(number) for number in numbers)
