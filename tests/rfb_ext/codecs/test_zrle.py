from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest

from rfb_ext.codecs.zrle import ZrleDecoder, ZrleEncoder
from rfb_ext.errors import DecodeError
from rfb_ext.wire.types import Rect
from tests.rfb_ext.codecs import references
from tests.rfb_ext.codecs.pictures import empty, picture
from tests.rfb_ext.codecs.viewers import numbers, screen, viewer

CONTEXT = viewer("canonical 8", 8)


def payload(tiles):
    stream = zlib.compressobj()
    deflated = stream.compress(tiles) + stream.flush(zlib.Z_SYNC_FLUSH)
    return len(deflated).to_bytes(4, "big") + deflated


def decoded(data, w, h, context=CONTEXT):
    out = empty(Rect(0, 0, w, h))
    ZrleDecoder(context).decode(data, Rect(0, 0, w, h), out)
    return out


def tiles(pixels, context=CONTEXT):
    h, w = pixels.shape
    return zlib.decompressobj().decompress(ZrleEncoder(context).encode(pixels, Rect(0, 0, w, h))[4:])


def scattered(colours, w, h):
    return np.random.default_rng(colours).integers(0, colours, (h, w), dtype=np.uint32) * np.uint32(70001)


def test_a_cpixel_is_the_lower_or_the_upper_three_bytes():
    pixels = np.full((2, 2), 0x123456, np.uint32)
    for name, data in {
        "canonical 8": "01 56 34 12",
        "888 big": "01 12 34 56",
        "bgr 888": "01 12 34 56",
        "888 upper bytes": "01 56 34 12",
        "888 upper bytes big": "01 12 34 56",
        "888 depth 32": "01 56 34 12 00",
        "565": "01 aa 11",
        "565 in 32": "01 aa 11 00",
        "565 in 32 upper big": "01 11 aa 00",
    }.items():
        assert tiles(pixels, viewer(name, 8)) == bytes.fromhex(data), name


def test_every_way_is_chosen_somewhere_and_the_reference_agrees():
    second, encoder = references.Zrle(), ZrleEncoder(CONTEXT)
    for colours in (1, 2, 3, 5, 16, 17, 127, 128):
        for run in (1, 5, 60):
            pixels = screen(70, 130, 8, colours, run, colours)
            data = encoder.encode(pixels, Rect(0, 0, 70, 130))
            assert second.decode(data, 70, 130, CONTEXT.pixel_format) == numbers(pixels, CONTEXT)
            assert np.array_equal(decoded(payload(tiles(pixels)), 70, 130), pixels)
    for colours in (2, 3, 4, 5, 16):
        pixels = scattered(colours, 67, 70)
        data = encoder.encode(pixels, Rect(0, 0, 67, 70))
        assert second.decode(data, 67, 70, CONTEXT.pixel_format) == numbers(pixels, CONTEXT)
        assert np.array_equal(decoded(payload(tiles(pixels)), 67, 70), pixels)
    noise = picture("colour noise", 64, 64, 8)
    assert second.decode(encoder.encode(noise, Rect(0, 0, 64, 64)), 64, 64, CONTEXT.pixel_format)
    # more colours than a palette takes, in runs that pay
    many = np.repeat(np.arange(1024, dtype=np.uint32), 4).reshape(64, 64)
    data = encoder.encode(many, Rect(0, 0, 64, 64))
    assert second.decode(data, 64, 64, CONTEXT.pixel_format) == numbers(many, CONTEXT)
    assert {0, 1, 2, 3, 4, 5, 16, 128} <= second.ways
    assert any(way >= 130 for way in second.ways)
    assert all(way <= 16 or way == 128 or way >= 130 for way in second.ways)


def test_the_shortest_way_is_chosen():
    assert len(tiles(scattered(16, 64, 64))) == 1 + 16 * 3 + 32 * 64
    assert len(tiles(picture("colour noise", 64, 64, 8))) == 1 + 3 * 64 * 64
    halves = np.repeat(np.arange(2, dtype=np.uint32), 2048).reshape(64, 64)
    assert len(tiles(halves)) == 1 + 2 * (3 + 9)
    bands = np.repeat(np.arange(16, dtype=np.uint32) % 2, 256).reshape(64, 64)
    assert len(tiles(bands)) == 1 + 2 * 3 + 16 * (1 + 2)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"\x11" + bytes(200), "subencoding 17"),
        (b"\x7f" + bytes(400), "subencoding 127"),
        (b"\x81" + bytes(200), "subencoding 129"),
        (b"\x03" + bytes(9) + b"\xff" * 10, "beyond the 3"),
        (b"\x82" + bytes(6) + b"\x02" * 25, "beyond the 2"),
        (b"\x82" + bytes(6) + b"\x80\x19", "beyond its tile"),
        (b"\x80" + bytes(3) + b"\x19", "beyond its tile"),
        (b"\x80" + bytes(3) + b"\x17", "ends|beyond|end "),
        (b"\x00" + bytes(74), "before the last tile"),
        (b"", "before the last tile"),
        (b"\x00" + bytes(76), "left over"),
        (b"\x01" + bytes(4), "left over"),
    ],
)
def test_hostile(data, match):
    with pytest.raises(DecodeError, match=match):
        decoded(payload(data), 5, 5)


def test_rows_that_need_filling_up_are_not_packed():
    """vncdotool 1.4 reads them wrongly; 3 colours take a byte or two a pixel then."""
    assert len(tiles(scattered(3, 8, 64))) == 1 + 3 * 3 + 2 * 64
    assert tiles(scattered(3, 7, 64))[0] >= 128


def test_all_that_the_text_allows_and_we_do_not_send():
    # a palette larger than needed, a run of one written as a run, runs of one in plain runs
    assert (decoded(payload(b"\xff" + b"\1\0\0" * 127 + b"\xfe\0" * 25), 5, 5) == 1).all()
    assert (decoded(payload(b"\x80" + b"\1\0\0\0" * 25), 5, 5) == 1).all()
    assert (decoded(payload(b"\x10" + b"\1\0\0" * 16 + b"\xff\xff\xf0" * 5), 5, 5) == 1).all()
    assert (decoded(payload(b"\x03" + b"\1\0\0" * 3 + b"\x55\x40" * 5), 5, 5) == 1).all()
    assert (decoded(payload(b"\x02" + b"\1\0\0" * 2 + b"\xa8" * 5), 5, 5) == 1).all()


def test_a_bomb_bursts_without_taking_memory():
    data, out, decoder = payload(bytes(64 << 20)), empty(Rect(0, 0, 20, 20)), ZrleDecoder(CONTEXT)
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError, match="more than"):
            decoder.decode(data, Rect(0, 0, 20, 20), out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
