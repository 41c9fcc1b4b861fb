from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest

from rfb_ext.codecs.zlib import ZlibDecoder, ZlibEncoder
from rfb_ext.errors import DecodeError
from rfb_ext.frame.convert import pack_pixels
from rfb_ext.wire.types import Rect
from tests.rfb_ext.codecs.pictures import empty, picture
from tests.rfb_ext.codecs.viewers import FORMATS, seen, viewer


def payload(data):
    stream = zlib.compressobj(9)
    deflated = stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    return len(deflated).to_bytes(4, "big") + deflated


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_raw_through_zlib(name):
    context, pixels, rect = viewer(name, 8), picture("soft colour", 20, 10, 8), Rect(0, 0, 20, 10)
    data = pack_pixels(pixels, 8, context.pixel_format)
    assert zlib.decompressobj().decompress(ZlibEncoder(context).encode(pixels, rect)[4:]) == data
    out = empty(rect)
    ZlibDecoder(context).decode(payload(data), rect, out)
    assert np.array_equal(out, seen(pixels, context))


@pytest.mark.parametrize("count", [0, 799, 801, 64 << 20])
def test_anything_but_the_pixels_is_refused_without_taking_memory(count):
    data, out, rect = payload(bytes(count)), empty(Rect(0, 0, 20, 10)), Rect(0, 0, 20, 10)
    decoder = ZlibDecoder(viewer("canonical 8", 8))
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError, match="inflates"):
            decoder.decode(data, rect, out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
