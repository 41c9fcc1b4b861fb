"""Pixel formats that viewers ask for, pictures as screens have them, and what a viewer must see of them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from rfb_ext.codecs.base import CodecContext
from rfb_ext.frame.convert import pack_pixels, unpack_pixels
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import CANONICAL_8, CANONICAL_10, PixelFormat
from tests.rfb_ext.codecs.pictures import KINDS, picture


def rgb(bits: int, depth: int, big: bool, maxima: tuple[int, int, int], shifts: tuple[int, int, int]):
    return PixelFormat(bits, depth, big, True, *maxima, *shifts)


EIGHT, TEN = (255, 255, 255), (1023, 1023, 1023)
FORMATS = {
    "canonical 8": CANONICAL_8,
    "canonical 10": CANONICAL_10,
    "888 big": rgb(32, 24, True, EIGHT, (16, 8, 0)),
    "bgr 888": rgb(32, 24, False, EIGHT, (0, 8, 16)),
    "bgr 888 big": rgb(32, 24, True, EIGHT, (0, 8, 16)),
    "888 upper bytes": rgb(32, 24, False, EIGHT, (24, 16, 8)),
    "888 upper bytes big": rgb(32, 24, True, EIGHT, (24, 16, 8)),
    "888 spread": rgb(32, 24, False, EIGHT, (24, 12, 0)),
    "888 depth 32": rgb(32, 32, False, EIGHT, (16, 8, 0)),
    "101010 big": rgb(32, 30, True, TEN, (20, 10, 0)),
    "bgr 101010": rgb(32, 30, False, TEN, (0, 10, 20)),
    "101010 upper": rgb(32, 32, False, TEN, (22, 12, 2)),
    "565": rgb(16, 16, False, (31, 63, 31), (11, 5, 0)),
    "565 big": rgb(16, 16, True, (31, 63, 31), (11, 5, 0)),
    "555": rgb(16, 15, False, (31, 31, 31), (10, 5, 0)),
    "565 in 32": rgb(32, 16, False, (31, 63, 31), (11, 5, 0)),
    "565 in 32 upper big": rgb(32, 16, True, (31, 63, 31), (27, 21, 16)),
    "332": rgb(8, 8, False, (7, 7, 3), (5, 2, 0)),
    "bgr 233": rgb(8, 8, False, (7, 7, 3), (0, 3, 6)),
    "one bit": rgb(8, 1, False, (0, 1, 0), (0, 0, 0)),
}
DEPTHS = (8, 10)


def viewer(name: str, depth: int) -> CodecContext:
    return CodecContext(depth, FORMATS[name])


def seen(pixels: Pixels, context: CodecContext) -> Pixels:
    """What the format lets through, canonical again."""
    out = np.empty(pixels.shape, np.uint32)
    unpack_pixels(
        pack_pixels(pixels, context.depth, context.pixel_format), context.depth, context.pixel_format, out
    )
    return out


def numbers(pixels: Pixels, context: CodecContext) -> list[list[int]]:
    """Rows of pixels as numbers of the viewer's format."""
    data = pack_pixels(pixels, context.depth, context.pixel_format)
    size = context.pixel_format.bytes_per_pixel
    order = "big" if context.pixel_format.big_endian else "little"
    flat = [int.from_bytes(data[i : i + size], order) for i in range(0, len(data), size)]
    width = pixels.shape[1]
    return [flat[y * width : y * width + width] for y in range(pixels.shape[0])]


def screen(width: int, height: int, depth: int, colours: int, run: int, seed: int) -> Pixels:
    """Few colours in runs of about `run` pixels, some of them far longer."""
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 1 << 3 * depth, colours, dtype=np.uint32)
    lengths = rng.integers(1, 2 * run + 1, width * height)
    lengths[rng.random(len(lengths)) < 0.02] += 700
    return np.repeat(palette[rng.integers(0, colours, len(lengths))], lengths)[: width * height].reshape(
        height, width
    )


def screens(most_width: int = 150, most_height: int = 90) -> st.SearchStrategy[tuple[Pixels, int]]:
    """(pixels, depth): as screens are, and as no screen is."""
    sides = st.integers(1, most_width), st.integers(1, most_height)
    depth, seed = st.sampled_from(DEPTHS), st.integers(0, 1 << 16)
    few = st.builds(
        lambda w, h, d, colours, run, s: (screen(w, h, d, colours, run, s), d),
        *sides,
        depth,
        st.sampled_from((1, 2, 3, 4, 5, 16, 17, 127, 128, 256, 257)),
        st.sampled_from((1, 2, 7, 40, 300)),
        seed,
    )
    kinds = st.builds(
        lambda kind, w, h, d, s: (picture(kind, w, h, d, s), d), st.sampled_from(KINDS), *sides, depth, seed
    )
    return few | kinds


formats = st.sampled_from(sorted(FORMATS))
