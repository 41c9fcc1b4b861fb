"""The encodings of other makers' programs that have no length in front: where each of them ends.

A parser walks the payload part by part; what the parts mean is the codec's business. Sources: RFC 6143
sections 7.7.3 (RRE) and 7.7.4 (Hextile); rfbproto, "Tight Encoding".
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from rfb_ext.wire.fields import Buffer, Parser, within
from rfb_ext.wire.numbers import MAX_TIGHT_DATA, MAX_TIGHT_WIDTH, Encoding
from rfb_ext.wire.types import PixelFormat, Rect

HEXTILE_SIDE = 16
HEXTILE_RAW, HEXTILE_BACKGROUND, HEXTILE_FOREGROUND, HEXTILE_SUBRECTS, HEXTILE_COLOURED = 1, 2, 4, 8, 16
HEXTILE_ALL = 31

TIGHT_FILL, TIGHT_JPEG, TIGHT_PNG = 8, 9, 10
"""Upper half of the first byte; below 8 it is basic compression: bits 4 and 5 the stream, bit 6 says that
a filter follows."""
TIGHT_FILTER_FOLLOWS = 0x40
TIGHT_COPY, TIGHT_PALETTE, TIGHT_GRADIENT = 0, 1, 2
TIGHT_UNCOMPRESSED = 12
"""Data shorter than this travels as it is."""

_U32 = struct.Struct(">I")


def parse_rre(rect: Rect, pixel: int, tight_pixel: int) -> Parser[bytes]:
    """U32 number of subrectangles (at most one a pixel), background, then colour and x y w h U16 of each."""
    start = yield 4 + pixel
    (count,) = _U32.unpack_from(start)
    within("number of subrectangles", count, 0, rect.area)
    return start + (yield count * (pixel + 8))


def parse_hextile(rect: Rect, pixel: int, tight_pixel: int) -> Parser[bytes]:
    """Tiles of 16x16 from the top left, row by row, each behind one byte that says what it has."""
    parts: list[bytes] = []
    for y in range(0, rect.h if rect.w else 0, HEXTILE_SIDE):
        height = min(HEXTILE_SIDE, rect.h - y)
        for x in range(0, rect.w, HEXTILE_SIDE):
            part = yield 1
            parts.append(part)
            flags = part[0]
            within("Hextile subencoding", flags, 0, HEXTILE_ALL)
            if flags & HEXTILE_RAW:
                parts.append((yield min(HEXTILE_SIDE, rect.w - x) * height * pixel))
                continue
            colours = bool(flags & HEXTILE_BACKGROUND) + bool(flags & HEXTILE_FOREGROUND)
            if colours:
                parts.append((yield colours * pixel))
            if flags & HEXTILE_SUBRECTS:
                part = yield 1
                parts.append(part)
                parts.append((yield part[0] * (pixel + 2 if flags & HEXTILE_COLOURED else 2)))
    return b"".join(parts)


def parse_tight(rect: Rect, pixel: int, tight_pixel: int) -> Parser[bytes]:
    """Fill, basic compression, or a JPEG or PNG picture of our format's bounds (for the codec to refuse)."""
    within("width of a Tight rectangle", rect.w, 0, MAX_TIGHT_WIDTH)
    part = yield 1
    parts = [part]
    kind = part[0] >> 4
    within("Tight compression", kind, 0, TIGHT_PNG)
    if kind == TIGHT_FILL:
        parts.append((yield tight_pixel))
    elif kind > TIGHT_FILL:
        yield from _compact(parts, MAX_TIGHT_DATA)
    else:
        size = rect.area * tight_pixel
        if part[0] & TIGHT_FILTER_FOLLOWS:
            part = yield 1
            parts.append(part)
            within("Tight filter", part[0], 0, TIGHT_GRADIENT)
            if part[0] == TIGHT_PALETTE:
                part = yield 1
                parts.append(part)
                colours = part[0] + 1
                within("number of colours", colours, 2, 256)  # programs disagree on a palette of one
                parts.append((yield colours * tight_pixel))
                size = packed_size(rect, colours)
        if size < TIGHT_UNCOMPRESSED:
            parts.append((yield size))
        else:
            yield from _compact(parts, most_deflated(size))
    return b"".join(parts)


def packed_size(rect: Rect, colours: int) -> int:
    """Bytes of a Tight rectangle of this many colours before compression: a bit or a byte a pixel."""
    return (rect.w + 7) // 8 * rect.h if colours == 2 else rect.area


def most_deflated(size: int) -> int:
    """Most bytes that zlib may make of `size`; it never adds more than some bytes a block."""
    return size + size // 8 + 1024


def tight_pixel_bytes(f: PixelFormat) -> int:
    """Bytes of a TPIXEL: three where every channel is one byte of a true-colour pixel of 32 bits and depth
    24."""
    channels = (f.red_max, f.green_max, f.blue_max)
    if f.true_colour and (f.bits_per_pixel, f.depth, *channels) == (32, 24, 255, 255, 255):
        return 3
    return f.bytes_per_pixel


def _compact(parts: list[bytes], most: int) -> Parser[None]:
    """A length of one to three bytes, seven bits each from the lowest (the third has eight), and as many
    bytes."""
    length = 0
    for shift in (0, 7, 14):
        part = yield 1
        parts.append(part)
        length |= (part[0] if shift == 14 else part[0] & 0x7F) << shift
        if not part[0] & 0x80:
            break
    within("length of Tight data", length, 0, most)
    parts.append((yield length))


WALKED: dict[int, Callable[[Rect, int, int], Parser[bytes]]] = {
    Encoding.RRE: parse_rre,
    Encoding.HEXTILE: parse_hextile,
    Encoding.TIGHT: parse_tight,
}
"""By encoding: the parser, given the rectangle, the bytes of a pixel and of a TPIXEL."""


def check_walk(parser: Parser[bytes], body: Buffer) -> None:
    """Raises ValueError unless `parser` takes exactly `body`."""
    view, at = memoryview(body), 0
    try:
        wanted = next(parser)
        while True:
            if wanted > len(view) - at:
                raise ValueError("a payload is shorter than a receiver would expect")
            at += wanted
            wanted = parser.send(bytes(view[at - wanted : at]))
    except StopIteration:
        pass
    if at != len(view):
        raise ValueError(f"a payload is {len(view) - at} bytes longer than a receiver would expect")
