from __future__ import annotations

import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.codecs.gradient import undo_gradient
from rfb_ext.codecs.tight import TightDecoder
from rfb_ext.wire.types import CANONICAL_8, Rect
from tests.rfb_ext.codecs import references
from tests.rfb_ext.codecs.pictures import empty, picture
from tests.rfb_ext.codecs.viewers import FORMATS, numbers, seen, viewer


def _compressed(data):
    stream = zlib.compressobj()
    deflated = stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    assert len(deflated) < 16384
    return b"\x70\x02" + bytes([len(deflated) & 127 | 128, len(deflated) >> 7]) + deflated


@given(
    name=st.sampled_from(sorted(FORMATS)),
    w=st.integers(1, 23),
    h=st.integers(1, 17),
    seed=st.integers(0, 99),
    kind=st.sampled_from(("soft colour", "colour noise", "saturated", "ramp")),
)
def test_gradient(name, w, h, seed, kind):
    """We never send it: the sender here is the text's, in plain Python."""
    context = viewer(name, 8)
    pixels, f = picture(kind, w, h, 8, seed), context.pixel_format
    rows = numbers(pixels, context)
    references.ungradient(rows, f, -1)
    three = name == "canonical 8" or (f.bits_per_pixel == 32 and f.depth == 24)
    data = b""
    for word in (word for row in rows for word in row):
        if three:
            data += bytes(word >> s & 255 for s in (f.red_shift, f.green_shift, f.blue_shift))
        else:
            data += word.to_bytes(f.bits_per_pixel // 8, "big" if f.big_endian else "little")
    payload = b"\x70\x02" + data if len(data) < 12 else _compressed(data)
    out = empty(Rect(0, 0, w, h))
    TightDecoder(context).decode(payload, Rect(0, 0, w, h), out)
    assert np.array_equal(out, seen(pixels, context))


def test_the_prediction_is_cut_to_the_range():
    # 200 + 200 - 10 and 10 + 10 - 200 lie outside a byte
    words = np.array([[10, 190, 56], [190, 0, 0]], np.uint32)
    undo_gradient(words, CANONICAL_8)
    assert words.tolist() == [[10, 200, 0], [200, 255, 55]]
