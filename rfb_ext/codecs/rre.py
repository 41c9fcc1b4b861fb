"""RRE (2): a background and rectangles of one colour on it. Source: RFC 6143 section 7.7.3.

Decoded where a foreign server has nothing better; our encoder, runs of each row, is for the self-test.
"""

from __future__ import annotations

import struct

import numpy as np

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.channels import check_input, check_output
from rfb_ext.codecs.palette import most_common, row_runs_of
from rfb_ext.codecs.pixel_words import pixel_words
from rfb_ext.errors import DecodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect

COUNT = struct.Struct(">I")
PLACE_BYTES = 8
MOST_PAINTED = 4
"""Times that all pixels of the rectangle may be painted by its subrectangles; known encoders paint none
twice."""


class RreEncoder:
    """No picture depends on an earlier one."""

    def __init__(self, context: CodecContext) -> None:
        self._words = pixel_words(context)

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """The payload. Raises EncodeError for a shape not that of `rect` or an empty rectangle."""
        check_input(pixels, rect)
        words = self._words.from_canonical(pixels)
        background, _ = most_common(words)
        runs = row_runs_of(words, background)
        size = self._words.size
        records = np.empty((len(runs.words), size + PLACE_BYTES), np.uint8)
        records[:, :size] = self._words.pack(runs.words)
        places = np.ones((len(records), 4), ">u2")
        for column, values in enumerate((runs.x, runs.y, runs.lengths)):
            places[:, column] = values
        records[:, size:] = places.view(np.uint8)
        start = self._words.pack(np.array([background], np.uint32))
        return COUNT.pack(len(records)) + start.tobytes() + records.tobytes()

    def close(self) -> None:
        """Nothing is held."""


class RreDecoder:
    """Checks every subrectangle before it paints one."""

    def __init__(self, context: CodecContext) -> None:
        self._words = pixel_words(context)

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w). Raises DecodeError for a count that
        does not fit the length, a subrectangle that lies outside, or painting without end."""
        check_output(out, rect)
        size = self._words.size
        if len(payload) < COUNT.size + size:
            raise DecodeError("RRE: the payload is shorter than its header")
        (count,) = COUNT.unpack_from(payload)
        body = np.frombuffer(payload, np.uint8)[COUNT.size :]
        if count > rect.area or len(body) != size + count * (size + PLACE_BYTES):
            raise DecodeError(f"RRE: {count} subrectangles do not fit {len(payload)} bytes of {rect}")
        background = self._words.unpack(body[:size], 1)
        records = body[size:].reshape(count, size + PLACE_BYTES)
        colours = self._words.unpack(np.ascontiguousarray(records[:, :size]), count)
        x, y, w, h = np.ascontiguousarray(records[:, size:]).view(">u2").astype(np.int64).T
        if (x + w > rect.w).any() or (y + h > rect.h).any():
            raise DecodeError("RRE: a subrectangle lies outside its rectangle")
        if int((w * h).sum()) > MOST_PAINTED * rect.area:
            raise DecodeError("RRE: its subrectangles paint each pixel again and again")
        words = np.full((rect.h, rect.w), background[0], np.uint32)
        right, bottom = x + w, y + h
        for colour, left, top, r, b in zip(
            colours, x.tolist(), y.tolist(), right.tolist(), bottom.tolist(), strict=True
        ):
            words[top:b, left:r] = colour
        self._words.to_canonical(words, out)

    def close(self) -> None:
        """Nothing is held."""
