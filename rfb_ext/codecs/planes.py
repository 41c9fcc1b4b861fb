"""Planes (0x52540001): grey as one plane, colour as three, up filter, zstd. PROTOCOL.md section 6.

What the encoder chooses: one plane when every pixel is grey, else planes G, R-G, B-G; the up filter;
zstd, or stored bytes where zstd gains nothing. The decoder takes whatever version 1 of the text allows.
"""

from __future__ import annotations

import struct
from typing import Any

import imagecodecs
import numpy as np

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.channels import (
    Plane,
    check_input,
    check_output,
    merge_colour,
    merge_grey,
    most_bytes,
    sample_type,
    split_colour,
    split_grey,
    strips,
)
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect

FORMAT = 1
TRANSFORM_NONE, TRANSFORM_GREEN = 0, 1
FILTER_NONE, FILTER_UP = 0, 1
CODER_STORED, CODER_ZSTD = 0, 1
HEADER = struct.Struct(">I8B")
LENGTH = struct.Struct(">I")
LEVEL = 1
LEVEL_OF_LAST_RESORT = 13
"""Colour noise of 10 bits: level 1 does not split low from high bytes and ends above the longest
payload allowed; from this level on zstd does."""
_zstd_encode: Any = imagecodecs.zstd_encode
_zstd_decode: Any = imagecodecs.zstd_decode  # their annotations know no arrays
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class PlanesEncoder:
    """`level`: that of zstd. No picture depends on an earlier one."""

    def __init__(self, context: CodecContext, level: int = LEVEL) -> None:
        self._depth = context.depth
        self._level = level

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """The payload. Raises EncodeError for a shape not that of `rect`, an empty rectangle, or a
        picture that would take more bytes than the format allows."""
        check_input(pixels, rect)
        planes = self._planes(pixels)
        transform = TRANSFORM_GREEN if len(planes) == 3 else TRANSFORM_NONE
        stored = [_filtered(plane, self._depth) for plane in planes]
        coder, coded = self._coded(stored, most_bytes(rect) - 8 - LENGTH.size * len(stored))
        length = 8 + sum(LENGTH.size + len(part) for part in coded)
        fields = (FORMAT, len(planes), self._depth, transform, FILTER_UP, coder, 0, 0)
        pieces: list[bytes | memoryview] = [HEADER.pack(length, *fields)]
        for part in coded:
            pieces += (LENGTH.pack(len(part)), part)
        return b"".join(pieces)

    def close(self) -> None:
        """Nothing is held."""

    def _planes(self, pixels: Pixels) -> list[Plane]:
        kind = sample_type(self._depth)
        green = np.empty(pixels.shape, kind)
        if split_grey(pixels, self._depth, green):
            return [green]
        red, blue = np.empty(pixels.shape, kind), np.empty(pixels.shape, kind)
        split_colour(pixels, self._depth, red, green, blue)
        for top, bottom in strips(pixels.shape[0]):
            for plane in (red[top:bottom], blue[top:bottom]):
                np.subtract(plane, green[top:bottom], out=plane)
                _cut(plane, self._depth)
        return [green, red, blue]

    def _coded(self, stored: list[Plane], most: int) -> tuple[int, list[bytes | memoryview]]:
        size = sum(len(part) for part in stored)
        for level in (self._level, LEVEL_OF_LAST_RESORT):
            coded: list[bytes | memoryview] = [_zstd_encode(part, level=level) for part in stored]
            coded_size = sum(len(part) for part in coded)
            if min(size, coded_size) <= most:
                break
        else:
            raise EncodeError("the picture takes more bytes than Planes allows: it is noise")
        if size <= coded_size:
            return CODER_STORED, [part.data for part in stored]
        return CODER_ZSTD, coded


