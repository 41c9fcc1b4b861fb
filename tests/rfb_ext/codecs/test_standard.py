"""Each standard codec: pictures back bit for bit, by our decoder and by one written from the text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.standard import DECODED, HEXTILE, RRE, SENT, TIGHT, ZLIB, ZRLE
from rfb_ext.codecs.streams import Streams
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.wire.standard_rectangles import tight_pixel_bytes
from rfb_ext.wire.types import CANONICAL_8, Rect
from tests.rfb_ext.codecs import references
from tests.rfb_ext.codecs.pictures import KINDS, empty, picture, with_gaps
from tests.rfb_ext.codecs.viewers import DEPTHS, FORMATS, formats, numbers, screen, screens, seen, viewer

CODECS = (TIGHT, ZRLE, HEXTILE, ZLIB, RRE)
every_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
every_format = pytest.mark.parametrize("name", FORMATS)


def reference(codec):
    """A function of payload, width, height and format."""
    match codec.name:
        case "tight":
            return references.Tight().decode
        case "zrle":
            return references.Zrle().decode
        case "zlib":
            return references.Zlib().decode
        case "hextile":
            return references.hextile
    return references.rre


def check(codec, context, pictures, second=None):
    """Pictures in a row through one encoder, one decoder, and the reference."""
    encoder, decoder = codec.new_encoder(context), codec.new_decoder(context)
    second = second or reference(codec)
    for pixels in pictures:
        h, w = pixels.shape
        rect = Rect(3, 5, w, h)
        source = with_gaps(pixels)
        source.flags.writeable = False
        payload = bytes(encoder.encode(source, rect))
        out = empty(rect)
        decoder.decode(memoryview(payload), rect, out)
        assert np.array_equal(out, seen(pixels, context))
        assert (out.base[:, :2] == 0xDEADBEEF).all()
        assert (out.base[:, -3:] == 0xDEADBEEF).all()
        assert second(payload, w, h, context.pixel_format) == numbers(pixels, context)
    encoder.close()
    decoder.close()


def test_what_each_promises():
    assert [codec.name for codec in SENT] == ["tight", "zrle", "hextile"]
    assert {codec.name for codec in DECODED if not codec.resettable} == {"tight", "zrle", "zlib"}
    assert all(codec.ordered for codec in DECODED if not codec.resettable)
    assert all(codec.lossless for codec in DECODED)
    assert [codec.name for codec in DECODED if not codec.encodes] == ["copyrect"]


@every_codec
@every_format
@pytest.mark.parametrize("depth", DEPTHS)
def test_every_format(codec, name, depth):
    pictures = [picture("soft colour", 67, 19, depth), screen(70, 20, depth, 5, 6, 1)]
    check(codec, viewer(name, depth), [*pictures, screen(20, 66, depth, 2, 9, 2)])


@every_codec
@given(cases=st.lists(screens(), min_size=1, max_size=3), name=formats)
@settings(max_examples=25)
def test_any_picture(codec, cases, name):
    depth = cases[0][1]
    check(codec, viewer(name, depth), [pixels for pixels, d in cases if d == depth])


@every_codec
@pytest.mark.parametrize("kind", KINDS)
def test_larger_pictures(codec, kind):
    check(codec, viewer("canonical 8", 8), [picture(kind, 131, 130, 8, 5)])


@every_codec
def test_a_format_as_deep_as_the_head_loses_nothing(codec):
    for name, depth in (("bgr 888", 8), ("888 upper bytes big", 8), ("101010 upper", 10), ("bgr 101010", 8)):
        pixels, context = picture("colour noise", 40, 30, depth), viewer(name, depth)
        assert np.array_equal(seen(pixels, context), pixels)
        check(codec, context, [pixels])


@every_codec
def test_streams_outlive_a_change_of_format_and_are_shared_by_heads(codec):
    """One connection: 24 bits, then 16, then a head of ten bits in between."""
    ours, theirs, second = Streams(), Streams(), reference(codec)
    for number, (name, depth) in enumerate((("canonical 8", 8), ("565", 8), ("bgr 101010", 10), ("332", 8))):
        context = viewer(name, depth)
        pixels = screen(90, 70, depth, 20, 3, number)
        payload = codec.new_encoder(replace(context, streams=ours)).encode(pixels, Rect(0, 0, 90, 70))
        out = empty(Rect(0, 0, 90, 70))
        codec.new_decoder(replace(context, streams=theirs)).decode(payload, Rect(0, 0, 90, 70), out)
        assert np.array_equal(out, seen(pixels, context))
        assert second(bytes(payload), 90, 70, context.pixel_format) == numbers(pixels, context)


@every_codec
@pytest.mark.parametrize("rect", [Rect(0, 0, 0, 5), Rect(0, 0, 5, 0), Rect(0, 0, 7, 5)])
def test_empty_and_other_rectangles_are_refused(codec, rect):
    pixels, context = picture("ramp", 6, 5, 8), viewer("canonical 8", 8)
    payload = codec.new_encoder(context).encode(pixels, Rect(0, 0, 6, 5))
    with pytest.raises(EncodeError):
        codec.new_encoder(context).encode(pixels, rect)
    with pytest.raises(DecodeError):
        codec.new_decoder(context).decode(payload, rect, pixels)


@every_codec
@pytest.mark.parametrize("name", ["canonical 8", "565 big", "332"])
def test_every_shorter_payload_and_one_byte_more_is_refused(codec, name):
    pixels, context = picture("colour noise", 20, 19, 8, 3), viewer(name, 8)
    valid = bytes(codec.new_encoder(context).encode(pixels, Rect(0, 0, 20, 19)))
    assert len(valid) > 100
    for wrong in [valid[:cut] for cut in range(len(valid))] + [valid + b"\0"]:
        with pytest.raises(DecodeError):
            codec.new_decoder(context).decode(wrong, Rect(0, 0, 20, 19), empty(Rect(0, 0, 20, 19)))


@pytest.mark.parametrize("codec", [TIGHT, ZRLE, ZLIB], ids=lambda codec: codec.name)
def test_a_stream_that_lost_a_part_stays_broken(codec):
    context, rect = viewer("canonical 8", 8), Rect(0, 0, 40, 30)
    encoder, decoder = codec.new_encoder(context), codec.new_decoder(context)
    payloads = [encoder.encode(picture("colour noise", 40, 30, 8, i), rect) for i in range(3)]
    decoder.decode(payloads[0], rect, empty(rect))
    with pytest.raises(DecodeError):
        decoder.decode(payloads[1][:-30], rect, empty(rect))
    for payload in payloads[1:]:
        with pytest.raises(DecodeError, match="broke"):
            decoder.decode(payload, rect, empty(rect))


@every_codec
@given(data=st.data(), name=formats, depth=st.sampled_from(DEPTHS))
def test_garbage(codec, data, name, depth):
    context, rect = viewer(name, depth), Rect(5, 6, 19, 21)
    decoder = codec.new_decoder(context)
    for payload in data.draw(st.lists(st.binary(max_size=300), min_size=1, max_size=3)):
        for start in (b"", len(payload).to_bytes(4, "big")):
            feed(decoder, start + payload, rect, depth)
    inflating = references.zlib.compress(data.draw(st.binary(max_size=300)))
    feed(codec.new_decoder(context), len(inflating).to_bytes(4, "big") + inflating, rect, depth)


@pytest.mark.parametrize("codec", [ZRLE, HEXTILE, RRE], ids=lambda codec: codec.name)
@given(data=st.binary(max_size=400), name=formats, start=st.sampled_from((2, 3, 16, 128, 130, 140, 255)))
def test_garbage_in_tiles(codec, data, name, start):
    context, rect, body = viewer(name, 8), Rect(5, 6, 19, 21), bytes([start]) + data
    if codec is ZRLE:
        deflated = Streams().deflate("x", body)
        body = len(deflated).to_bytes(4, "big") + deflated
    elif codec is RRE:
        size = context.pixel_format.bytes_per_pixel
        body = (len(data) // (size + 8)).to_bytes(4, "big") + bytes(size) + data
    feed(codec.new_decoder(context), body, rect, 8)


@every_codec
@given(
    name=formats,
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 7)), min_size=1, max_size=4),
    which=st.integers(0, 2),
)
def test_flipped_bits(codec, name, flips, which):
    context, rect = viewer(name, 8), Rect(0, 0, 70, 21)
    encoder, decoder = codec.new_encoder(context), codec.new_decoder(context)
    for number in range(3):
        payload = bytearray(encoder.encode(screen(70, 21, 8, 9, 4, number), rect))
        if number == which:
            for at, bit in flips:
                payload[at % len(payload)] ^= 1 << bit
        feed(decoder, bytes(payload), rect, 8)


def feed(decoder, payload, rect, depth):
    """Decodes; nothing but DecodeError, nothing beyond the rectangle, nothing that is not canonical."""
    out = empty(rect)
    try:
        decoder.decode(payload, rect, out)
        assert int(out.max()) < 1 << 3 * depth
    except DecodeError:
        pass
    around = out.base
    edge = np.concatenate([around[0], around[-1], around[:, 0], around[:, 1], around[:, -1]])
    assert (edge == 0xDEADBEEF).all()


@every_format
def test_a_tight_pixel_has_three_bytes_where_the_text_says_so(name):
    f = FORMATS[name]
    assert tight_pixel_bytes(f) == (3 if name.startswith(("canonical 8", "888", "bgr 888"))
                                    and f.depth == 24 else f.bits_per_pixel // 8)  # fmt: skip
    assert CodecContext(8, CANONICAL_8).streams is None
