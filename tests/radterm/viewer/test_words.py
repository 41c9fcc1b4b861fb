"""Pixels in the bits of a glass: exact where it has them, tame where it has not."""

from __future__ import annotations

import numpy as np
import pytest

from radterm.viewer import words


def grey(values: np.ndarray, bits: int) -> np.ndarray:
    values = values.astype(np.uint32)
    return (values << 2 * bits | values << bits | values)[None, :]


@pytest.mark.parametrize("bits", [8, 10])
def test_equal_bits_are_a_copy(bits: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 1 << 3 * bits, (5, 7), dtype=np.uint32)
    out = np.zeros_like(pixels)
    words.to_glass(pixels, bits, out, bits)
    assert np.array_equal(out, pixels)


def test_ten_on_eight_loses_two_bits_of_each_channel() -> None:
    pixels = np.array([[1023 << 20 | 512 << 10 | 3, 4 << 20 | 7 << 10 | 1020]], np.uint32)
    out = np.zeros_like(pixels)
    words.to_glass(pixels, 10, out, 8)
    assert out.tolist() == [[0xFF8000, 0x0101FF]]


def test_eight_on_ten_keeps_all_values_apart_and_the_ends() -> None:
    out = np.zeros((1, 256), np.uint32)
    words.to_glass(grey(np.arange(256), 8), 8, out, 10)
    values = out[0] & 1023
    assert np.array_equal(out, grey(values, 10))
    assert (values[0], values[255]) == (0, 1023)
    assert (np.diff(values.astype(int)) > 0).all()
    there_and_back = np.zeros_like(out)
    words.to_glass(out, 10, there_and_back, 8)
    assert np.array_equal(there_and_back, grey(np.arange(256), 8))


@pytest.mark.parametrize("bits", [8, 10])
def test_dimmed_is_a_quarter(bits: int) -> None:
    top = 1 << bits
    assert np.array_equal(words.dimmed(grey(np.arange(top), bits), bits), grey(np.arange(top) // 4, bits))


@pytest.mark.parametrize("bits", [8, 10])
def test_blend(bits: int) -> None:
    out = grey(np.array([0, 0, 0, 100]), bits)
    image = np.zeros((1, 4, 4), np.uint8)
    image[0, :, 0] = 200
    image[0, :, 3] = (0, 255, 128, 0)
    words.blend(image, out, bits)
    full = 200 << (bits - 8)
    red = out[0] >> np.uint32(2 * bits)
    assert red.tolist() == [0, full, (full * 128 + 127) // 255, 100]
    assert out[0, 1] == words.word((200, 0, 0), bits)
    assert (out[0, :3] & np.uint32((1 << 2 * bits) - 1) == 0).all()
