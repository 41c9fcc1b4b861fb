"""Tight (7): one colour, a palette of up to 256, or every pixel, through one of four zlib streams.

Source: rfbproto, "Tight Encoding". Never JPEG on our side; the decoder refuses it, and PNG, which are no
part of what is proven lossless here. Decodes all filters, also the gradient, which we never send.
"""

from __future__ import annotations

import numpy as np

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.channels import check_input, check_output
from rfb_ext.codecs.gradient import undo_gradient
from rfb_ext.codecs.palette import colours_of, indices_of, pack_indices, unpack_indices
from rfb_ext.codecs.pixel_words import Words, tight_words
from rfb_ext.codecs.streams import Streams
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.numbers import MAX_TIGHT_DATA, MAX_TIGHT_WIDTH
from rfb_ext.wire.standard_rectangles import (
    TIGHT_COPY,
    TIGHT_FILL,
    TIGHT_FILTER_FOLLOWS,
    TIGHT_GRADIENT,
    TIGHT_JPEG,
    TIGHT_PALETTE,
    TIGHT_PNG,
    TIGHT_UNCOMPRESSED,
    most_deflated,
    packed_size,
)
from rfb_ext.wire.types import Rect

PIECE_WIDTH, PIECE_HEIGHT = 512, 128
"""What tight_pieces cuts to: large enough that a header is nothing, small enough that flat parts of a
screen stay apart from pictures."""
STREAM_COLOUR, STREAM_TWO, STREAM_PALETTE = 0, 1, 2
STREAMS = 4


def tight_pieces(rect: Rect) -> tuple[Rect, ...]:
    """`rect` cut into rectangles that Tight can carry, row by row: width, and length of the data, have
    bounds there. Encode and send them in this order."""
    return tuple(
        Rect(x, y, min(PIECE_WIDTH, rect.right - x), min(PIECE_HEIGHT, rect.bottom - y))
        for y in range(rect.y, rect.bottom, PIECE_HEIGHT)
        for x in range(rect.x, rect.right, PIECE_WIDTH)
    )


class TightEncoder:
    """Each picture continues the streams of those before it."""

    def __init__(self, context: CodecContext) -> None:
        self._words = tight_words(context)
        self._streams = context.streams or Streams()

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """The payload. Raises EncodeError for a shape not that of `rect`, an empty rectangle, one wider
        than 2048, or one whose data might be longer than Tight can say (see tight_pieces)."""
        check_input(pixels, rect)
        size = self._words.size
        if rect.w > MAX_TIGHT_WIDTH or most_deflated(rect.area * size) > MAX_TIGHT_DATA:
            raise EncodeError(f"Tight carries no rectangle of {rect.w}x{rect.h}; cut it")
        words = self._words.from_canonical(pixels)
        flat = words.reshape(-1)
        if flat[0] == flat[-1] and (flat == flat[0]).all():
            return bytes([TIGHT_FILL << 4]) + self._words.pack(flat[:1]).tobytes()
        colours = colours_of(flat, 256 if size > 1 else 2)
        if colours is None or len(colours) * size + packed_size(rect, len(colours)) >= flat.size * size:
            return self._basic(STREAM_COLOUR, b"", self._words.pack(flat).data)
        indices = indices_of(flat, colours)
        start = bytes([TIGHT_PALETTE, len(colours) - 1]) + self._words.pack(colours).tobytes()
        if len(colours) == 2:
            return self._basic(STREAM_TWO, start, pack_indices(indices.reshape(words.shape), 1).data)
        return self._basic(STREAM_PALETTE, start, indices.data)

    def close(self) -> None:
        """The streams belong to the connection."""

    def _basic(self, stream: int, start: bytes, data: memoryview) -> bytes:
        control = stream << 4 | (TIGHT_FILTER_FOLLOWS if start else 0)
        if data.nbytes < TIGHT_UNCOMPRESSED:
            return bytes([control]) + start + data.tobytes()
        name = _stream_name(stream)
        if not self._streams.deflates(name):
            control |= 1 << stream  # a new stream: whatever the other end had in it is over
        deflated = self._streams.deflate(name, data)
        return b"".join((bytes([control]), start, _compact_length(len(deflated)), deflated))


