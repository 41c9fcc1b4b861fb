from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.copyrect import CopyRectDecoder, CopyRectEncoder, copy_payload
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.wire.types import CANONICAL_8, Rect
from tests.rfb_ext.codecs.pictures import picture

SIDE = 12


def decoder(framebuffer):
    def source(rect):
        if not Rect(0, 0, SIDE, SIDE).contains(rect):
            raise DecodeError("not there")
        return framebuffer[rect.y : rect.bottom, rect.x : rect.right]

    return CopyRectDecoder(CodecContext(8, CANONICAL_8, source=source))


@given(st.data())
def test_copies_also_over_itself(data):
    side = st.integers(1, SIDE)
    w, h = data.draw(side), data.draw(side)
    x, y, u, v = (data.draw(st.integers(0, SIDE - length)) for length in (w, h, w, h))
    before = picture("colour noise", SIDE, SIDE, 8)
    framebuffer = before.copy()
    to = Rect(x, y, w, h)
    out = framebuffer[y : y + h, x : x + w]
    decoder(framebuffer).decode(copy_payload(Rect(u, v, w, h)), to, out)
    expected = before.copy()
    for row in range(h):
        for column in range(w):
            expected[y + row, x + column] = before[v + row, u + column]
    assert np.array_equal(framebuffer, expected)


def test_bytes():
    assert copy_payload(Rect(0x102, 0x304, 5, 6)) == bytes.fromhex("0102 0304")


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        ("0009 0000", "not there"),
        ("0000 0009", "not there"),
        ("ffff 0000", "CopyRect"),
        ("0000 00", "no place"),
        ("0000 0000 00", "no place"),
        ("", "no place"),
    ],
)
def test_hostile(payload, match):
    framebuffer = picture("ramp", SIDE, SIDE, 8)
    with pytest.raises(DecodeError, match=match):
        decoder(framebuffer).decode(bytes.fromhex(payload), Rect(0, 0, 4, 4), framebuffer[:4, :4])


def test_a_source_that_gives_less_is_refused():
    short = CopyRectDecoder(CodecContext(8, CANONICAL_8, source=lambda rect: np.zeros((1, 4), np.uint32)))
    with pytest.raises(DecodeError, match="not within"):
        short.decode(bytes(4), Rect(0, 0, 4, 4), np.zeros((4, 4), np.uint32))


def test_without_a_framebuffer_nothing_is_copied_and_pixels_are_never_sent():
    pixels, rect = picture("ramp", 4, 4, 8), Rect(0, 0, 4, 4)
    with pytest.raises(DecodeError, match="no framebuffer"):
        CopyRectDecoder(CodecContext(8, CANONICAL_8)).decode(bytes(4), rect, pixels)
    with pytest.raises(EncodeError, match="place"):
        CopyRectEncoder(CodecContext(8, CANONICAL_8)).encode(pixels, rect)
