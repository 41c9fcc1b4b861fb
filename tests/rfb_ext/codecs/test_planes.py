from __future__ import annotations

import struct
import tracemalloc

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.codecs.planes import PlanesDecoder, PlanesEncoder
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.wire.types import Rect
from tests.rfb_ext.codecs.pictures import KINDS, colour, context, empty, grey, picture, pictures, with_gaps


def reference_decode(payload, w, h):
    """PROTOCOL.md section 6 in plain lines, shared with nothing: rows of words."""
    _, _, count, depth, transform, up, coder, _, _ = struct.unpack(">I8B", payload[:12])
    at, planes, modulus = 12, [], 1 << depth
    for _ in range(count):
        size = int.from_bytes(payload[at : at + 4], "big")
        data = payload[at + 4 : at + 4 + size]
        at += 4 + size
        data = bytes(imagecodecs.zstd_decode(data)) if coder == 1 else data
        values = (
            list(data)
            if depth == 8
            else [a + 256 * b for a, b in zip(data[: w * h], data[w * h :], strict=True)]
        )
        assert len(values) == w * h
        for i in range(w if up == 1 else w * h, w * h):
            values[i] = (values[i] + values[i - w]) % modulus
        planes.append(values)
    assert at == len(payload)
    words = []
    for sample in zip(*planes, strict=True):
        if count == 1:
            r = g = b = sample[0]
        elif transform == 1:
            g, r, b = sample[0], (sample[1] + sample[0]) % modulus, (sample[2] + sample[0]) % modulus
        else:
            r, g, b = sample
        words.append(r << 2 * depth | g << depth | b)
    return [words[y * w : y * w + w] for y in range(h)]


