"""What makes an update provable: begin, digests, end (PROTOCOL.md section 4); see rectangles."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar

from rfb_ext.wire.fields import (
    U16,
    U32,
    U64,
    Buffer,
    Parser,
    check_seal,
    sealed,
    sized,
    within,
)
from rfb_ext.wire.numbers import (
    Encoding,
    UpdateFlag,
)
from rfb_ext.wire.pixel_rectangles import HEADER, Header, PixelBytes, Rectangle
from rfb_ext.wire.states import Kind
from rfb_ext.wire.types import Rect

_BEGIN = struct.Struct(">IIQQIB7x")
_END = struct.Struct(">IHBx16s8s4x")

DIGEST = 16
PLACED = 8


@dataclass(frozen=True, slots=True)
class UpdateBegin(Rectangle):
    """Which frame of which head the update carries (PROTOCOL.md section 4)."""

    kind: ClassVar[Kind] = Kind.RADTERM_RECTANGLE
    listed: ClassVar[Encoding | None] = Encoding.UPDATE_BEGIN
    head_rect: Rect
    update: int
    head: int
    serial: int
    captured_us: int
    input_tag: int
    depth: int

    def __post_init__(self) -> None:
        within("update", self.update, 0, U32)
        within("head", self.head, 0, U32)
        within("serial", self.serial, 0, U64)
        within("time of capture", self.captured_us, 0, U64)
        within("input tag", self.input_tag, 0, U32)
        if self.depth not in (8, 10):
            raise ValueError(f"depth {self.depth} is neither 8 nor 10")

    def header(self) -> Header:
        r = self.head_rect
        return Header(r.x, r.y, r.w, r.h, Encoding.UPDATE_BEGIN)

    def body(self) -> Buffer:
        times = self.serial, self.captured_us
        fields = _BEGIN.pack(self.update, self.head, *times, self.input_tag, self.depth)
        return _sealed_body(self.header(), fields)


def _sealed_body(header: Header, fields: bytes) -> bytes:
    return sealed(HEADER.pack(*header) + fields)[HEADER.size :]


def parse_begin(header: Header, _: PixelBytes) -> Parser[Rectangle]:
    data = yield _BEGIN.size + 4
    check_seal("UpdateBegin", HEADER.pack(*header), data)
    return UpdateBegin(header.rect, *_BEGIN.unpack(data[:-4]))


@dataclass(frozen=True, slots=True)
class RectangleDigest(Rectangle):
    """The digests of the pixel rectangle that follows (PROTOCOL.md section 4): content 16 bytes, placed
    8 bytes, taken and compared elsewhere."""

    kind: ClassVar[Kind] = Kind.RADTERM_RECTANGLE
    listed: ClassVar[Encoding | None] = Encoding.RECTANGLE_DIGEST
    rect: Rect
    content: bytes
    placed: bytes

    def __post_init__(self) -> None:
        sized("the content digest", self.content, DIGEST)
        sized("the placed digest", self.placed, PLACED)

    def header(self) -> Header:
        return Header(self.rect.x, self.rect.y, self.rect.w, self.rect.h, Encoding.RECTANGLE_DIGEST)

    def body(self) -> Buffer:
        return self.content + self.placed


def parse_digest(header: Header, _: PixelBytes) -> Parser[Rectangle]:
    data = yield DIGEST + PLACED
    return RectangleDigest(header.rect, data[:DIGEST], data[DIGEST:])


@dataclass(frozen=True, slots=True)
class UpdateEnd(Rectangle):
    """What the update amounts to (PROTOCOL.md section 4): `rectangles` counts those with pixels;
    `head_digest` 16 bytes, zeros unless `complete`; `chain` 8 bytes."""

    kind: ClassVar[Kind] = Kind.RADTERM_RECTANGLE
    listed: ClassVar[Encoding | None] = Encoding.UPDATE_END
    head_rect: Rect
    update: int
    rectangles: int
    complete: bool
    head_digest: bytes
    chain: bytes

    def __post_init__(self) -> None:
        within("update", self.update, 0, U32)
        within("number of rectangles", self.rectangles, 0, U16)
        sized("the head digest", self.head_digest, DIGEST)
        sized("the chain", self.chain, PLACED)
        if not self.complete and any(self.head_digest):
            raise ValueError("an update that is not complete has a head digest")

    def header(self) -> Header:
        r = self.head_rect
        return Header(r.x, r.y, r.w, r.h, Encoding.UPDATE_END)

    def body(self) -> Buffer:
        flags = UpdateFlag.COMPLETE if self.complete else UpdateFlag(0)
        fields = _END.pack(self.update, self.rectangles, flags, self.head_digest, self.chain)
        return _sealed_body(self.header(), fields)


def parse_end(header: Header, _: PixelBytes) -> Parser[Rectangle]:
    data = yield _END.size + 4
    check_seal("UpdateEnd", HEADER.pack(*header), data)
    update, rectangles, flags, head_digest, chain = _END.unpack(data[:-4])
    complete = bool(flags & UpdateFlag.COMPLETE)
    return UpdateEnd(header.rect, update, rectangles, complete, head_digest, chain)
