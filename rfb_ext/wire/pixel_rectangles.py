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
from rfb_ext.wire.standard_rectangles import WALKED, check_walk, most_deflated
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
    """Bytes a pixel takes now: in Raw rectangles, in those that keep to SetPixelFormat, and in Tight."""

    raw: int
    set_format: int
    tight: int


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
    Encoding.RRE: Kind.STANDARD_RECTANGLE,
    Encoding.HEXTILE: Kind.STANDARD_RECTANGLE,
    Encoding.ZLIB: Kind.STANDARD_RECTANGLE,
    Encoding.TIGHT: Kind.STANDARD_RECTANGLE,
    Encoding.ZRLE: Kind.STANDARD_RECTANGLE,
    Encoding.PLANES: Kind.RADTERM_RECTANGLE,
    Encoding.H264_LOSSLESS: Kind.RADTERM_RECTANGLE,
}
"""The encodings whose length is known or can be walked, each with its row in the transition table."""


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
        if self.encoding in WALKED:
            walk = WALKED[self.encoding]
            return check_walk(walk(self.rect, pixel_bytes.set_format, pixel_bytes.tight), body)
        if len(body) < 4:
            raise ValueError("a payload is shorter than its length field")
        within("length of a payload", len(body) - 4, 0, longest(self.rect, self.encoding))
        return sized("a payload", body, 4 + _U32.unpack(body[:4])[0])


def longest(rect: Rect, encoding: int) -> int:
    """Most bytes a coded rectangle may have behind its length field: for ours, PROTOCOL.md section 6; for
    zlib and ZRLE, runs of one pixel each (five bytes a pixel) that cannot be compressed."""
    if encoding in (Encoding.ZLIB, Encoding.ZRLE):
        return most_deflated(5 * rect.area) + PAYLOAD_SLACK
    return 4 * rect.area + PAYLOAD_SLACK


def parse_pixels(header: Header, pixel_bytes: PixelBytes) -> Parser[Rectangle]:
    rect = header.rect
    within("number of pixels", rect.area, 0, MAX_PIXELS)
    if header.encoding == Encoding.RAW:
        return PixelRectangle(rect, header.encoding, (yield rect.area * pixel_bytes.raw))
    if header.encoding == Encoding.COPYRECT:
        return PixelRectangle(rect, header.encoding, (yield 4))
    if header.encoding in WALKED:
        payload = yield from WALKED[header.encoding](rect, pixel_bytes.set_format, pixel_bytes.tight)
        return PixelRectangle(rect, header.encoding, payload)
    field = yield 4
    (length,) = _U32.unpack(field)
    within("length of a payload", length, 0, longest(rect, header.encoding))
    # one join of both costs a copy of the payload more than two parts would; coded payloads are small
    return PixelRectangle(rect, header.encoding, field + (yield length))
