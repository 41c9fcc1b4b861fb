"""The tiles of one Hextile rectangle. Source: RFC 6143 section 7.7.4."""

from __future__ import annotations

import numpy as np

from rfb_ext.codecs.pixel_words import Bytes, PixelWords, Words
from rfb_ext.errors import DecodeError
from rfb_ext.wire.standard_rectangles import (
    HEXTILE_ALL,
    HEXTILE_BACKGROUND,
    HEXTILE_COLOURED,
    HEXTILE_FOREGROUND,
    HEXTILE_RAW,
    HEXTILE_SUBRECTS,
)


class HextileTiles:
    """Reads tile after tile from `payload`, and holds background and foreground from tile to tile."""

    def __init__(self, payload: bytes | memoryview, words: PixelWords) -> None:
        self._data = np.frombuffer(payload, np.uint8)
        self._words = words
        self._at = 0
        self._background: Words | None = None
        self._foreground: Words | None = None

    @property
    def left(self) -> int:
        """Bytes that no tile has taken."""
        return len(self._data) - self._at

    def tile(self, out: Words) -> None:
        """Fills the tile `out` with words. Raises DecodeError."""
        flags = self._byte()
        if flags > HEXTILE_ALL:
            raise DecodeError(f"Hextile: subencoding {flags} is not known")
        if flags & HEXTILE_RAW:
            out[...] = self._pixels(out.size).reshape(out.shape)
            return
        if flags & HEXTILE_BACKGROUND:
            self._background = self._pixels(1)
        if self._background is None:
            raise DecodeError("Hextile: a tile wants a background that was never given")
        out[...] = self._background
        if flags & HEXTILE_FOREGROUND:
            self._foreground = self._pixels(1)
        if flags & HEXTILE_SUBRECTS:
            self._paint(out, bool(flags & HEXTILE_COLOURED))

    def _paint(self, out: Words, coloured: bool) -> None:
        count, size = self._byte(), self._words.size if coloured else 0
        records = self._take(count * (size + 2)).reshape(count, size + 2)
        if coloured:
            colours = self._words.unpack(np.ascontiguousarray(records[:, :size]), count)
        elif self._foreground is None:
            raise DecodeError("Hextile: a tile wants a foreground that was never given")
        else:
            colours = np.broadcast_to(self._foreground, (count,))
        height, width = out.shape
        places = records[:, size:].tolist()
        for colour, (start, extent) in zip(colours, places, strict=True):
            left, top = start >> 4, start & 15
            right, bottom = left + (extent >> 4) + 1, top + (extent & 15) + 1
            if right > width or bottom > height:
                raise DecodeError("Hextile: a subrectangle lies outside its tile")
            out[top:bottom, left:right] = colour

    def _byte(self) -> int:
        return int(self._take(1)[0])

    def _pixels(self, count: int) -> Words:
        return self._words.unpack(self._take(count * self._words.size), count)

    def _take(self, count: int) -> Bytes:
        if count > self.left:
            raise DecodeError("Hextile: the payload ends before the last tile")
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken
