from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.errors import DecodeError
from rfb_ext.frame.convert import pack_pixels, unpack_pixels
from rfb_ext.wire.types import CANONICAL_8, CANONICAL_10, PixelFormat, canonical_format

BGR233 = PixelFormat(8, 8, False, True, 7, 7, 3, 0, 3, 6)
RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)
RGB565_BIG = PixelFormat(16, 16, True, True, 31, 63, 31, 11, 5, 0)
XBGR_BIG = PixelFormat(32, 24, True, True, 255, 255, 255, 0, 8, 16)
TEN_HIGH = PixelFormat(32, 30, False, True, 1023, 1023, 1023, 22, 12, 2)

NAMED = [BGR233, RGB565, RGB565_BIG, XBGR_BIG, TEN_HIGH, CANONICAL_8, CANONICAL_10]


@st.composite
def formats(draw):
    """Any true-colour format whose channels do not overlap, in any order, with gaps."""
    bits_per_pixel = draw(st.sampled_from([8, 16, 32]))
    free, fields = bits_per_pixel, []
    for left in (2, 1, 0):
        bits = draw(st.integers(1, min(16, free - left)))
        free -= bits
        fields.append(bits)
    gap, order = draw(st.integers(0, free)), draw(st.permutations([0, 1, 2]))
    shifts, at = [0, 0, 0], gap
    for channel in order:
        shifts[channel] = at
        at += fields[channel]
    tops = [(1 << bits) - 1 for bits in fields]
    return PixelFormat(bits_per_pixel, sum(fields), draw(st.booleans()), True, *tops, *shifts)


def resized(value, bits, wanted):
    """The rule in strings of bits: cut off at the end, or repeat until there are enough."""
    text = format(value, f"0{bits}b")
    return int((text * (wanted // bits + 1))[:wanted], 2)


def channels(pixel_format):
    return (
        (pixel_format.red_max.bit_length(), pixel_format.red_shift),
        (pixel_format.green_max.bit_length(), pixel_format.green_shift),
        (pixel_format.blue_max.bit_length(), pixel_format.blue_shift),
    )


def reference_pack(pixels, depth, pixel_format):
    data = b""
    for word in pixels.ravel().tolist():
        total = 0
        for ours, (bits, shift) in zip((2 * depth, depth, 0), channels(pixel_format), strict=True):
            total |= resized(word >> ours & ((1 << depth) - 1), depth, bits) << shift
        data += total.to_bytes(pixel_format.bytes_per_pixel, "big" if pixel_format.big_endian else "little")
    return data


def reference_unpack(data, depth, pixel_format):
    size, words = pixel_format.bytes_per_pixel, []
    for at in range(0, len(data), size):
        value = int.from_bytes(data[at : at + size], "big" if pixel_format.big_endian else "little")
        word = 0
        for ours, (bits, shift) in zip((2 * depth, depth, 0), channels(pixel_format), strict=True):
            word |= resized(value >> shift & ((1 << bits) - 1), bits, depth) << ours
        words.append(word)
    return words


def noise(height, width, depth, seed=0):
    words = np.random.default_rng(seed).integers(0, 1 << 3 * depth, (height, width + 3))
    return words.astype(np.uint32)[:, 1:-2]


@given(formats(), st.sampled_from([8, 10]), st.integers(1, 5), st.integers(1, 70), st.integers(0, 99))
def test_any_format_both_ways(pixel_format, depth, width, height, seed):
    pixels = noise(height, width, depth, seed)
    data = pack_pixels(pixels, depth, pixel_format)
    assert data == reference_pack(pixels, depth, pixel_format)
    out = noise(height, width, depth, seed + 1)
    unpack_pixels(data, depth, pixel_format, out)
    assert out.ravel().tolist() == reference_unpack(data, depth, pixel_format)


@given(formats(), st.sampled_from([8, 10]), st.integers(0, 99))
def test_what_was_widened_comes_back(pixel_format, depth, seed):
    narrow = max(bits for bits, _ in channels(pixel_format)) <= depth
    pixels = noise(3, 4, depth, seed)
    data = pack_pixels(pixels, depth, pixel_format)
    out = np.empty((3, 4), np.uint32)
    unpack_pixels(data, depth, pixel_format, out)
    if narrow:
        assert pack_pixels(out, depth, pixel_format) == data
    if min(bits for bits, _ in channels(pixel_format)) >= depth:
        assert np.array_equal(out, pixels)


@pytest.mark.parametrize(
    "pixel_format", [BGR233, RGB565, RGB565_BIG, XBGR_BIG, TEN_HIGH, CANONICAL_8, CANONICAL_10]
)
@pytest.mark.parametrize("depth", [8, 10])
def test_black_and_white_stay_black_and_white(pixel_format, depth):
    pixels = np.array([[0, (1 << 3 * depth) - 1]], np.uint32)
    out = np.empty_like(pixels)
    unpack_pixels(pack_pixels(pixels, depth, pixel_format), depth, pixel_format, out)
    assert np.array_equal(out, pixels)


@pytest.mark.parametrize("depth", [8, 10])
def test_the_canonical_format_is_the_pixels_themselves(depth):
    pixels = noise(65, 7, depth)
    data = pack_pixels(pixels, depth, canonical_format(depth))
    assert data == pixels.astype("<u4").tobytes()
    out = np.zeros((65, 9), np.uint32)
    unpack_pixels(data, depth, canonical_format(depth), out[:, 1:-1])
    assert np.array_equal(out[:, 1:-1], pixels)
    assert not out[:, 0].any()
    assert not out[:, -1].any()


def test_10_bits_to_8_and_back():
    pixels = np.array([[1023 << 20 | 512 << 10 | 3]], np.uint32)
    data = pack_pixels(pixels, 10, CANONICAL_8)
    assert data == bytes([0, 128, 255, 0])
    out = np.empty((1, 1), np.uint32)
    unpack_pixels(data, 10, CANONICAL_8, out)
    assert out[0, 0] == 1023 << 20 | 514 << 10


@pytest.mark.parametrize("length", [0, 23, 25, 48])
@pytest.mark.parametrize("pixel_format", [CANONICAL_8, XBGR_BIG])
def test_another_length_is_refused(length, pixel_format):
    with pytest.raises(DecodeError):
        unpack_pixels(bytes(length), 8, pixel_format, np.empty((2, 3), np.uint32))


def test_a_channel_without_bits_is_black_and_a_colour_map_is_refused():
    no_blue = PixelFormat(8, 6, False, True, 7, 7, 0, 0, 3, 6)
    assert pack_pixels(np.array([[0xFFFFFF]], np.uint32), 8, no_blue) == b"\x3f"
    out = np.empty((1, 1), np.uint32)
    unpack_pixels(b"\xff", 8, no_blue, out)
    assert out[0, 0] == 0xFFFF00
    mapped = PixelFormat(8, 8, False, False, 7, 7, 3, 0, 3, 6)
    with pytest.raises(ValueError):
        pack_pixels(out, 8, mapped)
    with pytest.raises(ValueError):
        unpack_pixels(b"\0", 8, mapped, out)
