from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given

from rfb_ext.codecs import h264
from rfb_ext.codecs.h264 import CONTEXTS, H264Decoder, H264Encoder
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.wire.types import Rect
from tests.rfb_ext.codecs.pictures import context, empty, picture, pictures, with_gaps

RESET = 4
"""Where the flags stand in a payload."""


def pair(depth=8):
    return H264Encoder(context(depth)), H264Decoder(context(depth))


def decode(decoder, payload, rect):
    out = empty(rect)
    decoder.decode(payload, rect, out)
    return out


SIZES = [(1, 1), (1, 7), (9, 1), (3, 5), (16, 16), (17, 15), (65, 63), (130, 66)]


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["grey noise", "soft colour", "lines", "flat"])
def test_pictures_that_follow_each_other_come_back(kind, size, depth):
    encoder, decoder = pair(depth)
    rect = Rect(11, 7, *size)
    for number in range(4):
        pixels = picture(kind, *size, depth, number * 7)
        source = with_gaps(pixels)
        source.flags.writeable = False
        payload = encoder.encode(source, rect)
        assert (payload[RESET] == 1) == (number == 0)
        assert struct.unpack_from(">I", payload) == (len(payload) - 4,)
        assert len(payload) - 4 <= 4 * rect.area + 4096
        assert np.array_equal(decode(decoder, payload, rect), pixels)


@given(pictures(80, 80), pictures(80, 80))
def test_any_two_pictures_of_one_context(first, second):
    pixels, depth = first
    encoder, decoder = pair(depth)
    h, w = pixels.shape
    top = np.uint32((1 << 3 * depth) - 1)
    other = np.resize(second[0] & top, (h, w)).astype(np.uint32)
    rect = Rect(0, 0, w, h)
    for shown in (pixels, other, pixels):
        try:
            payload = encoder.encode(shown, rect)
        except EncodeError as error:
            # colour noise: longer than Raw; the next picture of this rectangle starts anew
            assert "more bytes than Raw" in str(error)  # noqa: PT017
            continue
        assert np.array_equal(decode(decoder, payload, rect), shown)


def test_grey_and_colour_change_places_by_a_reset():
    encoder, decoder = pair()
    rect = Rect(0, 0, 40, 30)
    seen = []
    for kind in ("ramp", "ramp", "soft colour", "soft colour", "ramp"):
        pixels = picture(kind, 40, 30, 8)
        payload = encoder.encode(pixels, rect)
        seen.append((payload[4], payload[5]))
        assert np.array_equal(decode(decoder, payload, rect), pixels)
    assert seen == [(1, 0), (0, 0), (1, 1), (0, 1), (1, 0)]


def test_after_a_picture_that_could_not_be_sent_the_context_starts_anew():
    encoder, decoder = pair(10)
    rect, soft = Rect(0, 0, 64, 64), picture("soft colour", 64, 64, 10)
    decode(decoder, encoder.encode(soft, rect), rect)
    with pytest.raises(EncodeError, match="more bytes than Raw"):
        encoder.encode(picture("colour noise", 64, 64, 10), rect)
    payload = encoder.encode(soft, rect)
    assert payload[RESET] == 1
    assert np.array_equal(decode(decoder, payload, rect), soft)


def test_both_sides_forget_the_context_used_longest_ago():
    encoder, decoder = pair()
    rects = [Rect(16 * i, 0, 16, 16) for i in range(CONTEXTS + 1)]
    pixels = picture("ramp", 16, 16, 8)
    for rect in rects[:CONTEXTS]:
        assert encoder.encode(pixels, rect)[RESET] == 1
    assert encoder.encode(pixels, rects[0])[RESET] == 0  # used again: now rects[1] is the oldest
    assert encoder.encode(pixels, rects[CONTEXTS])[RESET] == 1
    assert encoder.encode(pixels, rects[0])[RESET] == 0
    assert encoder.encode(pixels, rects[1])[RESET] == 1

    # the decoder, given streams of encoders that never forget
    streams = {rect: H264Encoder(context(8)) for rect in rects}

    def show(rect):
        return decode(decoder, streams[rect].encode(pixels, rect), rect)

    for rect in (*rects[:CONTEXTS], rects[0], rects[CONTEXTS], rects[0]):
        assert np.array_equal(show(rect), pixels)
    with pytest.raises(DecodeError, match="no context"):
        show(rects[1])
    assert np.array_equal(show(rects[2]), pixels)


def test_encoder_and_decoder_agree_over_a_long_walk():
    encoder, decoder = pair()
    order = np.random.default_rng(3).integers(0, 12, 200)
    resets = 0
    for number, place in enumerate(order):
        rect = Rect(int(place), 0, 16, 16)
        pixels = picture("ramp", 16, 16, 8, number)
        payload = encoder.encode(pixels, rect)
        resets += payload[RESET]
        assert np.array_equal(decode(decoder, payload, rect), pixels)
    assert 12 < resets < 150


RECT = Rect(0, 0, 48, 32)


def stream(kind="ramp", depth=8, rect=RECT, count=2):
    encoder = H264Encoder(context(depth))
    return [encoder.encode(picture(kind, rect.w, rect.h, depth, i), rect) for i in range(count)]


