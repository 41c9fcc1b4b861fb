from __future__ import annotations

import numpy as np
import pytest

from rfb_ext.codecs.rre import RreDecoder, RreEncoder
from rfb_ext.errors import DecodeError
from rfb_ext.wire.types import Rect
from tests.rfb_ext.codecs.pictures import empty
from tests.rfb_ext.codecs.viewers import viewer

CONTEXT = viewer("canonical 8", 8)


def decoded(payload, w, h):
    out = empty(Rect(0, 0, w, h))
    RreDecoder(CONTEXT).decode(payload, Rect(0, 0, w, h), out)
    return out


def test_bytes():
    pixels = np.full((3, 5), 9, np.uint32)
    pixels[1, 2:4] = 7
    payload = RreEncoder(CONTEXT).encode(pixels, Rect(0, 0, 5, 3))
    assert payload == bytes.fromhex("00000001 09000000 07000000 0002 0001 0002 0001")
    assert np.array_equal(decoded(payload, 5, 3), pixels)


def test_later_subrectangles_lie_above():
    payload = bytes.fromhex("00000002 01000000 02000000 0000000000020002 03000000 0001000100010001")
    assert decoded(payload, 3, 2).tolist() == [[2, 2, 1], [2, 3, 1]]


@pytest.mark.parametrize("place", ["0003 0000 0003 0001", "0000 0002 0001 0002", "ffff 0000 ffff 0001"])
def test_outside(place):
    with pytest.raises(DecodeError, match="outside"):
        decoded(bytes.fromhex("00000001 01000000 02000000" + place), 5, 3)


def test_more_subrectangles_than_pixels():
    with pytest.raises(DecodeError, match="do not fit"):
        decoded(bytes.fromhex("00000002 01000000") + bytes(24), 1, 1)


def test_painting_without_end_is_refused_before_it_begins():
    one = bytes.fromhex("02000000 0000 0000 2000 2000")
    with pytest.raises(DecodeError, match="again"):
        decoded((1 << 20).to_bytes(4, "big") + bytes(4) + one * (1 << 20), 8192, 8192)
