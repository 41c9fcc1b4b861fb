"""Garbage and damaged payloads: a decoder raises DecodeError or writes inside its rectangle, nothing else.

How many examples: the profile in force (`scripts/fuzz` for long runs).
"""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.codecs.registry import CODECS
from rfb_ext.errors import DecodeError
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.types import Rect
from tests.rfb_ext.codecs.pictures import context, empty, picture

RECT = Rect(5, 6, 19, 21)
DEPTHS = st.sampled_from((8, 10))
every_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


def feed(decoder, payload, depth):
    """Decodes; True if it was taken. Whatever happens, nothing beyond the rectangle may change."""
    out = empty(RECT)
    around = out.base
    try:
        decoder.decode(payload, RECT, out)
        assert int(out.max()) < 1 << 3 * depth, "a pixel that is not canonical"
        return True
    except DecodeError:
        return False
    finally:
        frame = np.concatenate([around[0], around[-1], around[:, 0], around[:, 1], around[:, -1]])
        assert (frame == 0xDEADBEEF).all()


def headed(codec, rest, depth):
    """Garbage that gets past the header."""
    if codec.encoding == Encoding.PLANES:
        return struct.pack(">I8BI", 12 + len(rest), 1, 1, depth, 0, 1, 1, 0, 0, len(rest)) + rest
    if codec.encoding == Encoding.H264_LOSSLESS:
        return struct.pack(">I4B", 4 + len(rest), 1, 0, depth, 0) + rest
    return rest


@every_codec
@given(data=st.data(), depth=DEPTHS)
def test_garbage(codec, data, depth):
    decoder = codec.new_decoder(context(depth))
    for payload in data.draw(st.lists(st.binary(max_size=200), min_size=1, max_size=3)):
        feed(decoder, payload, depth)
        feed(decoder, headed(codec, payload, depth), depth)
        feed(decoder, headed(codec, b"\x28\xb5\x2f\xfd" + payload, depth), depth)
        feed(decoder, headed(codec, b"\0\0\1\x67" + payload, depth), depth)
    decoder.close()


@every_codec
@given(
    depth=DEPTHS,
    kind=st.sampled_from(("ramp", "soft colour", "lines")),
    which=st.integers(0, 2),
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 7)), min_size=1, max_size=4),
    cut=st.integers(0, 1 << 20) | st.none(),
)
def test_flipped_bits_and_cuts(codec, depth, kind, which, flips, cut):
    encoder, decoder = codec.new_encoder(context(depth)), codec.new_decoder(context(depth))
    for number in range(3):
        payload = bytearray(encoder.encode(picture(kind, RECT.w, RECT.h, depth, number), RECT))
        if number == which:
            for at, bit in flips:
                payload[at % len(payload)] ^= 1 << bit
            if cut is not None:
                del payload[cut % len(payload) :]
        feed(decoder, bytes(payload), depth)
    encoder.close()
    decoder.close()


@every_codec
@given(depth=DEPTHS, data=st.data())
def test_payloads_of_other_rectangles_and_out_of_order(codec, depth, data):
    """A payload that ended at the wrong place, or came twice, or never."""
    encoder, decoder = codec.new_encoder(context(depth)), codec.new_decoder(context(depth))
    sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
    for number in range(4):
        width, height = data.draw(st.just((RECT.w, RECT.h)) | sizes)
        payload = encoder.encode(picture("ramp", width, height, depth, number), Rect(0, 0, width, height))
        for _ in range(data.draw(st.integers(0, 2))):
            feed(decoder, payload, depth)
    encoder.close()
    decoder.close()
