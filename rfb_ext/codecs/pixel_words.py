"""A pixel as the standard encodings carry it: PIXEL, CPIXEL (ZRLE) and TPIXEL (Tight).

Words are uint32, the pixel as a number in the viewer's format; encoders look for equal colours among
them, since what differs here may be the same there. Sources: RFC 6143 sections 7.4, 7.7.5; rfbproto,
"ZRLE Encoding", "Tight Encoding".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rfb_ext.codecs.base import CodecContext
from rfb_ext.errors import DecodeError
from rfb_ext.frame.convert import pack_pixels, unpack_pixels
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.standard_rectangles import tight_pixel_bytes
from rfb_ext.wire.types import CANONICAL_8, PixelFormat, canonical_format

Words = npt.NDArray[np.uint32]
"""Pixels in the viewer's format, uint32 whatever its bits."""
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PixelWords:
    """Canonical pixels of `depth` to words of `pixel_format` (little-endian) and back; words to the
    `positions` of their four little-endian bytes that travel, in that order."""

    depth: int
    pixel_format: PixelFormat
    positions: tuple[int, ...]

    @property
    def _is_canonical(self) -> bool:
        canonical = canonical_format(self.depth)
        ours = self.pixel_format
        return ours.bits_per_pixel == 32 and replace(ours, depth=canonical.depth) == canonical

    @property
    def size(self) -> int:
        """Bytes a pixel takes on the wire."""
        return len(self.positions)

    def from_canonical(self, pixels: Pixels) -> Words:
        """Words of the same shape, rows next to each other; `pixels` themselves where nothing differs."""
        if self._is_canonical:
            return np.ascontiguousarray(pixels)
        packed = pack_pixels(pixels, self.depth, self.pixel_format)
        return np.frombuffer(packed, self._word_type()).reshape(pixels.shape).astype(np.uint32, copy=False)

    def to_canonical(self, words: Words, out: Pixels) -> None:
        """Writes canonical pixels to `out` of the same shape; bits outside the channels are dropped."""
        if self._is_canonical:
            np.bitwise_and(words, np.uint32((1 << 3 * self.depth) - 1), out=out)
            return
        packed = np.ascontiguousarray(words.astype(self._word_type(), copy=False))
        unpack_pixels(packed.reshape(-1).view(np.uint8).data, self.depth, self.pixel_format, out)

    def pack(self, words: Words) -> Bytes:
        """Shape (number of words, size), uint8: the bytes that travel, in row order."""
        octets = np.ascontiguousarray(words).reshape(-1).view(np.uint8).reshape(-1, 4)
        if self.positions == (0, 1, 2, 3):
            return octets
        packed = np.empty((len(octets), self.size), np.uint8)
        for place, position in enumerate(self.positions):
            packed[:, place] = octets[:, position]
        return packed

    def unpack(self, data: bytes | memoryview | Bytes, count: int) -> Words:
        """`count` words. Raises DecodeError unless `data` has exactly their bytes."""
        octets = data if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)
        if octets.size != count * self.size:
            raise DecodeError(f"{octets.size} bytes are no {count} pixels of {self.size} bytes")
        octets = octets.reshape(count, self.size)
        words = np.zeros(count, "<u4")
        into = words.view(np.uint8).reshape(count, 4)
        for place, position in enumerate(self.positions):
            into[:, position] = octets[:, place]
        return words

    def _word_type(self) -> np.dtype[Any]:
        return np.dtype(f"<u{self.pixel_format.bytes_per_pixel}")


def pixel_words(context: CodecContext) -> PixelWords:
    """PIXEL: every byte of it, in the format's order (RFC 6143 section 7.4). Raises ValueError, as all
    three do, for a format with a colour map."""
    f = context.pixel_format
    positions = tuple(range(f.bytes_per_pixel))
    return _made(context.depth, f, positions, f.big_endian)


def compressed_words(context: CodecContext) -> PixelWords:
    """CPIXEL: three bytes where 32 bits of depth 24 or less use no more, the lower ones if both would do."""
    f = context.pixel_format
    if f.bits_per_pixel == 32 and f.depth <= 24:
        channels = ((f.red_max, f.red_shift), (f.green_max, f.green_shift), (f.blue_max, f.blue_shift))
        used = 0
        for top, shift in channels:
            used |= top << shift
        if used < 1 << 24:
            return _made(context.depth, f, (0, 1, 2), f.big_endian)
        if not used & 0xFF:
            return _made(context.depth, f, (1, 2, 3), f.big_endian)
    return pixel_words(context)


def tight_words(context: CodecContext) -> PixelWords:
    """TPIXEL: the bytes red, green, blue where each is a byte of a 32-bit pixel of depth 24, wherever
    the format has them."""
    if tight_pixel_bytes(context.pixel_format) == 3:
        return PixelWords(context.depth, CANONICAL_8, (2, 1, 0))
    return pixel_words(context)


def _made(depth: int, f: PixelFormat, positions: tuple[int, ...], big_endian: bool) -> PixelWords:
    """`positions` from the lowest byte; on the wire the highest is first where the format says so."""
    if not f.true_colour:
        raise ValueError("a pixel format with a colour map is not built")
    ordered = positions[::-1] if big_endian else positions
    return PixelWords(depth, replace(f, big_endian=False), ordered)
