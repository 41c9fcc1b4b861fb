from __future__ import annotations

import numpy as np
import pytest

from rfb_ext.codecs.hextile import HextileDecoder, HextileEncoder
from rfb_ext.errors import DecodeError
from rfb_ext.wire.types import Rect
from tests.rfb_ext.codecs.pictures import empty, picture
from tests.rfb_ext.codecs.viewers import viewer

CONTEXT = viewer("332", 8)
"""One byte a pixel keeps the vectors readable."""
WIDE = viewer("canonical 8", 8)


def encoded(pixels, context=WIDE):
    return HextileEncoder(context).encode(pixels, Rect(0, 0, pixels.shape[1], pixels.shape[0]))


def decoded(payload, w, h):
    """As numbers of the format: 0xE0 red, 0x1C green, 0x03 blue."""
    out = empty(Rect(0, 0, w, h))
    HextileDecoder(CONTEXT).decode(payload, Rect(0, 0, w, h), out)
    return (out >> 16 & 0xE0 | out >> 11 & 0x1C | out >> 6 & 3).tolist()


def test_background_is_said_once_and_again_after_a_raw_tile():
    pixels = np.full((16, 64), 7, np.uint32)
    assert encoded(pixels) == bytes.fromhex("02 07000000 00 00 00")
    pixels[:, 16:32] = picture("colour noise", 16, 16, 8)
    assert encoded(pixels)[:6] == bytes.fromhex("02 07000000 01")
    assert encoded(pixels)[6 + 1024 :] == bytes.fromhex("02 07000000 00")


def test_two_colours_need_two_bytes_a_subrectangle():
    pixels = np.zeros((16, 20), np.uint32)
    pixels[3, 2:9] = 0xFF
    pixels[5:12, 17] = 0xAB  # upright: one, not seven
    expected = "0e 00000000 ff000000 01 2360" + "0c ab000000 01 1506"
    assert encoded(pixels) == bytes.fromhex(expected)


def test_more_colours_bring_their_own():
    pixels = np.zeros((16, 16), np.uint32)
    pixels[0, 0], pixels[15, 15] = 1, 2
    assert encoded(pixels) == bytes.fromhex("1a 00000000 02 01000000 0000 02000000 ff00")


def test_foreground_and_background_hold_from_tile_to_tile():
    payload = bytes.fromhex("0e e0 1c 01 00ff" + "08 01 1000" + "18 01 03 2000" + "08 01 3000" + "00")
    rows = decoded(payload, 80, 16)
    assert rows[0][:16] == [0x1C] * 16
    assert rows[0][16:33] == [0xE0, 0x1C] + [0xE0] * 15
    assert rows[0][33:36] == [0xE0, 3, 0xE0]
    assert rows[0][48:52] == [0xE0, 0xE0, 0xE0, 0x1C]
    assert {pixel for row in rows for pixel in row[64:]} == {0xE0}


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        ("00", "background"),
        ("0a 00 01 0000", "foreground"),
        ("1a 00 01 03 50 00", "outside"),
        ("1a 00 01 03 40 10", "outside"),
        ("1a 00 01 03 03 02", "outside"),
        ("20", "subencoding 32"),
        ("80", "subencoding 128"),
        ("1a 00 02 03 0000", "before the last tile"),
        ("01 0000", "before the last tile"),
        ("02 00 00", "left over"),
        ("", "before the last tile"),
    ],
)
def test_hostile(payload, match):
    with pytest.raises(DecodeError, match=match):
        decoded(bytes.fromhex(payload), 5, 5)


def test_a_raw_tile_ignores_its_other_bits():
    assert decoded(b"\x1f" + bytes([0x1C]) * 25, 5, 5) == [[0x1C] * 5] * 5
