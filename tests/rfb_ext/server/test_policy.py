import dataclasses

import pytest

from rfb_ext.codecs.registry import codec_named
from rfb_ext.errors import LossRefused
from rfb_ext.frame.classify import ContentClass
from rfb_ext.frame.frames import Head
from rfb_ext.server.policy import PREFERENCE, choose
from rfb_ext.wire.numbers import HeadPolicy
from rfb_ext.wire.types import Rect

HEAD = Head(0, Rect(0, 0, 10, 10))
REVIEW = dataclasses.replace(HEAD, policy=HeadPolicy.REVIEW)
PLANES, H264, RAW = codec_named("planes"), codec_named("h264"), codec_named("raw")
LOSSY = dataclasses.replace(PLANES, name="lossy", encoding=999, lossless=False)
ALL = (PLANES, H264, RAW)


def test_every_content_class_has_a_row_that_ends_with_raw():
    assert set(PREFERENCE) == set(ContentClass)
    assert all(row[-1] == "raw" for row in PREFERENCE.values())


@pytest.mark.parametrize("content", list(ContentClass))
def test_planes_is_the_workhorse_and_a_forced_codec_goes_first(content):
    assert choose(HEAD, content, ALL) is PLANES
    for codec in ALL:
        assert choose(HEAD, content, ALL, forced=codec.name) is codec


def test_what_failed_is_avoided_and_raw_is_the_last():
    assert choose(HEAD, ContentClass.GRAY, ALL, avoided={PLANES.encoding}) is H264
    assert choose(HEAD, ContentClass.GRAY, ALL, forced="planes", avoided={PLANES.encoding}) is H264
    everything = {codec.encoding for codec in ALL}
    assert choose(HEAD, ContentClass.GRAY, ALL, avoided=everything) is RAW


def test_a_forced_codec_the_viewer_cannot_decode_gives_way():
    assert choose(HEAD, ContentClass.GRAY, (PLANES, RAW), forced="h264") is PLANES


def test_a_lossy_codec_never_reaches_a_diagnostic_head():
    assert choose(HEAD, ContentClass.COLOR, (LOSSY, RAW)) is RAW
    assert choose(REVIEW, ContentClass.COLOR, (LOSSY,), forced="lossy") is LOSSY
    with pytest.raises(LossRefused, match="head 0 is diagnostic"):
        choose(HEAD, ContentClass.COLOR, (LOSSY, RAW), forced="lossy")
    with pytest.raises(LossRefused, match="no lossless codec"):
        choose(HEAD, ContentClass.COLOR, (LOSSY,))