def reference_encode(pixels, depth, *, count, transform, up, coder):
    """Any combination that section 6 allows, also those our encoder never chooses."""
    mask = (1 << depth) - 1
    b, g, r = (pixels.astype(int) >> shift & mask for shift in (0, depth, 2 * depth))
    planes = [g] if count == 1 else [g, r - g, b - g] if transform else [r, g, b]
    body = b""
    for plane in planes:
        if up:
            plane = np.concatenate([plane[:1], plane[1:] - plane[:-1]])
        plane = plane & mask
        data = (plane % 256).astype("u1").tobytes()
        if depth == 10:
            data += (plane // 256).astype("u1").tobytes()
        data = bytes(imagecodecs.zstd_encode(data, level=3)) if coder else data
        body += struct.pack(">I", len(data)) + data
    return struct.pack(">I8B", 8 + len(body), 1, count, depth, transform, up, coder, 0, 0) + body


def decode(payload, depth, w, h):
    out = empty(Rect(0, 0, w, h))
    PlanesDecoder(context(depth)).decode(payload, Rect(0, 0, w, h), out)
    assert (out.base[:, :2] == 0xDEADBEEF).all()
    assert (out.base[:, -3:] == 0xDEADBEEF).all()
    return out


@given(pictures())
def test_every_picture_comes_back_by_our_decoder_and_by_one_from_the_text(case):
    pixels, depth = case
    h, w = pixels.shape
    given_pixels = with_gaps(pixels)
    given_pixels.flags.writeable = False
    payload = PlanesEncoder(context(depth)).encode(given_pixels, Rect(9, 9, w, h))
    assert len(payload) - 4 <= 4 * w * h + 4096
    assert np.array_equal(decode(payload, depth, w, h), pixels)
    assert reference_decode(bytes(payload), w, h) == pixels.tolist()


@given(
    pictures(20, 70),
    st.sampled_from([(1, 0), (3, 0), (3, 1)]),
    st.integers(0, 1),
    st.integers(0, 1),
)
def test_the_decoder_takes_all_that_the_text_allows(case, kind, up, coder):
    pixels, depth = case
    count, transform = kind
    if count == 1:
        pixels = grey(pixels & np.uint32((1 << depth) - 1), depth)
    payload = reference_encode(pixels, depth, count=count, transform=transform, up=up, coder=coder)
    h, w = pixels.shape
    within = len(payload) - 4 <= 4 * w * h + 4096
    if within:
        assert np.array_equal(decode(payload, depth, w, h), pixels)
    else:
        with pytest.raises(DecodeError):
            decode(payload, depth, w, h)


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("kind", KINDS)
def test_larger_pictures_of_every_kind(kind, depth):
    pixels = picture(kind, 131, 257, depth, 5)
    payload = PlanesEncoder(context(depth)).encode(pixels, Rect(0, 0, 131, 257))
    assert np.array_equal(decode(payload, depth, 131, 257), pixels)


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_one_bit_of_one_pixel_makes_it_colour(depth, shift):
    pixels = picture("ramp", 65, 130, depth)
    encoder = PlanesEncoder(context(depth))
    assert encoder.encode(pixels, Rect(0, 0, 65, 130))[5] == 1
    pixels[129, 64] ^= np.uint32(1 << shift * depth)
    payload = encoder.encode(pixels, Rect(0, 0, 65, 130))
    assert payload[5] == 3
    assert np.array_equal(decode(payload, depth, 65, 130), pixels)


def test_noise_is_stored_and_a_ramp_is_not():
    encoder = PlanesEncoder(context(8))
    assert encoder.encode(picture("colour noise", 64, 64, 8), Rect(0, 0, 64, 64))[9] == 0
    assert encoder.encode(picture("ramp", 64, 64, 8), Rect(0, 0, 64, 64))[9] == 1


@pytest.mark.parametrize("side", [100, 128, 180, 256])
def test_colour_noise_of_10_bits_stays_within_the_longest_payload(side):
    # zstd level 1 ends at 4.3 bytes a pixel here, the text allows 4
    pixels = picture("colour noise", side, side, 10, side)
    payload = PlanesEncoder(context(10)).encode(pixels, Rect(0, 0, side, side))
    assert len(payload) - 4 <= 4 * side * side + 4096
    assert np.array_equal(decode(payload, 10, side, side), pixels)


def test_an_encoder_that_cannot_keep_the_bound_says_so(monkeypatch):
    monkeypatch.setattr("rfb_ext.codecs.planes.LEVEL_OF_LAST_RESORT", 1)
    with pytest.raises(EncodeError, match="noise"):
        PlanesEncoder(context(10)).encode(picture("colour noise", 128, 128, 10), Rect(0, 0, 128, 128))


W, H = 6, 5
CHOICE = {"count": 3, "transform": 1, "up": 1, "coder": 1}
VALID = {d: reference_encode(picture("soft colour", W, H, d), d, **CHOICE) for d in (8, 10)}


# fmt: off
WRONG_FIELDS = [
    (0, 1), (3, 0), (4, 0), (4, 2), (5, 0), (5, 1), (5, 2), (5, 4), (6, 9), (7, 2), (8, 2), (8, 3),
    (9, 0), (9, 2), (10, 1), (10, 2), (11, 1), (12, 255), (15, 0), (16, 0),
]
# fmt: on


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize(("at", "value"), WRONG_FIELDS)
def test_every_field_is_checked(depth, at, value):
    decode(VALID[depth], depth, W, H)
    wrong = bytearray(VALID[depth])
    wrong[at] = value
    with pytest.raises(DecodeError):
        decode(bytes(wrong), depth, W, H)


@pytest.mark.parametrize("depth", [8, 10])
def test_every_shorter_payload_and_one_byte_more_is_refused(depth):
    valid = VALID[depth]
    for cut in range(len(valid)):
        with pytest.raises(DecodeError):
            decode(valid[:cut], depth, W, H)
        if cut >= 4:
            with pytest.raises(DecodeError):
                decode(struct.pack(">I", cut - 4) + valid[4:cut], depth, W, H)
    with pytest.raises(DecodeError):
        decode(valid + b"\0", depth, W, H)
    with pytest.raises(DecodeError):
        decode(struct.pack(">I", len(valid) - 3) + valid[4:] + b"\0", depth, W, H)


def one_plane(data, depth=8, coder=1):
    return struct.pack(">I8BI", 12 + len(data), 1, 1, depth, 0, 1, coder, 0, 0, len(data)) + data


@pytest.mark.parametrize("count", [0, 29, 31, 60])
@pytest.mark.parametrize("coder", [0, 1])
def test_a_plane_of_another_size_is_refused(count, coder):
    data = bytes(count)
    with pytest.raises(DecodeError):
        decode(one_plane(bytes(imagecodecs.zstd_encode(data)) if coder else data, coder=coder), 8, W, H)


def test_a_sample_beyond_10_bits_is_refused():
    with pytest.raises(DecodeError, match="10 bits"):
        decode(one_plane(bytes(30) + b"\4" + bytes(29), 10, 0), 10, W, H)


def test_a_frame_of_another_kind_before_the_frame_is_refused():
    data = bytes(imagecodecs.zstd_encode(bytes(W * H)))
    decode(one_plane(data), 8, W, H)
    skippable = b"\x50\x2a\x4d\x18" + bytes(4)
    assert imagecodecs.zstd_decode(skippable + data, out=W * H) == bytes(W * H)  # zstd itself would skip it
    with pytest.raises(DecodeError, match="no zstd frame"):
        decode(one_plane(skippable + data), 8, W, H)


def test_a_bomb_bursts_without_taking_memory():
    bomb = bytes(imagecodecs.zstd_encode(bytes(64 << 20), level=1))
    assert len(bomb) < 4096 + 4 * W * H
    decoder, out, payload = PlanesDecoder(context(8)), empty(Rect(0, 0, W, H)), one_plane(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError):
            decoder.decode(payload, Rect(0, 0, W, H), out)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 18


def test_a_payload_longer_than_any_picture_is_refused_before_it_is_read():
    data = bytes(4 * W * H + 4096)
    with pytest.raises(DecodeError, match="length"):
        decode(one_plane(data, coder=0), 8, W, H)


@pytest.mark.parametrize("rect", [Rect(0, 0, 0, 5), Rect(0, 0, 5, 0), Rect(0, 0, 7, 5)])
def test_empty_and_other_rectangles_are_refused(rect):
    pixels = colour(np.zeros((5, 6)), 0, 0, 8)
    with pytest.raises(EncodeError):
        PlanesEncoder(context(8)).encode(pixels, rect)
    with pytest.raises(DecodeError):
        PlanesDecoder(context(8)).decode(VALID[8], rect, pixels)
