from __future__ import annotations

import numpy as np
import pytest

from rfb_ext.codecs.cursor import (
    cursor_from_alpha_rectangle,
    cursor_from_rectangle,
    cursor_rectangle,
    cursor_with_alpha_rectangle,
)
from rfb_ext.errors import DecodeError
from rfb_ext.frame.frames import Cursor
from rfb_ext.wire.rectangles import CursorRectangle
from rfb_ext.wire.types import CANONICAL_8, CANONICAL_10, PixelFormat

SIZES = [(0, 0), (1, 1), (8, 8), (9, 3), (17, 24), (256, 256)]
BIG_ENDIAN = PixelFormat(32, 24, True, True, 255, 255, 255, 0, 8, 16)


def premultiplied(width, height, seed=1):
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (height, width, 4)).astype(np.uint8)
    rgba[:, :, :3] = rgba[:, :, :3].astype(int) * rgba[:, :, 3:] // 255
    return rgba


def masked(width, height):
    """Every pixel opaque, or transparent black."""
    rgba = premultiplied(width, height)
    rgba[:, :, 3] = np.where(rgba[:, :, 3] > 99, 255, 0)
    rgba[rgba[:, :, 3] == 0] = 0
    return rgba


@pytest.mark.parametrize("size", SIZES)
def test_with_alpha_nothing_is_lost(size):
    rgba = premultiplied(*size)
    rectangle = cursor_with_alpha_rectangle(Cursor(rgba, 3, 2))
    assert rectangle.rgba == rgba.tobytes()
    cursor = cursor_from_alpha_rectangle(rectangle)
    assert np.array_equal(cursor.rgba, rgba)
    assert (cursor.hot_x, cursor.hot_y) == (3, 2)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pixel_format", [CANONICAL_8, CANONICAL_10, BIG_ENDIAN])
def test_with_a_mask_opaque_pixels_come_back(size, pixel_format):
    rgba = masked(*size)
    rectangle = cursor_rectangle(Cursor(rgba, 0, 0), pixel_format)
    assert len(rectangle.mask) == (size[0] + 7) // 8 * size[1]
    assert np.array_equal(cursor_from_rectangle(rectangle, pixel_format).rgba, rgba)


def test_the_mask_is_most_significant_bit_first():
    rgba = np.zeros((2, 9, 4), np.uint8)
    rgba[0, 0] = rgba[0, 8] = rgba[1, 1] = (1, 2, 3, 255)
    rectangle = cursor_rectangle(Cursor(rgba, 0, 0), CANONICAL_8)
    assert rectangle.mask == bytes([0x80, 0x80, 0x40, 0])
    assert rectangle.pixels[:4] == bytes([3, 2, 1, 0])


def test_with_a_mask_translucent_pixels_keep_their_own_colour_or_vanish():
    rgba = np.array([[[100, 50, 0, 200], [60, 60, 60, 127], [255, 255, 255, 128]]], np.uint8)
    cursor = cursor_from_rectangle(cursor_rectangle(Cursor(rgba, 0, 0), CANONICAL_8), CANONICAL_8)
    assert cursor.rgba.tolist() == [[[128, 64, 0, 255], [0, 0, 0, 0], [255, 255, 255, 255]]]


def test_pixels_of_another_format_are_refused():
    rectangle = CursorRectangle(0, 0, 2, 1, bytes(4), bytes(1))
    with pytest.raises(DecodeError):
        cursor_from_rectangle(rectangle, CANONICAL_8)


def test_a_cursor_that_is_too_large_is_refused():
    with pytest.raises(ValueError):
        cursor_with_alpha_rectangle(Cursor(np.zeros((257, 1, 4), np.uint8), 0, 0))
