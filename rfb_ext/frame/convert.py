"""Canonical pixels to the bytes of any true-colour PIXEL_FORMAT (RFC 6143 section 7.4), and back.

A channel of n bits becomes one of m bits thus: m < n: its low bits are cut off; m > n: its bits are
repeated until m are filled, so that 0 stays 0 and full stays full. Both ways undo each other: a value
that was widened comes back the same, which rescaling with rounding down (value * max_out // max_in)
would not do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfb_ext.errors import DecodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import PixelFormat, canonical_format

STRIP = 64
"""Rows converted at a time, so that intermediate words stay in the cache."""


def pack_pixels(pixels: Pixels, depth: int, pixel_format: PixelFormat) -> bytes:
    """Bytes of `pixels` (canonical, depth 8 or 10, shape (h, w), any strides) row by row without padding.

    One copy when `pixel_format` is the canonical one. Raises ValueError for a format with a colour map.
    """
    _check_true_colour(pixel_format)
    if pixel_format == canonical_format(depth):
        return pixels.tobytes()
    height, width = pixels.shape
    packed = np.empty((height, width), _word_type(pixel_format))
    for top in range(0, height, STRIP):
        words = pixels[top : top + STRIP]
        total = np.zeros(words.shape, np.uint32)
        for ours, theirs, shift in _channels(depth, pixel_format):
            channel = words >> np.uint32(ours) & np.uint32((1 << depth) - 1)
            total |= _resized(channel, depth, theirs) << np.uint32(shift)
        packed[top : top + STRIP] = total
    return packed.tobytes()


def unpack_pixels(data: bytes | memoryview, depth: int, pixel_format: PixelFormat, out: Pixels) -> None:
    """Writes canonical pixels of `depth` to `out`, shape (h, w), any strides; bits outside the three
    channels are dropped.

    Raises DecodeError unless `data` is exactly h * w pixels long, ValueError for a colour map.
    """
    _check_true_colour(pixel_format)
    height, width = out.shape
    if len(data) != height * width * pixel_format.bytes_per_pixel:
        raise DecodeError(
            f"{len(data)} bytes are no {width}x{height} pixels of {pixel_format.bits_per_pixel} bits"
        )
    packed = np.frombuffer(data, _word_type(pixel_format)).reshape(height, width)
    if pixel_format == canonical_format(depth):
        np.bitwise_and(packed, np.uint32((1 << 3 * depth) - 1), out=out)
        return
    for top in range(0, height, STRIP):
        words = packed[top : top + STRIP].astype(np.uint32)
        total = np.zeros(words.shape, np.uint32)
        for ours, theirs, shift in _channels(depth, pixel_format):
            channel = words >> np.uint32(shift) & np.uint32((1 << theirs) - 1)
            total |= _resized(channel, theirs, depth) << np.uint32(ours)
        out[top : top + STRIP] = total


def _channels(depth: int, pixel_format: PixelFormat) -> tuple[tuple[int, int, int], ...]:
    """Shift of R, G, B in the canonical word; bits and shift of it in the format."""
    return (
        (2 * depth, pixel_format.red_max.bit_length(), pixel_format.red_shift),
        (depth, pixel_format.green_max.bit_length(), pixel_format.green_shift),
        (0, pixel_format.blue_max.bit_length(), pixel_format.blue_shift),
    )


def _resized(channel: Pixels, bits: int, wanted: int) -> Pixels:
    if bits == 0 or wanted == 0:
        return np.zeros_like(channel)
    if wanted <= bits:
        return channel >> np.uint32(bits - wanted)
    wide = channel << np.uint32(wanted - bits)
    filled = bits
    while filled < wanted:
        wide |= wide >> np.uint32(filled)
        filled *= 2
    return wide


def _word_type(pixel_format: PixelFormat) -> np.dtype[Any]:
    order = ">" if pixel_format.big_endian else "<"
    return np.dtype(f"{order}u{pixel_format.bytes_per_pixel}")


def _check_true_colour(pixel_format: PixelFormat) -> None:
    if not pixel_format.true_colour:
        raise ValueError("a pixel format with a colour map is not built")
