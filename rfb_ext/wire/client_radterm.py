"""Message 82 from viewer to server (PROTOCOL.md section 3); see client_messages."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rfb_ext.wire.fields import (
    NOTHING_LISTED,
    U8,
    U16,
    U32,
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
    within,
)
from rfb_ext.wire.numbers import (
    AckFlag,
    Encoding,
    RadtermClient,
    ResyncReason,
)
from rfb_ext.wire.states import Kind
from rfb_ext.wire.types import Rect

_HELLO = struct.Struct(">HHIIB")
_ACKNOWLEDGED = struct.Struct(">IIB3xII")
_U32 = struct.Struct(">I")
_RESYNC_TAIL = struct.Struct(">iB3x")


@dataclass(frozen=True, slots=True)
class ClientHello(RadtermMessage):
    """Opens the radterm session. `window`: most bytes wanted unacknowledged, 0: no opinion; `encodings`:
    at most 255, those it can decode and has tested (PROTOCOL.md section 3)."""

    kind: ClassVar[Kind] = Kind.CLIENT_HELLO
    listed: ClassVar[Encoding | None] = Encoding.RADTERM
    subtype: ClassVar[int] = RadtermClient.HELLO
    version: int
    window: int
    encodings: tuple[int, ...]
    product: str
    capabilities: int = 0

    def __post_init__(self) -> None:
        within("version", self.version, 1, U16)
        within("window", self.window, 0, U32)
        within("capabilities", self.capabilities, 0, U32)
        check_encodings(self.encodings, U8)
        check_text("the product", self.product)

    def payload(self) -> bytes:
        head = _HELLO.pack(self.version, 0, self.capabilities, self.window, len(self.encodings))
        return head + pack_encodings(self.encodings) + pack_text(self.product)

    @classmethod
    def unpack(cls, fields: Fields) -> ClientHello:
        version, _, capabilities, window, count = fields.unpack(_HELLO)
        return cls(version, window, fields.encodings(count), fields.text(), capabilities)


@dataclass(frozen=True, slots=True)
class UpdateAcknowledged(RadtermMessage):
    """One update was decoded, checked (VERIFIED) and shown (PRESENTED); times in microseconds."""

    kind: ClassVar[Kind] = Kind.UPDATE_ACKNOWLEDGED
    subtype: ClassVar[int] = RadtermClient.UPDATE_ACKNOWLEDGED
    update: int
    head: int
    flags: AckFlag
    decode_us: int
    present_us: int

    def __post_init__(self) -> None:
        within("update", self.update, 0, U32)
        within("head", self.head, 0, U32)
        within("flags", self.flags, 0, U8)
        within("decode time", self.decode_us, 0, U32)
        within("time to present", self.present_us, 0, U32)

    def payload(self) -> bytes:
        return _ACKNOWLEDGED.pack(self.update, self.head, self.flags, self.decode_us, self.present_us)

    @classmethod
    def unpack(cls, fields: Fields) -> UpdateAcknowledged:
        update, head, flags, decode_us, present_us = fields.unpack(_ACKNOWLEDGED)
        return cls(update, head, AckFlag(flags), decode_us, present_us)


@dataclass(frozen=True, slots=True)
class ResyncRequest(RadtermMessage):
    """Send the pixels of `rect` (in the framebuffer) again; `encoding`: the one that failed, or None."""

    kind: ClassVar[Kind] = Kind.RESYNC_REQUEST
    subtype: ClassVar[int] = RadtermClient.RESYNC_REQUEST
    head: int
    rect: Rect
    encoding: int | None
    reason: ResyncReason

    def __post_init__(self) -> None:
        within("head", self.head, 0, U32)
        check_encodings(() if self.encoding is None else (self.encoding,), 1)
        if self.encoding == NOTHING_LISTED:
            raise ValueError("no encoding in particular is said as None")

    def payload(self) -> bytes:
        encoding = NOTHING_LISTED if self.encoding is None else self.encoding
        return _U32.pack(self.head) + pack_rect(self.rect) + _RESYNC_TAIL.pack(encoding, self.reason)

    @classmethod
    def unpack(cls, fields: Fields) -> ResyncRequest:
        (head,) = fields.unpack(_U32)
        rect = fields.rect()
        encoding, reason = fields.unpack(_RESYNC_TAIL)
        return cls(head, rect, None if encoding == NOTHING_LISTED else encoding, ResyncReason(reason))


@dataclass(frozen=True, slots=True)
class InputTag(RadtermMessage):
    """The next key or pointer event bears this tag."""

    kind: ClassVar[Kind] = Kind.INPUT_TAG
    subtype: ClassVar[int] = RadtermClient.INPUT_TAG
    tag: int

    def __post_init__(self) -> None:
        within("tag", self.tag, 0, U32)

    def payload(self) -> bytes:
        return _U32.pack(self.tag)

    @classmethod
    def unpack(cls, fields: Fields) -> InputTag:
        return cls(*fields.unpack(_U32))


RadtermFromClient = ClientHello | UpdateAcknowledged | ResyncRequest | InputTag

_RADTERM: dict[int, Callable[[Fields], RadtermFromClient]] = {
    message.subtype: message.unpack for message in (ClientHello, UpdateAcknowledged, ResyncRequest, InputTag)
}


def parse_client_radterm() -> Parser[RadtermFromClient | UnknownRadterm]:
    """What follows the first byte of message 82."""
    return parse_radterm(_RADTERM)
