from __future__ import annotations

import zlib

import pytest

from rfb_ext.codecs.streams import Streams
from rfb_ext.errors import DecodeError


def test_each_stream_goes_on_by_itself():
    ours, theirs = Streams(), Streams()
    assert not ours.deflates("a")
    for number in range(4):
        for name in ("a", "b"):
            data = name.encode() * 500 + bytes([number])
            deflated = ours.deflate(name, data)
            assert theirs.inflate(name, deflated, 501) == data
    assert ours.deflates("a")
    assert not theirs.deflates("a")


@pytest.mark.parametrize("size", [0, 1, 100, 70000])
def test_exactly_as_many_bytes_as_asked(size):
    ours = Streams()
    deflated = ours.deflate("a", bytes(size))
    assert Streams().inflate("a", deflated, size) == bytes(size)
    assert Streams().inflate_exactly("a", deflated, size) == bytes(size)
    for wrong in (size - 1, size + 1):
        if wrong >= 0:
            with pytest.raises(DecodeError):
                Streams().inflate_exactly("a", deflated, wrong)


@pytest.mark.parametrize(
    "data", [b"hello", b"\x78\x9c\xff", zlib.compress(b"x" * 10), Streams().deflate("b", b"y" * 11)]
)
def test_a_failure_breaks_one_stream_for_good_until_it_starts_anew(data):
    streams, good = Streams(), Streams().deflate("c", b"1234567890")
    with pytest.raises(DecodeError):
        streams.inflate("a", data, 10)
    with pytest.raises(DecodeError, match="broke"):
        streams.inflate("a", good, 10)
    assert streams.inflate("b", good, 10) == b"1234567890"
    streams.start_anew("a")
    assert streams.inflate("a", good, 10) == b"1234567890"
    streams.break_off("b")
    with pytest.raises(DecodeError, match="broke"):
        streams.inflate("b", good, 10)


def test_streams_do_not_share_what_is_unused():
    first, second = Streams(), Streams()
    good = Streams().deflate("a", b"1234567890")
    assert first.inflate("a", good, 10) == second.inflate("a", good, 10)
