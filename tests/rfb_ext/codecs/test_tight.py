from __future__ import annotations

import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.codecs.streams import Streams
from rfb_ext.codecs.tight import TightDecoder, TightEncoder, tight_pieces
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.frame.convert import pack_pixels
from rfb_ext.wire.numbers import MAX_TIGHT_DATA
from rfb_ext.wire.types import Rect
from tests.rfb_ext.codecs import references
from tests.rfb_ext.codecs.pictures import empty, grey, picture
from tests.rfb_ext.codecs.viewers import FORMATS, numbers, screen, viewer

CONTEXT = viewer("canonical 8", 8)


def encoded(pixels, context=CONTEXT):
    return TightEncoder(context).encode(pixels, Rect(0, 0, pixels.shape[1], pixels.shape[0]))


def decoded(payload, w, h, context=CONTEXT, decoder=None):
    out = empty(Rect(0, 0, w, h))
    (decoder or TightDecoder(context)).decode(payload, Rect(0, 0, w, h), out)
    return out


def compact(length):
    """rfbproto: 10000 is 0x90 0x4E."""
    if length < 128:
        return bytes([length])
    if length < 16384:
        return bytes([length % 128 | 128, length // 128])
    return bytes([length % 128 | 128, length // 128 % 128 | 128, length // 16384])


def basic(control, data, start=b"", stream=None):
    stream = stream or zlib.compressobj(9)
    deflated = stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    return bytes([control]) + start + compact(len(deflated)) + deflated


def test_one_colour_is_a_fill_of_four_bytes():
    pixels = np.full((30, 40), 0x123456, np.uint32)
    assert encoded(pixels) == bytes.fromhex("80 12 34 56")
    assert encoded(pixels, viewer("bgr 888", 8)) == bytes.fromhex("80 12 34 56")
    assert encoded(pixels, viewer("565 big", 8)) == bytes.fromhex("80 11 aa")
    assert encoded(pixels, viewer("888 depth 32", 8)) == bytes.fromhex("80 56 34 12 00")
    assert (decoded(bytes.fromhex("80 12 34 56"), 40, 30) == 0x123456).all()


def test_less_than_12_bytes_travel_as_they_are():
    pixels = np.array([[1, 2, 3]], np.uint32)
    assert encoded(pixels) == bytes.fromhex("00 000001 000002 000003")
    lines = np.array([[1] * 8 + [2] * 8] * 5, np.uint32)
    assert encoded(lines) == bytes.fromhex("50 01 01 000001 000002" + "00ff" * 5)
    assert np.array_equal(decoded(encoded(lines), 16, 5), lines)


@pytest.mark.parametrize(
    ("pixels", "control", "start"),
    [
        (picture("colour noise", 40, 40, 8), 0x01, ""),
        (screen(60, 60, 8, 2, 3, 1), 0x52, "0101"),
        (screen(60, 60, 8, 3, 3, 1), 0x64, "0102"),
        (grey(picture("ramp", 64, 64, 8) & np.uint32(255), 8), 0x64, "01ff"),
    ],
)
def test_what_is_chosen_and_that_each_stream_starts_anew_once(pixels, control, start):
    encoder, rect = TightEncoder(CONTEXT), Rect(0, 0, pixels.shape[1], pixels.shape[0])
    begin = bytes.fromhex(start)
    first, second = encoder.encode(pixels, rect), encoder.encode(pixels, rect)
    assert first[: 1 + len(begin)] == bytes([control]) + begin
    assert second[: 1 + len(begin)] == bytes([control & 0xF0]) + begin


def test_all_ways_are_used_and_the_reference_agrees():
    second = references.Tight()
    encoder = TightEncoder(CONTEXT)
    for colours in (1, 2, 3, 256, 257):
        pixels = screen(90, 90, 8, colours, 2, colours)
        payload = encoder.encode(pixels, Rect(0, 0, 90, 90))
        assert second.decode(payload, 90, 90, CONTEXT.pixel_format) == numbers(pixels, CONTEXT)
    pixels = picture("colour noise", 90, 90, 8)
    payload = encoder.encode(pixels, Rect(0, 0, 90, 90))
    assert second.decode(payload, 90, 90, CONTEXT.pixel_format) == numbers(pixels, CONTEXT)
    assert second.ways == {"fill", "palette of 1", "palette of 8", "copy"}


@pytest.mark.parametrize("length", [1, 127, 128, 10000, 16383, 16384, 4194303])
def test_compact_lengths(length):
    from rfb_ext.codecs.tight import _compact_length, _Reader

    assert _compact_length(length) == compact(length)
    assert compact(10000) == b"\x90\x4e"
    if length <= 20000:
        assert len(_Reader(compact(length) + bytes(length)).rest_by_length()) == length


def test_another_encoder_may_reset_any_stream_at_any_time():
    decoder = TightDecoder(CONTEXT)
    pixels = picture("colour noise", 9, 9, 8)
    data = pack_pixels(pixels, 8, FORMATS["888 big"])
    data = b"".join(data[i + 1 : i + 4] for i in range(0, len(data), 4))
    for control in (0x00, 0x10, 0x3F, 0x2F, 0x12, 0x24, 0x01):
        assert np.array_equal(decoded(basic(control, data), 9, 9, decoder=decoder), pixels)
    with pytest.raises(DecodeError):  # a new stream that was not announced
        decoded(basic(0x00, data), 9, 9, decoder=decoder)
    with pytest.raises(DecodeError, match="broke"):
        decoded(basic(0x00, data), 9, 9, decoder=decoder)
    assert np.array_equal(decoded(basic(0x01, data), 9, 9, decoder=decoder), pixels)


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (b"\x90" + compact(3) + b"\xff\xd8\xff", "JPEG"),
        (b"\xa0" + compact(3) + b"\x89PN", "PNG"),
        (b"\xb0", "compression 11"),
        (b"\xf0", "compression 15"),
        (b"\x40\x03" + compact(0), "filter 3"),
        (basic(0x40, bytes(20), b"\1\0\0\0\0"), "palette of one"),
        (basic(0x40, b"\3" * 25, b"\1\2" + bytes(9)), "beyond"),
        (basic(0x00, bytes(74)), "74"),
        (basic(0x00, bytes(76)), "more than 75"),
        (b"\x00" + compact(5) + b"hello", "Tight 0"),
        (b"\x00" + compact(4194303) + bytes(9), "shorter"),
        (b"\x00\xff\xff\xff", "shorter"),
        (b"", "shorter"),
        (b"\x80\0\0\0\0", "left over"),
    ],
)
def test_hostile(payload, match):
    with pytest.raises(DecodeError, match=match):
        decoded(payload, 5, 5)


def test_a_stream_that_ends_is_refused():
    deflated = zlib.compress(bytes(75))
    with pytest.raises(DecodeError, match="ended"):
        decoded(b"\0" + compact(len(deflated)) + deflated, 5, 5)


def test_a_bomb_bursts_without_taking_memory():
    payload = basic(0, bytes(64 << 20))
    out, decoder = empty(Rect(0, 0, 20, 20)), TightDecoder(CONTEXT)
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError, match="more than 1200"):
            decoder.decode(payload, Rect(0, 0, 20, 20), out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


@given(st.integers(0, 3000), st.integers(0, 900), st.integers(1, 5000), st.integers(1, 3000))
def test_pieces_cover_a_rectangle_once(x, y, w, h):
    pieces = tight_pieces(Rect(x, y, w, h))
    assert sum(piece.area for piece in pieces) == w * h
    assert all(Rect(x, y, w, h).contains(piece) and piece for piece in pieces)
    assert len({(piece.x, piece.y) for piece in pieces}) == len(pieces)


def test_every_piece_can_be_carried_even_as_noise():
    piece = tight_pieces(Rect(0, 0, 4000, 3000))[0]
    pixels = picture("colour noise", piece.w, piece.h, 10)
    payload = encoded(pixels, viewer("bgr 101010", 10))
    assert len(payload) < MAX_TIGHT_DATA
    assert np.array_equal(decoded(payload, piece.w, piece.h, viewer("bgr 101010", 10)), pixels)


@pytest.mark.parametrize(("w", "h"), [(2049, 1), (2048, 1000)])
def test_what_tight_cannot_carry_is_refused(w, h):
    with pytest.raises(EncodeError, match="cut it"):
        encoded(np.zeros((h, w), np.uint32))


def test_no_wider_rectangle_is_decoded():
    with pytest.raises(DecodeError, match="2048"):
        decoded(b"\x80\0\0\0", 2049, 1)


def test_a_second_encoder_of_the_same_connection_goes_on():
    streams, decoder = Streams(), TightDecoder(CONTEXT)
    for seed in range(3):
        pixels = picture("colour noise", 30, 30, 8, seed)
        payload = TightEncoder(replace(CONTEXT, streams=streams)).encode(pixels, Rect(0, 0, 30, 30))
        assert np.array_equal(decoded(payload, 30, 30, decoder=decoder), pixels)
