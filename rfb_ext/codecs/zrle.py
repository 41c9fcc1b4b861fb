"""ZRLE (16): tiles of 64x64, each in the shortest of six ways, through one zlib stream for the connection.

Sources: RFC 6143 section 7.7.6 (and 7.7.5 for the tiles); rfbproto, "ZRLE Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.channels import check_input, check_output
from rfb_ext.codecs.palette import colours_of, indices_of, pack_indices, packed_bits, runs_of
from rfb_ext.codecs.pixel_words import PixelWords, Words, compressed_words
from rfb_ext.codecs.run_lengths import pack_palette_runs, pack_plain_runs
from rfb_ext.codecs.streams import Streams
from rfb_ext.codecs.zlib import LENGTH, deflated_part
from rfb_ext.codecs.zrle_tiles import MOST_IN_RUNS, MOST_PACKED, PLAIN_RUNS, RAW, SOLID, ZrleTiles
from rfb_ext.errors import DecodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect

TILE = 64
STREAM = "ZRLE"


class ZrleEncoder:
    """Each picture continues the stream of those before it."""

    def __init__(self, context: CodecContext) -> None:
        self._words = compressed_words(context)
        self._streams = context.streams or Streams()

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """The payload. Raises EncodeError for a shape not that of `rect` or an empty rectangle."""
        check_input(pixels, rect)
        words = self._words.from_canonical(pixels)
        tiles = b"".join(
            part
            for place in tiles_of(rect)
            for part in _coded(words[place.y : place.bottom, place.x : place.right], self._words)
        )
        deflated = self._streams.deflate(STREAM, tiles)
        return LENGTH.pack(len(deflated)) + deflated

    def close(self) -> None:
        """The stream belongs to the connection."""


class ZrleDecoder:
    """After a failure of the stream nothing can be decoded any more on this connection."""

    def __init__(self, context: CodecContext) -> None:
        self._words = compressed_words(context)
        self._streams = context.streams or Streams()

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w). Raises DecodeError for what the text
        does not allow."""
        check_output(out, rect)
        deflated = deflated_part(payload, self._streams, STREAM)
        places = list(tiles_of(rect))
        size = self._words.size
        # the longest there is: runs of one pixel each, or a palette and an index and a length a pixel
        most = len(places) * (1 + MOST_IN_RUNS * size) + rect.area * (size + 1)
        reader = ZrleTiles(self._streams.inflate(STREAM, deflated, most), self._words)
        words = np.empty((rect.h, rect.w), np.uint32)
        for place in places:
            words[place.y : place.bottom, place.x : place.right] = reader.tile(place.h, place.w)
        if reader.left:
            raise DecodeError(f"ZRLE: {reader.left} bytes are left over")
        self._words.to_canonical(words, out)

    def close(self) -> None:
        """The stream belongs to the connection."""


def tiles_of(rect: Rect) -> Iterator[Rect]:
    """The tiles of a rectangle, relative to it, row by row."""
    for y in range(0, rect.h, TILE):
        for x in range(0, rect.w, TILE):
            yield Rect(x, y, min(TILE, rect.w - x), min(TILE, rect.h - y))


def _coded(tile: Words, words: PixelWords) -> tuple[bytes, ...]:
    """One tile in the shortest way, before zlib."""
    height, width = tile.shape
    flat = np.ascontiguousarray(tile).reshape(-1)
    runs = runs_of(flat)
    count, size = len(runs.words), words.size
    if count == 1:
        return bytes([SOLID]), words.pack(flat[:1]).tobytes()
    colours = colours_of(runs.words, MOST_IN_RUNS)
    longer = int((runs.lengths > 1).sum())
    more = int(((runs.lengths - 1) // 255).sum())
    costs = [(flat.size * size, RAW), (count * (size + 1) + more, PLAIN_RUNS)]
    bits = 0
    if colours is not None:
        costs.append((len(colours) * size + count + longer + more, PLAIN_RUNS + len(colours)))
        if len(colours) <= MOST_PACKED:
            bits = packed_bits(len(colours))
        if bits and not width * bits % 8:  # vncdotool 1.4 forgets that rows are filled up to whole bytes
            costs.append((len(colours) * size + width * bits // 8 * height, len(colours)))
    way = min(costs)[1]
    if way == PLAIN_RUNS:
        return bytes([PLAIN_RUNS]), pack_plain_runs(words.pack(runs.words), runs.lengths).tobytes()
    if way == RAW or colours is None:
        return bytes([RAW]), words.pack(flat).tobytes()
    start = bytes([way]) + words.pack(colours).tobytes()
    if way > PLAIN_RUNS:
        return start, pack_palette_runs(indices_of(runs.words, colours), runs.lengths).tobytes()
    return start, pack_indices(indices_of(flat, colours).reshape(height, width), bits).tobytes()
