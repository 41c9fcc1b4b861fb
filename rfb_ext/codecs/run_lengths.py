"""The runs of ZRLE to bytes and back. Source: RFC 6143 section 7.7.5, subencodings 128 and 130 to 255.

A length is one more than the sum of its bytes, the last of which is not 255. Bytes are looked at many at
a time: only a length of 256 and more, of which a tile holds few, is looked at alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rfb_ext.codecs.pixel_words import Bytes
from rfb_ext.errors import DecodeError

Lengths = npt.NDArray[np.int64]
WINDOW = 1024
"""Bytes looked at together."""


def pack_plain_runs(packed: Bytes, lengths: Lengths) -> Bytes:
    """`packed`: the pixel of each run, shape (n, bytes a pixel); `lengths` >= 1, shape (n,)."""
    size = packed.shape[1]
    ends = np.cumsum(size + 1 + (lengths - 1) // 255)
    starts = np.concatenate(([0], ends[:-1]))
    runs = np.full(int(ends[-1]), 255, np.uint8)
    for place in range(size):
        runs[starts + place] = packed[:, place]
    runs[ends - 1] = (lengths - 1) % 255
    return runs


def pack_palette_runs(indices: Bytes, lengths: Lengths) -> Bytes:
    """`indices` of the runs, below 127; `lengths` >= 1; both of shape (n,)."""
    longer = lengths > 1
    ends = np.cumsum(np.where(longer, 2 + (lengths - 1) // 255, 1))
    starts = np.concatenate(([0], ends[:-1]))
    runs = np.full(int(ends[-1]), 255, np.uint8)
    runs[starts] = indices | longer.astype(np.uint8) << np.uint8(7)
    runs[ends[longer] - 1] = (lengths[longer] - 1) % 255
    return runs


def unpack_plain_runs(data: Bytes, size: int, pixels: int) -> tuple[Bytes, Lengths, int]:
    """The pixel of each run, shape (n, size), their lengths, which sum up to `pixels`, and how many bytes
    of `data` that took. Raises DecodeError if it is not so."""
    found, lengths, at, missing = [], [], 0, pixels
    while missing:
        count = min(WINDOW, len(data) - at) // (size + 1)
        records = data[at : at + count * (size + 1)].reshape(count, size + 1)
        usual = _before(records[:, size] == 255)
        if usual:
            some = records[:usual, size].astype(np.int64) + 1
            some, missing = _enough(some, missing)
            found.append(records[: len(some), :size])
            lengths.append(some)
            at += len(some) * (size + 1)
            continue
        pixel = data[None, at : at + size]
        length, at = _length(data, at + size, missing)
        found.append(pixel)
        lengths.append(np.array([length], np.int64))
        missing -= length
    return np.concatenate(found), np.concatenate(lengths), at


def unpack_palette_runs(data: Bytes, pixels: int) -> tuple[Bytes, Lengths, int]:
    """The index of each run, shape (n,), lengths and bytes as unpack_plain_runs."""
    found, lengths, at, missing = [], [], 0, pixels
    while missing:
        window = data[at : at + WINDOW + 1]
        starts, some = _palette_tokens(window)
        if len(starts):
            some, missing = _enough(some, missing)
            tokens = window[starts[: len(some)]]
            found.append(tokens & np.uint8(127))
            lengths.append(some)
            at += int(starts[len(some) - 1]) + 1 + int(tokens[-1] >> 7)
            continue
        if len(window) < 2:
            raise DecodeError("ZRLE: a tile ends in the middle of its runs")
        length, end = _length(data, at + 1, missing)
        found.append(data[at : at + 1] & np.uint8(127))
        lengths.append(np.array([length], np.int64))
        at = end
        missing -= length
    return np.concatenate(found), np.concatenate(lengths), at


def _palette_tokens(window: Bytes) -> tuple[npt.NDArray[np.intp], Lengths]:
    """Where runs start that are whole within the window and have lengths of one byte at most, and those
    lengths; up to the first that has not."""
    high = window > 127
    place = np.arange(len(window))
    # whatever follows a low byte starts a run; in a row of high bytes, each second one is a length
    behind_low = np.maximum.accumulate(np.where(high, 0, place + 1))
    heads = high & ((place - behind_low) % 2 == 0)
    is_length = np.zeros(len(window), bool)
    is_length[1:] = heads[:-1]
    end = _before(is_length & (window == 255))
    starts = np.flatnonzero(~is_length[:end])
    if len(starts) and starts[-1] == end - 1 and heads[end - 1]:
        starts = starts[:-1]  # its length begins with 255, or is not in the window
    lengths = np.ones(len(starts), np.int64)
    longer = heads[starts]
    lengths[longer] = window[starts[longer] + 1].astype(np.int64) + 1
    return starts, lengths


def _before(found: npt.NDArray[np.bool_]) -> int:
    """Items before the first True."""
    first = int(found.argmax()) if len(found) else 0
    return first if len(found) and found[first] else len(found)


def _enough(lengths: Lengths, missing: int) -> tuple[Lengths, int]:
    """The lengths needed to fill `missing` pixels, and what is missing then."""
    sums = np.cumsum(lengths)
    count = int(np.searchsorted(sums, missing)) + 1
    if count > len(lengths):
        return lengths, missing - int(sums[-1])
    if sums[count - 1] != missing:
        raise DecodeError("ZRLE: a run goes beyond its tile")
    return lengths[:count], 0


def _length(data: Bytes, at: int, most: int) -> tuple[int, int]:
    """A length of any number of bytes that starts at `at`, and where it ends."""
    window = data[at : at + most // 255 + 2]
    count = _before(window != 255)
    if count == len(window):
        raise DecodeError("ZRLE: a run goes beyond its tile or the data")
    length = 255 * count + int(window[count]) + 1
    if length > most:
        raise DecodeError("ZRLE: a run goes beyond its tile")
    return length, at + count + 1
