from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rfb_ext.codecs.raw import RawDecoder, RawEncoder
from rfb_ext.codecs.registry import CODECS, codec_named
from rfb_ext.codecs.selftest import known_pictures, self_test
from rfb_ext.errors import CodecError, DecodeError


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_every_codec_passes_on_this_machine(codec):
    self_test(codec)


@pytest.mark.parametrize("depth", [8, 10])
def test_the_pictures_are_canonical_and_hold_the_edge_cases(depth):
    pictures = known_pictures(depth)
    words = np.concatenate([p.ravel() for _, _, follow in pictures for p in follow])
    top = (1 << depth) - 1
    assert words.max() < 1 << 3 * depth
    assert set(words & np.uint32(top)) == set(range(top + 1))
    sizes = {(rect.w, rect.h) for _, rect, _ in pictures}
    assert {(1, 1), (1, 65), (64, 1)} <= sizes
    assert any(w % 2 and h % 2 and w > 16 for w, h in sizes)
    assert any(len(follow) > 1 for _, _, follow in pictures)
    for _, rect, follow in pictures:
        assert all(p.shape == (rect.h, rect.w) and p.dtype == np.uint32 for p in follow)


class WrongOnce(RawDecoder):
    """Loses the lowest bit of the last pixel of wide pictures."""

    def decode(self, payload, rect, out):
        super().decode(payload, rect, out)
        if rect.w == 53:
            out[-1, -1] ^= np.uint32(1)


class Beyond(RawDecoder):
    """Writes one column too far."""

    def decode(self, payload, rect, out):
        super().decode(payload, rect, out)
        out.base[0, rect.w + 1] = 0


class TakesHalves(RawDecoder):
    def decode(self, payload, rect, out):
        if len(payload) == 4 * rect.area:
            super().decode(payload, rect, out)


class Refuses(RawDecoder):
    def decode(self, payload, rect, out):
        raise DecodeError("no")


@pytest.mark.parametrize(
    ("decoder", "words"),
    [
        (WrongOnce, "lines of one pixel .8 bits, picture 1. came back with wrong pixels"),
        (Beyond, "beyond its rectangle"),
        (TakesHalves, "half a payload"),
        (Refuses, "no"),
    ],
)
def test_a_codec_that_is_wrong_is_found(decoder, words):
    with pytest.raises(CodecError, match=words):
        self_test(replace(codec_named("raw"), new_encoder=RawEncoder, new_decoder=decoder))


def test_a_library_that_is_missing_is_a_failure_with_a_sentence():
    def missing(context):
        raise ImportError("no module named av")

    with pytest.raises(CodecError, match="library cannot be loaded"):
        self_test(replace(codec_named("raw"), new_encoder=missing))
