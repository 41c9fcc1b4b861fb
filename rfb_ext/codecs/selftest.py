"""Known pictures through a codec and back, bit for bit, on this very machine, before it is offered.

A codec may be right in its own tests and wrong here: another build of a library, another processor. The
pictures are fixed: no clock and no randomness decides whether a codec passes.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np

from rfb_ext.codecs.base import Codec, CodecContext, Decoder, Encoder
from rfb_ext.errors import CodecError, DecodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect, canonical_format

DEPTHS = (8, 10)


def self_test(codec: Codec) -> None:
    """Runs `codec` over the known pictures of both depths. Raises CodecError with a sentence that says
    which picture failed and how; a library that cannot be loaded is such a failure too."""
    try:
        for depth in DEPTHS:
            context = CodecContext(depth, canonical_format(depth))
            if not codec.encodes:
                _run_copies(codec, context)
                continue
            encoder, decoder = codec.new_encoder(context), codec.new_decoder(context)
            try:
                _run(encoder, decoder, depth)
            finally:
                encoder.close()
                decoder.close()
    except (ImportError, OSError) as error:
        raise CodecError(f"its library cannot be loaded ({error})") from error


def known_pictures(depth: int) -> list[tuple[str, Rect, tuple[Pixels, ...]]]:
    """Name, rectangle and the pictures that follow each other in it: canonical, shape (h, w), '<u4'."""
    top = (1 << depth) - 1
    ramp = _grey(np.arange(top + 1, dtype=np.uint32).reshape(-1, 64), depth)
    noise = _noise(3 * 33 * 47, depth).reshape(3, 33, 47)
    lines = np.zeros((37, 53), np.uint32)
    lines[::2] = top
    lines[:, ::3] = 0
    inverse: Pixels = np.bitwise_xor(lines, np.uint32(top))
    corner = noise[:, :13, :15]  # one macroblock: H.264 makes more colour noise longer than Raw, and refuses
    harsh = _colour(corner[0], corner[1], corner[2], depth)
    x, y = np.meshgrid(np.arange(47, dtype=np.uint32), np.arange(33, dtype=np.uint32))
    colour = _colour(5 * x + (noise[0] & 1), 7 * y, np.uint32(top) - 2 * x - 3 * y, depth)
    bars = np.zeros((16, 24), np.uint32)
    for i in range(8):
        bars[:, 3 * i : 3 * i + 3] = _word(top * (i & 1), top * (i >> 1 & 1), top * (i >> 2), depth)
    column = _grey(noise.reshape(-1, 1), depth)
    one = np.full((1, 1), _word(top, 0, 1, depth), np.uint32)
    return [
        ("ramp", Rect(0, 0, 64, len(ramp)), (ramp, ramp[::-1])),
        ("lines of one pixel", Rect(3, 1, 53, 37), (_grey(lines, depth), _grey(inverse, depth))),
        ("grey noise", Rect(0, 7, 47, 33), (_grey(noise[0], depth), _grey(noise[1], depth))),
        ("colour noise", Rect(2, 2, 15, 13), (harsh, harsh[::-1], harsh)),
        ("colour ramps", Rect(7, 0, 47, 33), (colour, np.roll(colour, 1, axis=0), colour)),
        ("saturated bars, then grey", Rect(1, 1, 24, 16), (bars, _grey(bars & np.uint32(top), depth), bars)),
        ("one pixel", Rect(5, 5, 1, 1), (one, one ^ np.uint32(1))),
        ("one column", Rect(9, 0, 1, 65), (column[:65], column[65:130])),
        ("a wide row", Rect(0, 9, 64, 1), (ramp[-1:],)),
    ]


def _run(encoder: Encoder, decoder: Decoder, depth: int) -> None:
    payload = b""
    rect = Rect(0, 0, 0, 0)
    for name, rect, pictures in known_pictures(depth):
        for number, pixels in enumerate(pictures, 1):
            payload = bytes(encoder.encode(pixels, rect))
            # a framebuffer is wider than the rectangle: rows with gaps
            out = np.full((rect.h, rect.w + 3), 0xFFFFFFFF, np.uint32)
            decoder.decode(payload, rect, out[:, 1:-2])
            if not np.array_equal(out[:, 1:-2], pixels):
                raise CodecError(f"{name} ({depth} bits, picture {number}) came back with wrong pixels")
            if not (out[:, 0] == 0xFFFFFFFF).all() or not (out[:, -2:] == 0xFFFFFFFF).all():
                raise CodecError(f"{name} ({depth} bits, picture {number}) was written beyond its rectangle")
    try:
        decoder.decode(payload[: len(payload) // 2], rect, np.empty((rect.h, rect.w), np.uint32))
    except DecodeError:
        pass
    else:
        raise CodecError(f"half a payload ({depth} bits) was taken for a whole one")
    damaged = bytearray(payload)
    damaged[len(damaged) // 2] ^= 0x55
    # an error or wrong pixels: both are right, a crash is not
    with suppress(DecodeError):
        decoder.decode(bytes(damaged), rect, np.empty((rect.h, rect.w), np.uint32))


def _run_copies(codec: Codec, context: CodecContext) -> None:
    """For a decoder of places: pictures copied beside, below and over themselves."""
    for name, rect, (pixels, *_) in known_pictures(context.depth):
        for dx, dy in ((rect.w, 0), (0, rect.h), (1, 0), (0, 1), (1, 1)):
            framebuffer = np.zeros((2 * rect.h, 2 * rect.w), np.uint32)
            framebuffer[: rect.h, : rect.w] = pixels
            decoder = codec.new_decoder(replace(context, source=partial(_part, framebuffer)))
            to = Rect(dx, dy, rect.w, rect.h)
            decoder.decode(bytes(4), to, _part(framebuffer, to))
            decoder.close()
            if not np.array_equal(_part(framebuffer, to), pixels):
                raise CodecError(f"{name} ({context.depth} bits) was copied wrongly by {dx},{dy}")


def _part(framebuffer: Pixels, rect: Rect) -> Pixels:
    return framebuffer[rect.y : rect.bottom, rect.x : rect.right]


def _word(red: int, green: int, blue: int, depth: int) -> int:
    return red << 2 * depth | green << depth | blue


def _grey(values: Pixels, depth: int) -> Pixels:
    return _colour(values, values, values, depth)


def _colour(red: Pixels, green: Pixels, blue: Pixels, depth: int) -> Pixels:
    pixels: Pixels = red << np.uint32(2 * depth) | green << np.uint32(depth) | blue
    return pixels


def _noise(count: int, depth: int) -> Pixels:
    """The high bits of a linear congruential sequence: the same everywhere, for ever."""
    state, values = 1, np.empty(count, np.uint32)
    for i in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        values[i] = state >> (32 - depth)
    return values
