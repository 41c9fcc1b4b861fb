from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.raw import RawDecoder, RawEncoder
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.wire.types import PixelFormat, Rect, canonical_format
from tests.rfb_ext.codecs.pictures import context, empty, picture, pictures, with_gaps


@given(pictures())
def test_every_picture_comes_back(case):
    pixels, depth = case
    rect = Rect(3, 4, pixels.shape[1], pixels.shape[0])
    payload = RawEncoder(context(depth)).encode(with_gaps(pixels), rect)
    assert payload == pixels.astype("<u4").tobytes()
    out = empty(rect)
    RawDecoder(context(depth)).decode(payload, rect, out)
    assert np.array_equal(out, pixels)


def test_a_viewer_with_its_own_format_gets_that():
    wide = PixelFormat(32, 24, True, True, 255, 255, 255, 0, 8, 16)
    pixels = picture("colour noise", 5, 3, 8)
    payload = RawEncoder(CodecContext(8, wide)).encode(pixels, Rect(0, 0, 5, 3))
    first = int(pixels[0, 0])
    assert payload[:4] == bytes([0, first & 255, first >> 8 & 255, first >> 16])
    out = empty(Rect(0, 0, 5, 3))
    RawDecoder(CodecContext(8, wide)).decode(payload, Rect(0, 0, 5, 3), out)
    assert np.array_equal(out, pixels)


@pytest.mark.parametrize("length", [0, 59, 61])
def test_another_length_is_refused(length):
    with pytest.raises(DecodeError):
        RawDecoder(context(8)).decode(bytes(length), Rect(0, 0, 5, 3), empty(Rect(0, 0, 5, 3)))


def test_bits_outside_the_pixel_never_reach_the_framebuffer():
    out = empty(Rect(0, 0, 1, 1))
    RawDecoder(context(8)).decode(b"\x01\x02\x03\xff", Rect(0, 0, 1, 1), out)
    assert out[0, 0] == 0x030201
    RawDecoder(context(10)).decode(b"\xff\xff\xff\xff", Rect(0, 0, 1, 1), out)
    assert out[0, 0] == (1 << 30) - 1


def test_a_shape_that_is_not_the_rectangle_is_refused():
    pixels = picture("ramp", 4, 4, 8)
    with pytest.raises(EncodeError):
        RawEncoder(context(8)).encode(pixels, Rect(0, 0, 4, 5))
    with pytest.raises(DecodeError):
        RawDecoder(CodecContext(8, canonical_format(8))).decode(bytes(80), Rect(0, 0, 4, 5), pixels)