class PlanesDecoder:
    """Checks every field and length before it allocates; never more than the planes of the rectangle."""

    def __init__(self, context: CodecContext) -> None:
        self._depth = context.depth

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w). Raises DecodeError for anything that
        PROTOCOL.md section 6 does not allow."""
        check_output(out, rect)
        count, transform, up, coder = self._header(payload, rect)
        parts = _parts(memoryview(payload)[HEADER.size :], count)
        planes = [self._plane(part, coder, up, rect) for part in parts]
        if count == 1:
            merge_grey(planes[0], self._depth, out)
            return
        if transform == TRANSFORM_GREEN:
            green, red, blue = planes
            for top, bottom in strips(rect.h):
                for plane in (red[top:bottom], blue[top:bottom]):
                    np.add(plane, green[top:bottom], out=plane)
                    _cut(plane, self._depth)
        else:
            red, green, blue = planes
        merge_colour(red, green, blue, self._depth, out)

    def close(self) -> None:
        """Nothing is held."""

    def _header(self, payload: bytes | memoryview, rect: Rect) -> tuple[int, int, bool, int]:
        if len(payload) < HEADER.size:
            raise DecodeError("Planes: the payload is shorter than its header")
        length, version, count, depth, transform, up, coder, reference, zero = HEADER.unpack_from(payload)
        if length != len(payload) - LENGTH.size or length > most_bytes(rect):
            raise DecodeError(f"Planes: length {length} does not fit {len(payload)} bytes of {rect}")
        if version != FORMAT or depth != self._depth or zero != 0:
            raise DecodeError(f"Planes: format {version}, depth {depth}, last byte {zero} are not known here")
        if count not in (1, 3) or transform > (TRANSFORM_GREEN if count == 3 else TRANSFORM_NONE):
            raise DecodeError(f"Planes: {count} planes with transform {transform}")
        if up > FILTER_UP or coder > CODER_ZSTD:
            raise DecodeError(f"Planes: filter {up} or coder {coder} is not known here")
        if reference != 0:
            raise DecodeError("Planes: it refers to a picture that is not held")
        return count, transform, up == FILTER_UP, coder

    def _plane(self, part: memoryview, coder: int, up: bool, rect: Rect) -> Plane:
        size = rect.area * sample_type(self._depth).itemsize
        samples = _unzstd(part, size) if coder == CODER_ZSTD else np.frombuffer(part, np.uint8)
        if len(samples) != size:
            raise DecodeError(f"Planes: a plane decodes to {len(samples)} bytes, not {size}")
        if self._depth == 8:
            plane: Plane = samples.reshape(rect.h, rect.w)
        else:
            low, high = samples.reshape(2, rect.h, rect.w)
            if int(high.max()) > 3:
                raise DecodeError("Planes: a sample has more than 10 bits")
            plane = high.astype(np.uint16)
            np.left_shift(plane, 8, out=plane)
            np.bitwise_or(plane, low, out=plane)
        if not plane.flags.writeable:
            plane = plane.copy()
        if up:
            _summed(plane)
            _cut(plane, self._depth)
        return plane


def _filtered(plane: Plane, depth: int) -> Plane:
    """The up filter, then samples to bytes; in place, from the bottom, so that upper rows are still whole."""
    for top, bottom in reversed(list(strips(plane.shape[0]))):
        first = max(top, 1)
        np.subtract(plane[first:bottom], plane[first - 1 : bottom - 1], out=plane[first:bottom])
    _cut(plane, depth)
    if depth == 8:
        return plane.reshape(-1)
    halves = np.empty((2, *plane.shape), np.uint8)
    for top, bottom in strips(plane.shape[0]):
        halves[0, top:bottom] = plane[top:bottom] & 255
        halves[1, top:bottom] = plane[top:bottom] >> 8
    return halves.reshape(-1)


def _summed(plane: Plane) -> None:
    above = plane[0]
    for row in plane[1:]:
        np.add(above, row, out=row)
        above = row


def _cut(plane: Plane, depth: int) -> None:
    """Modulo 2^depth; a byte does that by itself."""
    if depth == 10:
        np.bitwise_and(plane, 1023, out=plane)


def _parts(rest: memoryview, count: int) -> list[memoryview]:
    parts = []
    for _ in range(count):
        if len(rest) < LENGTH.size:
            raise DecodeError("Planes: the payload ends before its last plane")
        (length,) = LENGTH.unpack_from(rest)
        if length > len(rest) - LENGTH.size:
            raise DecodeError(f"Planes: a plane of {length} bytes is longer than the payload")
        parts.append(rest[LENGTH.size : LENGTH.size + length])
        rest = rest[LENGTH.size + length :]
    if rest:
        raise DecodeError(f"Planes: {len(rest)} bytes are left over")
    return parts


def _unzstd(part: memoryview, size: int) -> Plane:
    if bytes(part[:4]) != ZSTD_MAGIC:
        raise DecodeError("Planes: a plane is no zstd frame")
    out = np.empty(size, np.uint8)  # zstd writes into it and stops at its end: a bomb bursts here
    try:
        decoded: Plane = _zstd_decode(part, out=out)
    except imagecodecs.ZstdError as error:
        raise DecodeError(f"Planes: {error}") from None
    return decoded