class TightDecoder:
    """Takes whatever a lossless Tight encoder may send."""

    def __init__(self, context: CodecContext) -> None:
        self._words = tight_words(context)
        self._streams = context.streams or Streams()

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w). Raises DecodeError for JPEG, PNG, and
        what the text does not allow; a stream that failed stays broken until the sender starts it anew."""
        check_output(out, rect)
        if rect.w > MAX_TIGHT_WIDTH:
            raise DecodeError(f"Tight: {rect.w} pixels in a row are more than {MAX_TIGHT_WIDTH}")
        reader = _Reader(payload)
        control = reader.byte()
        for stream in range(STREAMS):
            if control >> stream & 1:
                self._streams.start_anew(_stream_name(stream))
        kind = control >> 4
        if kind == TIGHT_FILL:
            word = self._words.unpack(reader.take(self._words.size), 1)
            words = np.broadcast_to(word, (rect.h, rect.w))
        elif kind == TIGHT_JPEG:
            raise DecodeError("Tight: JPEG loses information; the server must not send it")
        elif kind == TIGHT_PNG:
            raise DecodeError("Tight: a PNG picture is not taken")
        elif kind > TIGHT_PNG:
            raise DecodeError(f"Tight: compression {kind} is not known")
        else:
            name = _stream_name(control >> 4 & 3)
            try:
                words = self._basic(reader, control, name, rect)
            except DecodeError:
                self._streams.break_off(name)
                raise
        reader.finish()
        self._words.to_canonical(words, out)

    def close(self) -> None:
        """The streams belong to the connection."""

    def _basic(self, reader: _Reader, control: int, name: str, rect: Rect) -> Words:
        filtered = reader.byte() if control & TIGHT_FILTER_FOLLOWS else TIGHT_COPY
        if filtered == TIGHT_PALETTE:
            return self._palette(reader, name, rect)
        if filtered not in (TIGHT_COPY, TIGHT_GRADIENT):
            raise DecodeError(f"Tight: filter {filtered} is not known")
        data = self._data(reader, name, rect.area * self._words.size)
        words = self._words.unpack(data, rect.area).reshape(rect.h, rect.w)
        if filtered == TIGHT_GRADIENT:
            undo_gradient(words, self._words.pixel_format)
        return words

    def _palette(self, reader: _Reader, name: str, rect: Rect) -> Words:
        count = reader.byte() + 1
        if count < 2:
            raise DecodeError("Tight: a palette of one colour")
        colours = self._words.unpack(reader.take(count * self._words.size), count)
        data = self._data(reader, name, packed_size(rect, count))
        if count == 2:
            return colours[unpack_indices(data, 1, rect.h, rect.w)]
        indices = np.frombuffer(data, np.uint8).reshape(rect.h, rect.w)
        if int(indices.max()) >= count:
            raise DecodeError(f"Tight: an index is beyond the {count} colours of its palette")
        return colours[indices]

    def _data(self, reader: _Reader, name: str, size: int) -> bytes | memoryview:
        if size < TIGHT_UNCOMPRESSED:
            return reader.take(size)
        return self._streams.inflate_exactly(name, reader.rest_by_length(), size)


class _Reader:
    """A payload from its first byte on."""

    def __init__(self, payload: bytes | memoryview) -> None:
        self._rest = memoryview(payload)

    def take(self, count: int) -> memoryview:
        if count > len(self._rest):
            raise DecodeError("Tight: the payload is shorter than what it says")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def rest_by_length(self) -> memoryview:
        """A compact length (seven bits a byte from the lowest, at most three bytes) and as many bytes."""
        length = 0
        for shift in (0, 7, 14):
            value = self.byte()
            length |= (value if shift == 14 else value & 0x7F) << shift
            if not value & 0x80:
                break
        return self.take(length)

    def finish(self) -> None:
        if self._rest:
            raise DecodeError(f"Tight: {len(self._rest)} bytes are left over")


def _stream_name(number: int) -> str:
    return f"Tight {number}"


def _compact_length(length: int) -> bytes:
    if length < 1 << 7:
        return bytes([length])
    if length < 1 << 14:
        return bytes([length & 0x7F | 0x80, length >> 7])
    return bytes([length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14])
