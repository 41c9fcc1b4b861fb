"""Message 82 from server to viewer (PROTOCOL.md section 3); see server_messages."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rfb_ext.wire.fields import (
    U8,
    U16,
    U32,
    U64,
    Fields,
    Parser,
    RadtermMessage,
    UnknownRadterm,
    check_encodings,
    check_text,
    pack_encodings,
    pack_rect,
    pack_text,
    parse_radterm,
    sized,
    within,
)
from rfb_ext.wire.numbers import (
    MAX_SCREENS,
    Encoding,
    HeadPolicy,
    RadtermServer,
)
from rfb_ext.wire.rectangles import DIGEST
from rfb_ext.wire.states import Kind
from rfb_ext.wire.types import Rect

_HELLO = struct.Struct(">HHQIB")
_U8 = struct.Struct(">B")
_U16 = struct.Struct(">H")
_HEAD_ID = struct.Struct(">I")
_HEAD_TAIL = struct.Struct(">BB")
_HEARTBEAT = struct.Struct(">QHBx")
_PULSE = struct.Struct(">IQQQ")


@dataclass(frozen=True, slots=True)
class ServerHello(RadtermMessage):
    """Offers the radterm session: `seed` of all digests, `encodings` it may send, at most 255
    (PROTOCOL.md section 3)."""

    kind: ClassVar[Kind] = Kind.SERVER_HELLO
    listed: ClassVar[Encoding | None] = Encoding.RADTERM
    subtype: ClassVar[int] = RadtermServer.HELLO
    version: int
    seed: int
    capabilities: int
    encodings: tuple[int, ...]
    product: str

    def __post_init__(self) -> None:
        within("version", self.version, 1, U16)
        within("seed", self.seed, 0, U64)
        within("capabilities", self.capabilities, 0, U32)
        check_encodings(self.encodings, U8)
        check_text("the product", self.product)

    def payload(self) -> bytes:
        head = _HELLO.pack(self.version, 0, self.seed, self.capabilities, len(self.encodings))
        return head + pack_encodings(self.encodings) + pack_text(self.product)

    @classmethod
    def unpack(cls, fields: Fields) -> ServerHello:
        version, _, seed, capabilities, count = fields.unpack(_HELLO)
        return cls(version, seed, capabilities, fields.encodings(count), fields.text())


@dataclass(frozen=True, slots=True)
class HeadEntry:
    """One head in Heads: its rectangle in the framebuffer, bits a channel (8 or 10), policy, name."""

    id: int
    rect: Rect
    depth: int
    policy: HeadPolicy
    name: str

    def __post_init__(self) -> None:
        within("head", self.id, 0, U32)
        if not self.rect:
            raise ValueError(f"head {self.id} is empty")
        if self.depth not in (8, 10):
            raise ValueError(f"depth {self.depth} is neither 8 nor 10")
        HeadPolicy(self.policy)
        check_text("the name of a head", self.name)

    def pack(self) -> bytes:
        tail = _HEAD_TAIL.pack(self.depth, self.policy) + pack_text(self.name)
        return _HEAD_ID.pack(self.id) + pack_rect(self.rect) + tail

    @classmethod
    def unpack(cls, fields: Fields) -> HeadEntry:
        (head,) = fields.unpack(_HEAD_ID)
        rect = fields.rect()
        depth, policy = fields.unpack(_HEAD_TAIL)
        return cls(head, rect, depth, HeadPolicy(policy), fields.text())


@dataclass(frozen=True, slots=True)
class Heads(RadtermMessage):
    """All heads there are, 1 to 16. Voids what was known of heads before."""

    kind: ClassVar[Kind] = Kind.HEADS
    subtype: ClassVar[int] = RadtermServer.HEADS
    heads: tuple[HeadEntry, ...]

    def __post_init__(self) -> None:
        within("number of heads", len(self.heads), 1, MAX_SCREENS)
        if len({head.id for head in self.heads}) != len(self.heads):
            raise ValueError("a head comes twice")

    def payload(self) -> bytes:
        return _U8.pack(len(self.heads)) + b"".join(head.pack() for head in self.heads)

    @classmethod
    def unpack(cls, fields: Fields) -> Heads:
        (count,) = fields.unpack(_U8)
        within("number of heads", count, 1, MAX_SCREENS)
        return cls(tuple(HeadEntry.unpack(fields) for _ in range(count)))


@dataclass(frozen=True, slots=True)
class PulseEntry:
    """One head in a Heartbeat: newest serial, when that frame was captured, when the screen was last
    read (microseconds of the server's clock), head digest (16 bytes)."""

    head: int
    serial: int
    captured_us: int
    read_us: int
    digest: bytes

    def __post_init__(self) -> None:
        within("head", self.head, 0, U32)
        within("serial", self.serial, 0, U64)
        within("time of capture", self.captured_us, 0, U64)
        within("time of reading", self.read_us, 0, U64)
        sized("the head digest", self.digest, DIGEST)

    def pack(self) -> bytes:
        return _PULSE.pack(self.head, self.serial, self.captured_us, self.read_us) + self.digest

    @classmethod
    def unpack(cls, fields: Fields) -> PulseEntry:
        head, serial, captured_us, read_us = fields.unpack(_PULSE)
        return cls(head, serial, captured_us, read_us, fields.take(DIGEST))


@dataclass(frozen=True, slots=True)
class Heartbeat(RadtermMessage):
    """From the capture thread: `now_us` of the server's clock, the interval until the next, the heads."""

    kind: ClassVar[Kind] = Kind.HEARTBEAT
    subtype: ClassVar[int] = RadtermServer.HEARTBEAT
    now_us: int
    interval_ms: int
    pulses: tuple[PulseEntry, ...]

    def __post_init__(self) -> None:
        within("time of the server", self.now_us, 0, U64)
        within("interval", self.interval_ms, 0, U16)
        within("number of heads", len(self.pulses), 0, MAX_SCREENS)

    def payload(self) -> bytes:
        head = _HEARTBEAT.pack(self.now_us, self.interval_ms, len(self.pulses))
        return head + b"".join(pulse.pack() for pulse in self.pulses)

    @classmethod
    def unpack(cls, fields: Fields) -> Heartbeat:
        now_us, interval_ms, count = fields.unpack(_HEARTBEAT)
        within("number of heads", count, 0, MAX_SCREENS)
        return cls(now_us, interval_ms, tuple(PulseEntry.unpack(fields) for _ in range(count)))


@dataclass(frozen=True, slots=True)
class Notice(RadtermMessage):
    """Words for the reader; `code` as NoticeCode, later versions have more."""

    kind: ClassVar[Kind] = Kind.NOTICE
    subtype: ClassVar[int] = RadtermServer.NOTICE
    code: int
    text: str

    def __post_init__(self) -> None:
        within("notice code", self.code, 0, U16)
        check_text("the notice", self.text)

    def payload(self) -> bytes:
        return _U16.pack(self.code) + pack_text(self.text)

    @classmethod
    def unpack(cls, fields: Fields) -> Notice:
        (code,) = fields.unpack(_U16)
        return cls(code, fields.text())


RadtermFromServer = ServerHello | Heads | Heartbeat | Notice

_RADTERM: dict[int, Callable[[Fields], RadtermFromServer]] = {
    message.subtype: message.unpack for message in (ServerHello, Heads, Heartbeat, Notice)
}


def parse_server_radterm() -> Parser[RadtermFromServer | UnknownRadterm]:
    """What follows the first byte of message 82."""
    return parse_radterm(_RADTERM)
