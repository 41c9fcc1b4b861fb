"""Hextile (5): tiles of 16x16, each one colour, a background with rectangles on it, or raw.

Source: RFC 6143 section 7.7.4. For viewers that have nothing better: not tuned, bound by tiles a second.
"""

from __future__ import annotations

import numpy as np

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.channels import check_input, check_output
from rfb_ext.codecs.hextile_tiles import HextileTiles
from rfb_ext.codecs.palette import RowRuns, most_common, row_runs_of
from rfb_ext.codecs.pixel_words import PixelWords, Words, pixel_words
from rfb_ext.errors import DecodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.standard_rectangles import (
    HEXTILE_BACKGROUND,
    HEXTILE_COLOURED,
    HEXTILE_FOREGROUND,
    HEXTILE_RAW,
    HEXTILE_SIDE,
    HEXTILE_SUBRECTS,
)
from rfb_ext.wire.types import Rect

MOST_SUBRECTS = 255


class HextileEncoder:
    """No picture depends on an earlier one."""

    def __init__(self, context: CodecContext) -> None:
        self._words = pixel_words(context)

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """The payload. Raises EncodeError for a shape not that of `rect` or an empty rectangle."""
        check_input(pixels, rect)
        words = self._words.from_canonical(pixels)
        columns = np.arange(0, rect.w, HEXTILE_SIDE)
        parts: list[bytes] = []
        background: int | None = None  # what the other end holds; a raw tile leaves it nothing sure
        for top in range(0, rect.h, HEXTILE_SIDE):
            band = words[top : top + HEXTILE_SIDE]
            least = np.minimum.reduceat(band.min(axis=0), columns).tolist()
            most = np.maximum.reduceat(band.max(axis=0), columns).tolist()
            for left, low, high in zip(columns.tolist(), least, most, strict=True):
                if low != high:
                    coded, background = _coded(band[:, left : left + HEXTILE_SIDE], self._words, background)
                    parts.append(coded)
                elif low == background:
                    parts.append(b"\0")
                else:
                    parts.append(bytes([HEXTILE_BACKGROUND]) + _packed(low, self._words))
                    background = low
        return b"".join(parts)

    def close(self) -> None:
        """Nothing is held."""


class HextileDecoder:
    """Background and foreground hold for one rectangle only."""

    def __init__(self, context: CodecContext) -> None:
        self._words = pixel_words(context)

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w). Raises DecodeError for what the text
        does not allow."""
        check_output(out, rect)
        reader = HextileTiles(payload, self._words)
        words = np.empty((rect.h, rect.w), np.uint32)
        for top in range(0, rect.h, HEXTILE_SIDE):
            for left in range(0, rect.w, HEXTILE_SIDE):
                reader.tile(words[top : top + HEXTILE_SIDE, left : left + HEXTILE_SIDE])
        if reader.left:
            raise DecodeError(f"Hextile: {reader.left} bytes are left over")
        self._words.to_canonical(words, out)

    def close(self) -> None:
        """Nothing is held."""


def _coded(tile: Words, words: PixelWords, background: int | None) -> tuple[bytes, int | None]:
    """A tile of more than one colour, and the background that the other end holds then."""
    own, colours = most_common(tile)
    across, down = row_runs_of(tile, own), row_runs_of(tile.T, own)
    upright = len(down.words) < len(across.words)
    runs = down if upright else across
    count, size = len(runs.words), words.size
    flags = HEXTILE_SUBRECTS | (HEXTILE_BACKGROUND if own != background else 0)
    start = _packed(own, words) if own != background else b""
    if colours == 2:
        flags |= HEXTILE_FOREGROUND
        start += _packed(int(runs.words[0]), words)
        cost = len(start) + 2 * count
    else:
        flags |= HEXTILE_COLOURED
        cost = len(start) + (size + 2) * count
    if count > MOST_SUBRECTS or cost + 1 >= tile.size * size:
        return bytes([HEXTILE_RAW]) + words.pack(tile).tobytes(), None
    places = _places(runs, upright)
    if colours > 2:
        places = np.concatenate((words.pack(runs.words), places), axis=1)
    return bytes([flags]) + start + bytes([count]) + places.tobytes(), own


def _places(runs: RowRuns, upright: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Two bytes each, shape (n, 2): x and y; width and height, each less one."""
    places = np.empty((len(runs.words), 2), np.uint8)
    if upright:
        places[:, 0] = runs.y << 4 | runs.x
        places[:, 1] = runs.lengths - 1
    else:
        places[:, 0] = runs.x << 4 | runs.y
        places[:, 1] = runs.lengths - 1 << 4
    return places


def _packed(word: int, words: PixelWords) -> bytes:
    return words.pack(np.array([word], np.uint32)).tobytes()
