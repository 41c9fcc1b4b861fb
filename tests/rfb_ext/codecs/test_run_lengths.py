from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.codecs.run_lengths import (
    WINDOW,
    pack_palette_runs,
    pack_plain_runs,
    unpack_palette_runs,
    unpack_plain_runs,
)
from rfb_ext.errors import DecodeError

lengths = st.integers(1, 4) | st.integers(1, 1100) | st.sampled_from((127, 128, 129, 254, 255, 256, 257, 511))
runs = st.lists(st.tuples(st.integers(0, 126), lengths), min_size=1, max_size=60)


def length_bytes(length):
    """RFC 6143: 255 is [254], 256 is [255, 0], 510 is [255, 254], 511 is [255, 255, 0]."""
    return b"\xff" * ((length - 1) // 255) + bytes([(length - 1) % 255])


def plain(some, size):
    return b"".join(bytes([value] * size) + length_bytes(length) for value, length in some)


def palette(some):
    return b"".join(
        bytes([value]) if length == 1 else bytes([value | 128]) + length_bytes(length)
        for value, length in some
    )


def arrays(some):
    values, counts = zip(*some, strict=True)
    return np.array(values, np.uint8), np.array(counts, np.int64)


def test_the_examples_of_the_text():
    assert length_bytes(255) == b"\xfe"
    assert length_bytes(256) == b"\xff\0"
    assert length_bytes(511) == b"\xff\xff\0"


@given(runs, st.integers(1, 4), st.binary(max_size=20))
def test_plain_runs(some, size, rest):
    values, counts = arrays(some)
    packed = np.repeat(values[:, None], size, axis=1)
    data = plain(some, size)
    assert pack_plain_runs(packed, counts).tobytes() == data
    found = unpack_plain_runs(np.frombuffer(data + rest, np.uint8), size, int(counts.sum()))
    assert np.array_equal(found[0], packed)
    assert np.array_equal(found[1], counts)
    assert found[2] == len(data)


@given(runs, st.binary(max_size=20))
def test_palette_runs(some, rest):
    values, counts = arrays(some)
    data = palette(some)
    assert pack_palette_runs(values, counts).tobytes() == data
    found = unpack_palette_runs(np.frombuffer(data + rest, np.uint8), int(counts.sum()))
    assert np.array_equal(found[0], values)
    assert np.array_equal(found[1], counts)
    assert found[2] == len(data)


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("length", [1, 2, 130, 300])
def test_runs_across_the_end_of_a_window(shift, length):
    some = [(5, 1)] * shift + [(7, length)] * (3 * WINDOW)
    values, counts = arrays(some)
    found = unpack_palette_runs(np.frombuffer(palette(some), np.uint8), int(counts.sum()))
    assert np.array_equal(found[0], values)
    assert np.array_equal(found[1], counts)
    found = unpack_plain_runs(np.frombuffer(plain(some, 3), np.uint8), 3, int(counts.sum()))
    assert np.array_equal(found[0][:, 0], values)
    assert np.array_equal(found[1], counts)


@given(runs, st.integers(1, 3))
def test_runs_that_end_early_or_late_are_refused(some, size):
    _, counts = arrays(some)
    pixels = int(counts.sum())
    for data, read in (
        (plain(some, size), lambda d, p: unpack_plain_runs(d, size, p)),
        (palette(some), unpack_palette_runs),
    ):
        with pytest.raises(DecodeError):
            read(np.frombuffer(data, np.uint8), pixels + 1)
        with pytest.raises(DecodeError):
            read(np.frombuffer(data[:-1], np.uint8), pixels)
        if counts[-1] > 1:
            with pytest.raises(DecodeError):
                read(np.frombuffer(data, np.uint8), pixels - 1)


@given(st.binary(max_size=300), st.integers(1, 4096), st.integers(1, 4))
def test_any_bytes(data, pixels, size):
    """Runs that fill the tile, as one reads byte by byte, or an error."""
    for read, plain_runs in (
        (lambda d: unpack_plain_runs(d, size, pixels), True),
        (lambda d: unpack_palette_runs(d, pixels), False),
    ):
        expected = byte_by_byte(data, pixels, size if plain_runs else 0)
        if expected is None:
            with pytest.raises(DecodeError):
                read(np.frombuffer(data, np.uint8))
        else:
            assert read(np.frombuffer(data, np.uint8))[1].tolist() == expected


def byte_by_byte(data, pixels, size):
    at, found = 0, []
    try:
        while sum(found) < pixels:
            longer = size > 0 or data[at] > 127
            at += max(size, 1)
            length = 1
            while longer:
                length += data[at]
                longer = data[at] == 255
                at += 1
            found.append(length)
    except IndexError:
        return None
    return found if sum(found) == pixels and at <= len(data) else None


def test_a_length_without_end_is_refused_at_once():
    data = np.frombuffer(b"\x80" + b"\xff" * (1 << 20), np.uint8)
    with pytest.raises(DecodeError, match="beyond"):
        unpack_palette_runs(data, 4096)
    with pytest.raises(DecodeError, match="beyond"):
        unpack_plain_runs(data, 1, 4096)