def wrapped(unit, flags=1, kind=0, depth=8, zero=0):
    return struct.pack(">I4B", 4 + len(unit), flags, kind, depth, zero) + unit


def test_hostile_payloads_are_refused():
    first, second = stream()
    unit, next_unit = first[8:], second[8:]
    cases = {
        "no context": second,
        "unknown flag": wrapped(unit, flags=3),
        "unknown picture": wrapped(unit, kind=2),
        "other depth": wrapped(unit, depth=10),
        "last byte": wrapped(unit, zero=1),
        "grey sent as colour": wrapped(unit, kind=1),
        "depth not that of the stream": wrapped(stream(depth=10)[0][8:]),
        "colour sent as grey": wrapped(stream("soft colour")[0][8:]),
        "empty": wrapped(b""),
        "no start code": wrapped(b"\1\2\3\4\5"),
        "a slice without its parameters": wrapped(next_unit),
        "parameters without a slice": wrapped(unit[: unit.rindex(b"\0\0\1")]),
        "two access units": wrapped(unit + next_unit),
        "the same access unit twice": wrapped(unit + unit),
        "the same slice twice": wrapped(unit + unit[unit.rindex(b"\0\0\1") :]),
        "many units": wrapped(b"\0\0\1\x09\xf0" * 30 + unit),
        "partitioned slice": wrapped(unit + b"\0\0\1\x02\xff"),
        "too large": wrapped(stream(rect=Rect(0, 0, 200, 200), count=1)[0][8:]),
        "too wide": wrapped(stream(rect=Rect(0, 0, 48 + 65, 32), count=1)[0][8:]),
        "too high": wrapped(stream(rect=Rect(0, 0, 48, 32 + 65), count=1)[0][8:]),
        "too small": wrapped(stream(rect=Rect(0, 0, 47, 32), count=1)[0][8:]),
        "half": wrapped(unit[: len(unit) // 2]),
        "length": first + b"\0",
    }
    for name, payload in cases.items():
        decoder = H264Decoder(context(8))
        with pytest.raises(DecodeError):
            print(name, decode(decoder, payload, RECT))  # the name stands in the report if it was taken
        # and the decoder is as good as new
        assert np.array_equal(decode(decoder, first, RECT), picture("ramp", 48, 32, 8)), name


def test_a_picture_of_two_slices_is_refused(monkeypatch):
    monkeypatch.setattr(h264, "X264", h264.X264.replace("slices=1", "slices=2"))
    (payload,) = stream(rect=Rect(0, 0, 48, 128), count=1)
    with pytest.raises(DecodeError, match="one slice"):
        decode(H264Decoder(context(8)), payload, Rect(0, 0, 48, 128))


def test_every_shorter_payload_is_refused():
    first = stream()[0]
    for cut in range(0, len(first), 7):
        with pytest.raises(DecodeError):
            decode(H264Decoder(context(8)), first[:cut], RECT)


def test_a_failure_forgets_the_context():
    first, second = stream()
    decoder = H264Decoder(context(8))
    decode(decoder, first, RECT)
    with pytest.raises(DecodeError):
        decode(decoder, wrapped(second[8:] + b"\0\0\1\x02\xff", flags=0), RECT)
    with pytest.raises(DecodeError, match="no context"):
        decode(decoder, second, RECT)


def test_a_larger_picture_is_cut():
    large = picture("ramp", 48 + 64, 32 + 64, 8)
    payload = H264Encoder(context(8)).encode(large, Rect(0, 0, 48 + 64, 32 + 64))
    assert np.array_equal(decode(H264Decoder(context(8)), payload, RECT), large[:32, :48])


@pytest.mark.parametrize("rect", [Rect(0, 0, 16384, 16384), Rect(0, 0, 0, 0)])
def test_impossible_rectangles_are_refused_before_anything_is_opened(rect):
    pixels = np.broadcast_to(np.uint32(0), (rect.h, rect.w))
    with pytest.raises(EncodeError):
        H264Encoder(context(8)).encode(pixels, rect)
    with pytest.raises(DecodeError):
        H264Decoder(context(8)).decode(stream()[0], rect, pixels)


def test_flipped_bits_never_crash_and_print_nothing(capfd):
    rng = np.random.default_rng(8)
    refused = wrong = 0
    for kind, depth in (("ramp", 8), ("soft colour", 10)):
        first, second = stream(kind, depth)
        for _ in range(60):
            decoder = H264Decoder(context(depth))
            damaged = [bytearray(first), bytearray(second)]
            target = damaged[int(rng.integers(0, 2))]
            target[int(rng.integers(8, len(target)))] ^= 1 << int(rng.integers(0, 8))
            try:
                for number, payload in enumerate(damaged):
                    out = decode(decoder, bytes(payload), RECT)
                    wrong += not np.array_equal(out, picture(kind, 48, 32, depth, number))
            except DecodeError:
                refused += 1
    # both happen: that a decoder raised nothing proves nothing
    assert refused > 0
    assert wrong > 0
    assert capfd.readouterr() == ("", "")
