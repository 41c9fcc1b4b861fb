"""Canonical words to planes of samples and back, in strips that stay in the cache.

A plane is an array of shape (h, w): uint8 at depth 8, uint16 at depth 10. A whole-frame pass over 3.8
megapixels of 32-bit words costs a trip to memory each; 64 rows fit the second-level cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.numbers import PAYLOAD_SLACK
from rfb_ext.wire.types import Rect

Plane = npt.NDArray[Any]
"""Samples, shape (h, w), uint8 or uint16, one row after the other or with gaps between rows."""

STRIP = 64


def strips(height: int) -> Iterator[tuple[int, int]]:
    """First and one past the last row of each strip, from the top."""
    for top in range(0, height, STRIP):
        yield top, min(top + STRIP, height)


def sample_type(depth: int) -> np.dtype[Any]:
    """What holds one sample of `depth` (8 or 10) bits."""
    return np.dtype(np.uint8) if depth == 8 else np.dtype("<u2")


def most_bytes(rect: Rect) -> int:
    """The longest payload of a compressed rectangle (PROTOCOL.md section 6): longer is worse than Raw."""
    return 4 * rect.area + PAYLOAD_SLACK


def check_input(pixels: Pixels, rect: Rect) -> None:
    """Raises EncodeError unless `pixels` are a picture of the rectangle's size, of at least one pixel."""
    if not rect or pixels.shape != (rect.h, rect.w) or pixels.dtype != np.uint32:
        raise EncodeError(f"pixels of shape {pixels.shape} ({pixels.dtype}) are no picture of {rect}")


def check_output(out: Pixels, rect: Rect) -> None:
    """Raises DecodeError unless `out` takes a picture of the rectangle's size, of at least one pixel."""
    if not rect or out.shape != (rect.h, rect.w) or out.dtype != np.uint32:
        raise DecodeError(f"an output of shape {out.shape} ({out.dtype}) takes no picture of {rect}")


def split_grey(pixels: Pixels, depth: int, out: Plane) -> bool:
    """Fills `out` with the value of grey pixels. False at the first strip where R, G and B differ
    somewhere (exact comparison of every word); then `out` holds anything."""
    factor = _grey_factor(depth)
    scratch = np.empty((min(STRIP, pixels.shape[0]), pixels.shape[1]), np.uint32)
    for top, bottom in strips(pixels.shape[0]):
        words, samples, again = pixels[top:bottom], out[top:bottom], scratch[: bottom - top]
        _take(words, 0, depth, samples)
        np.multiply(samples, factor, out=again, dtype=np.uint32)
        if not np.array_equal(again, words):
            return False
    return True


def split_colour(pixels: Pixels, depth: int, red: Plane, green: Plane, blue: Plane) -> None:
    """Fills the three planes with the channels of canonical pixels."""
    for top, bottom in strips(pixels.shape[0]):
        words = pixels[top:bottom]
        _take(words, 2 * depth, depth, red[top:bottom])
        _take(words, depth, depth, green[top:bottom])
        _take(words, 0, depth, blue[top:bottom])


def merge_grey(value: Plane, depth: int, out: Pixels) -> None:
    """Writes grey canonical pixels. Raises DecodeError for a sample of more than `depth` bits."""
    factor = _grey_factor(depth)
    for top, bottom in strips(out.shape[0]):
        samples = value[top:bottom]
        _check_samples(samples, depth)
        np.multiply(samples, factor, out=out[top:bottom], dtype=np.uint32)


def merge_colour(red: Plane, green: Plane, blue: Plane, depth: int, out: Pixels) -> None:
    """Writes canonical pixels of three planes. Raises DecodeError for a sample of more than `depth` bits."""
    part = np.empty((min(STRIP, out.shape[0]), out.shape[1]), np.uint32)
    word = np.empty_like(part)
    for top, bottom in strips(out.shape[0]):
        p, w = part[: bottom - top], word[: bottom - top]
        for plane in (red, green, blue):
            _check_samples(plane[top:bottom], depth)
        np.left_shift(red[top:bottom], 2 * depth, out=w, dtype=np.uint32)
        np.left_shift(green[top:bottom], depth, out=p, dtype=np.uint32)
        np.bitwise_or(w, p, out=w)
        np.bitwise_or(w, blue[top:bottom], out=out[top:bottom], dtype=np.uint32)


def _grey_factor(depth: int) -> np.uint32:
    return np.uint32(1 | 1 << depth | 1 << 2 * depth)


def _take(words: Pixels, shift: int, depth: int, out: Plane) -> None:
    np.right_shift(words, np.uint32(shift), out=out, casting="unsafe")  # the cast cuts to 8 or 16 bits
    if depth == 10:
        np.bitwise_and(out, 1023, out=out)


def _check_samples(samples: Plane, depth: int) -> None:
    if depth == 10 and int(samples.max()) > 1023:
        raise DecodeError("a sample has more bits than its head's depth")
