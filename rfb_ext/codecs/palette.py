"""The colours of a rectangle or tile, and pixels as their indices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rfb_ext.codecs.pixel_words import Bytes, Words

SAMPLES = 1024
"""Pixels looked at first: most pictures with too many colours show that in a few of them."""
_MULTIPLIERS = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)
_SLOT_BITS = 16


class Runs(NamedTuple):
    """Equal pixels in row order: the word of each run, shape (n,), and its length in pixels, shape (n,)."""

    words: Words
    lengths: npt.NDArray[np.int64]


def runs_of(flat: Words) -> Runs:
    """The runs of at least one pixel, shape (pixels,)."""
    starts = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1))
    return Runs(flat[starts], np.diff(starts, append=len(flat)))


class RowRuns(NamedTuple):
    """Equal pixels within one row: column and row of the first, length, and the word; each shape (n,)."""

    x: npt.NDArray[np.int64]
    y: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    words: Words


def row_runs_of(words: Words, background: int) -> RowRuns:
    """The runs of each row of `words`, shape (h, w), that have another colour than the background."""
    first = np.ones(words.shape, bool)
    np.not_equal(words[:, 1:], words[:, :-1], out=first[:, 1:])
    starts = np.flatnonzero(first)
    lengths = np.diff(starts, append=words.size)
    y, x = np.divmod(starts, words.shape[1])
    found = words[y, x]
    kept = found != np.uint32(background)
    return RowRuns(x[kept], y[kept], lengths[kept], found[kept])


def most_common(words: Words) -> tuple[int, int]:
    """The colour that most of the pixels have, and how many colours there are."""
    colours, counts = np.unique(words, return_counts=True)
    return int(colours[counts.argmax()]), len(colours)


def colours_of(flat: Words, most: int) -> Words | None:
    """The colours among `flat`, ascending; None if there are more than `most`."""
    step = len(flat) // SAMPLES
    if step > 1 and len(np.unique(flat[::step])) > most:
        return None
    colours = np.unique(flat)
    return colours if len(colours) <= most else None


def indices_of(flat: Words, colours: Words) -> Bytes:
    """For each word its place in `colours` (ascending, at most 256, all there), uint8."""
    if len(flat) > 1 << 12:
        # a table that the words' products point into is ten times faster than a search, where no two
        # colours meet in it
        for multiplier in _MULTIPLIERS:
            slots = _slots(colours, multiplier)
            if len(np.unique(slots)) == len(slots):
                table = np.zeros(1 << _SLOT_BITS, np.uint8)
                table[slots] = np.arange(len(colours), dtype=np.uint8)
                return table[_slots(flat, multiplier)]
    return np.searchsorted(colours, flat).astype(np.uint8)


def packed_bits(colours: int) -> int:
    """Bits an index in a packed palette of 2 to 16 colours (RFC 6143 section 7.7.5)."""
    return 1 if colours == 2 else 2 if colours <= 4 else 4


def pack_indices(indices: Bytes, bits: int) -> Bytes:
    """Shape (rows, bytes a row), uint8: 1, 2 or 4 bits an index of the (h, w) given, the leftmost pixel in
    the highest bits, each row filled up to whole bytes (RFC 6143 section 7.7.5)."""
    if bits == 1:
        return np.packbits(indices, axis=1)
    per_byte = 8 // bits
    height, width = indices.shape
    row = -(-width // per_byte)
    padded = np.zeros((height, row * per_byte), np.uint8)
    padded[:, :width] = indices
    packed = np.zeros((height, row), np.uint8)
    for place in range(per_byte):
        packed |= padded[:, place::per_byte] << np.uint8(8 - bits * (place + 1))
    return packed


def unpack_indices(data: bytes | memoryview, bits: int, height: int, width: int) -> Bytes:
    """The inverse: shape (height, width); `data` has exactly the bytes of those rows."""
    packed = np.frombuffer(data, np.uint8).reshape(height, -1)
    if bits == 1:
        return np.unpackbits(packed, axis=1, count=width)
    per_byte = 8 // bits
    indices = np.empty((height, packed.shape[1] * per_byte), np.uint8)
    for place in range(per_byte):
        indices[:, place::per_byte] = packed >> np.uint8(8 - bits * (place + 1)) & np.uint8((1 << bits) - 1)
    return indices[:, :width]


def _slots(words: Words, multiplier: int) -> npt.NDArray[np.uint16]:
    products = words * np.uint32(multiplier)  # modulo 2^32
    return (products >> np.uint32(32 - _SLOT_BITS)).astype(np.uint16)
