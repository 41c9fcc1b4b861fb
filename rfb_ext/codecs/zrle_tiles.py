"""The tiles of one inflated ZRLE rectangle. Source: RFC 6143 section 7.7.5."""

from __future__ import annotations

import numpy as np

from rfb_ext.codecs.palette import packed_bits, unpack_indices
from rfb_ext.codecs.pixel_words import Bytes, PixelWords, Words
from rfb_ext.codecs.run_lengths import unpack_palette_runs, unpack_plain_runs
from rfb_ext.errors import DecodeError

RAW, SOLID, PLAIN_RUNS = 0, 1, 128
"""Subencodings; 2 to MOST_PACKED: a palette of so many colours, packed; PLAIN_RUNS + n: runs of a palette
of n colours, 2 to MOST_IN_RUNS."""
MOST_PACKED, MOST_IN_RUNS = 16, 127


class ZrleTiles:
    """Reads tile after tile from `data`."""

    def __init__(self, data: bytes, words: PixelWords) -> None:
        self._data = np.frombuffer(data, np.uint8)
        self._words = words
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes that no tile has taken."""
        return len(self._data) - self._at

    def tile(self, height: int, width: int) -> Words:
        """Words that fill, or broadcast to, (height, width). Raises DecodeError."""
        way = int(self._take(1)[0])
        area = height * width
        if way == RAW:
            return self._pixels(area).reshape(height, width)
        if way == SOLID:
            return self._pixels(1)
        if way <= MOST_PACKED:
            colours = self._pixels(way)
            bits = packed_bits(way)
            packed = self._take(-(-width * bits // 8) * height)
            return _coloured(colours, unpack_indices(packed.data, bits, height, width))
        if way == PLAIN_RUNS:
            packed, lengths, taken = unpack_plain_runs(self._data[self._at :], self._words.size, area)
            self._at += taken
            words = self._words.unpack(np.ascontiguousarray(packed), len(packed))
            return np.repeat(words, lengths).reshape(height, width)
        if way < PLAIN_RUNS + 2:
            raise DecodeError(f"ZRLE: subencoding {way} is not known")
        colours = self._pixels(way - PLAIN_RUNS)
        indices, lengths, taken = unpack_palette_runs(self._data[self._at :], area)
        self._at += taken
        return np.repeat(_coloured(colours, indices), lengths).reshape(height, width)

    def _pixels(self, count: int) -> Words:
        return self._words.unpack(self._take(count * self._words.size), count)

    def _take(self, count: int) -> Bytes:
        if count > self.left:
            raise DecodeError("ZRLE: the data end before the last tile")
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken


def _coloured(colours: Words, indices: Bytes) -> Words:
    if int(indices.max()) >= len(colours):
        raise DecodeError(f"ZRLE: an index is beyond the {len(colours)} colours of its palette")
    return colours[indices]
