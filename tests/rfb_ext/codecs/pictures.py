"""Pictures for codec tests: fixed ones by name, and hypothesis strategies over size and content."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from rfb_ext.codecs.base import CodecContext
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect, canonical_format


def context(depth: int) -> CodecContext:
    return CodecContext(depth, canonical_format(depth))


def colour(red: object, green: object, blue: object, depth: int) -> Pixels:
    r, g, b = (np.asarray(c).astype(np.uint32) for c in (red, green, blue))
    return r << np.uint32(2 * depth) | g << np.uint32(depth) | b


def grey(values: object, depth: int) -> Pixels:
    return colour(values, values, values, depth)


KINDS = ("flat", "ramp", "grey noise", "colour noise", "lines", "saturated", "almost grey", "soft colour")


def picture(kind: str, width: int, height: int, depth: int, seed: int = 0) -> Pixels:
    """A canonical picture, shape (height, width), the same for the same arguments."""
    rng = np.random.default_rng(seed)
    top = (1 << depth) - 1
    size = (height, width)
    y, x = np.mgrid[:height, :width]
    match kind:
        case "flat":
            return grey(np.full(size, seed % (top + 1)), depth)
        case "ramp":
            return grey((x + y * width + seed) % (top + 1), depth)
        case "grey noise":
            return grey(rng.integers(0, top + 1, size), depth)
        case "colour noise":
            return colour(*rng.integers(0, top + 1, (3, *size)), depth)
        case "lines":
            return grey((x + seed) % 2 * top, depth)
        case "saturated":
            return colour(*(rng.integers(0, 2, (3, *size)) * top), depth)
        case "almost grey":
            almost = grey(rng.integers(0, top + 1, size), depth)
            almost[-1, -1] ^= np.uint32(1)
            return almost
    return colour((x + seed) % (top + 1), y % (top + 1), np.full(size, top) - x % 3, depth)


def with_gaps(pixels: Pixels) -> Pixels:
    """The same picture inside a larger one: rows are not next to each other."""
    around = np.full((pixels.shape[0] + 2, pixels.shape[1] + 5), 0xDEADBEEF, np.uint32)
    around[1:-1, 2:-3] = pixels
    return around[1:-1, 2:-3]


def empty(rect: Rect) -> Pixels:
    """An output with gaps between its rows, filled with what must not stay."""
    return with_gaps(np.full((rect.h, rect.w), 0xFFFFFFFF, np.uint32))


def pictures(most_width: int = 70, most_height: int = 140) -> st.SearchStrategy[tuple[Pixels, int]]:
    """(pixels, depth)."""
    return st.builds(
        lambda kind, w, h, depth, seed: (picture(kind, w, h, depth, seed), depth),
        st.sampled_from(KINDS),
        st.integers(1, most_width),
        st.integers(1, most_height),
        st.sampled_from((8, 10)),
        st.integers(0, 1 << 16),
    )
