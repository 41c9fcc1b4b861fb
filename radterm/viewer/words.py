"""Canonical words in the bits of a glass: a head of 8 or 10 bits on a glass of 8 or 10."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rfb_ext.frame.frames import Pixels

Box = tuple[int, int, int, int]
"""x, y, w, h in pixels of a window."""

RGBA = npt.NDArray[np.uint8]
"""Shape (h, w, 4), straight alpha."""


def to_glass(pixels: Pixels, head_bits: int, out: Pixels, glass_bits: int) -> None:
    """Writes canonical `pixels` of `head_bits` to `out`, same shape, canonical of `glass_bits`.

    10 to 8 drops the two low bits of each channel. 8 to 10 repeats the two high bits below, which maps 0 to
    0 and 255 to 1023 and keeps all 256 values apart.
    """
    if head_bits == glass_bits:
        np.copyto(out, pixels)
    elif head_bits == 10:
        out[:] = (
            (pixels >> 6) & np.uint32(0xFF0000)
            | (pixels >> 4) & np.uint32(0xFF00)
            | (pixels >> 2) & np.uint32(0xFF)
        )
    else:
        red, green, blue = ((pixels >> shift) & np.uint32(0xFF) for shift in (16, 8, 0))
        out[:] = (red << 2 | red >> 6) << 20 | (green << 2 | green >> 6) << 10 | (blue << 2 | blue >> 6)


def dimmed(pixels: Pixels, bits: int) -> Pixels:
    """A quarter of the brightness of each channel."""
    channel = (1 << (bits - 2)) - 1
    mask = np.uint32(channel << 2 * bits | channel << bits | channel)
    dark: Pixels = (pixels >> np.uint32(2)) & mask
    return dark


def word(colour: tuple[int, int, int], bits: int) -> np.uint32:
    """An 8-bit colour as a word of the glass."""
    red, green, blue = (value << (bits - 8) for value in colour)
    return np.uint32(red << 2 * bits | green << bits | blue)


def blend(image: RGBA, out: Pixels, bits: int) -> None:
    """Lays an image over `out`, words of the glass, same height and width."""
    alpha = image[:, :, 3].astype(np.uint32)
    result = np.zeros_like(out)
    top = np.uint32((1 << bits) - 1)
    for channel, shift in enumerate((2 * bits, bits, 0)):
        below = (out >> np.uint32(shift)) & top
        above = image[:, :, channel].astype(np.uint32) << np.uint32(bits - 8)
        result |= ((above * alpha + below * (255 - alpha) + 127) // 255) << np.uint32(shift)
    out[:] = result
