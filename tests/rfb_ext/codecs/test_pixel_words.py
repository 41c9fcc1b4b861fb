from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.pixel_words import compressed_words, pixel_words, tight_words
from rfb_ext.errors import DecodeError
from rfb_ext.frame.convert import pack_pixels
from tests.rfb_ext.codecs.pictures import empty, picture, with_gaps
from tests.rfb_ext.codecs.references import Input
from tests.rfb_ext.codecs.viewers import DEPTHS, FORMATS, numbers, seen, viewer

READS = {pixel_words: Input.pixel, compressed_words: Input.cpixel, tight_words: Input.tpixel}
every_kind = pytest.mark.parametrize("made", READS, ids=lambda made: made.__name__)


@every_kind
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("depth", DEPTHS)
def test_bytes_are_those_of_the_text_and_come_back(made, name, depth):
    context = viewer(name, depth)
    words, pixels = made(context), picture("colour noise", 13, 7, depth)
    ours = words.from_canonical(with_gaps(pixels))
    packed = words.pack(ours)
    assert packed.shape == (91, words.size)
    data = Input(packed.tobytes())
    read = [READS[made](data, context.pixel_format) for _ in range(91)]
    assert read == [number for row in numbers(pixels, context) for number in row]
    assert not data.data
    again = words.unpack(packed.tobytes(), 91)
    assert np.array_equal(again, ours.reshape(-1))
    out = empty(type("Size", (), {"w": 13, "h": 7}))
    words.to_canonical(again.reshape(7, 13), out)
    assert np.array_equal(out, seen(pixels, context))


@every_kind
def test_bits_outside_the_channels_are_dropped(made):
    for name in ("888 depth 32", "555", "101010 big", "565 in 32"):
        words, out = made(viewer(name, 8)), np.empty((1, 3), np.uint32)
        words.to_canonical(words.unpack(b"\xff" * 3 * words.size, 3).reshape(1, 3), out)
        assert out.tolist() == [[0xFFFFFF] * 3]


def test_pixels_are_those_of_raw():
    pixels = picture("soft colour", 9, 8, 8)
    for name, f in FORMATS.items():
        words = pixel_words(viewer(name, 8))
        assert words.pack(words.from_canonical(pixels)).tobytes() == pack_pixels(pixels, 8, f)


@every_kind
@pytest.mark.parametrize("count", [0, 2, 4])
def test_another_number_of_bytes_is_refused(made, count):
    words = made(viewer("canonical 8", 8))
    with pytest.raises(DecodeError):
        words.unpack(bytes(3 * words.size), count)


def test_canonical_pixels_are_not_copied():
    pixels = picture("ramp", 9, 8, 8)
    for name in ("canonical 8", "888 big", "888 depth 32"):
        assert np.shares_memory(pixel_words(viewer(name, 8)).from_canonical(pixels), pixels)
    assert not np.shares_memory(pixel_words(viewer("bgr 888", 8)).from_canonical(pixels), pixels)


@every_kind
def test_a_colour_map_is_refused(made):
    with pytest.raises(ValueError, match="colour map"):
        made(CodecContext(8, replace(FORMATS["canonical 8"], true_colour=False)))
