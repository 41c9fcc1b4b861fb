"""What every rectangle is, and those that carry pixels; see rectangles."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rfb_ext.wire.fields import (
    Buffer,
    Message,
    Parser,
    sized,
    within,
)
from rfb_ext.wire.numbers import (
    MAX_PIXELS,
    PAYLOAD_SLACK,
    Encoding,
)
from rfb_ext.wire.states import Kind
from rfb_ext.wire.types import Rect

HEADER = struct.Struct(">HHHHi")
_U32 = struct.Struct(">I")


class Header(NamedTuple):
    """The 12 bytes in front of each rectangle: x y w h U16, encoding S32."""

    x: int
    y: int
    w: int
    h: int
    encoding: int

    @property
    def rect(self) -> Rect:
        return Rect(self.x, self.y, self.w, self.h)


class PixelBytes(NamedTuple):
    """Bytes a pixel takes now: in Raw rectangles, and in those that keep to SetPixelFormat."""

    raw: int
    set_format: int


class Rectangle(Message):
    """One rectangle of an update."""

    __slots__ = ()
    kind: ClassVar[Kind] = Kind.PSEUDO_RECTANGLE

    def header(self) -> Header:
        raise NotImplementedError

    def body(self) -> Buffer:
        """All that follows the header."""
        raise NotImplementedError

    def pack(self) -> bytes:
        return b"".join((HEADER.pack(*self.header()), self.body()))


PIXEL_KINDS: dict[int, Kind] = {
    Encoding.RAW: Kind.RAW_RECTANGLE,
    Encoding.COPYRECT: Kind.STANDARD_RECTANGLE,
    Encoding.PLANES: Kind.RADTERM_RECTANGLE,
    Encoding.H264_LOSSLESS: Kind.RADTERM_RECTANGLE,
}
"""The encodings whose length is known, each with its row in the transition table."""


@dataclass(frozen=True, slots=True)
class PixelRectangle(Rectangle):
    """Pixels of `rect`, at most MAX_PIXELS. `payload`: everything behind the header as it travels; its
    inside belongs to the codec. A memoryview must be contiguous; it is passed on, never copied."""

    rect: Rect
    encoding: int
    payload: Buffer

    def __post_init__(self) -> None:
        within("number of pixels", self.rect.area, 0, MAX_PIXELS)
        within("encoding", self.encoding, -(1 << 31), (1 << 31) - 1)
        if isinstance(self.payload, memoryview) and not self.payload.c_contiguous:
            raise ValueError("a payload in pieces cannot be sent")

    def header(self) -> Header:
        return Header(self.rect.x, self.rect.y, self.rect.w, self.rect.h, self.encoding)

    def body(self) -> Buffer:
        return self.payload.cast("B") if isinstance(self.payload, memoryview) else self.payload

    def check_length(self, pixel_bytes: PixelBytes) -> None:
        """Raises ValueError if the payload has not the length a receiver would expect."""
        body = self.body()
        if self.encoding in (Encoding.RAW, Encoding.COPYRECT):
            fixed = 4 if self.encoding == Encoding.COPYRECT else self.rect.area * pixel_bytes.raw
            return sized("a payload", body, fixed)
        if len(body) < 4:
            raise ValueError("a payload is shorter than its length field")
        within("length of a payload", len(body) - 4, 0, longest(self.rect))
        return sized("a payload", body, 4 + _U32.unpack(body[:4])[0])


def longest(rect: Rect) -> int:
    """Most bytes a coded rectangle may have behind its length field (PROTOCOL.md section 6)."""
    return 4 * rect.area + PAYLOAD_SLACK


def parse_pixels(header: Header, pixel_bytes: PixelBytes) -> Parser[Rectangle]:
    rect = header.rect
    within("number of pixels", rect.area, 0, MAX_PIXELS)
    if header.encoding == Encoding.RAW:
        return PixelRectangle(rect, header.encoding, (yield rect.area * pixel_bytes.raw))
    if header.encoding == Encoding.COPYRECT:
        return PixelRectangle(rect, header.encoding, (yield 4))
    field = yield 4
    (length,) = _U32.unpack(field)
    within("length of a payload", length, 0, longest(rect))
    # one join of both costs a copy of the payload more than two parts would; coded payloads are small
    return PixelRectangle(rect, header.encoding, field + (yield length))
