"""CopyRect (1): pixels that the other end already has, elsewhere. Source: RFC 6143 section 7.7.2.

What is copied is never looked at here: it is exact only if what lay there was.
"""

from __future__ import annotations

import struct

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.channels import check_input, check_output
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect

PLACE = struct.Struct(">HH")


def copy_payload(source: Rect) -> bytes:
    """The payload that copies the pixels at `source`, whose size is that of the rectangle sent."""
    return PLACE.pack(source.x, source.y)


class CopyRectEncoder:
    """Pixels do not say where else they are."""

    def __init__(self, context: CodecContext) -> None:
        pass

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """Raises EncodeError: use copy_payload where the source is known."""
        check_input(pixels, rect)
        raise EncodeError("CopyRect carries a place, not pixels")

    def close(self) -> None:
        """Nothing is held."""


class CopyRectDecoder:
    """Copies within the framebuffer of `context.source`."""

    def __init__(self, context: CodecContext) -> None:
        self._source = context.source

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes to `out`, shape (rect.h, rect.w), what the source held before, also where both overlap.
        Raises DecodeError for another length or a source that is not in the framebuffer."""
        check_output(out, rect)
        if len(payload) != PLACE.size:
            raise DecodeError(f"CopyRect: {len(payload)} bytes are no place")
        if self._source is None:
            raise DecodeError("CopyRect: there is no framebuffer to copy from")
        x, y = PLACE.unpack(payload)
        try:
            place = Rect(x, y, rect.w, rect.h)
        except ValueError as error:
            raise DecodeError(f"CopyRect: {error}") from None
        pixels = self._source(place)
        if pixels.shape != out.shape:
            raise DecodeError(f"CopyRect: {place} is not within the framebuffer")
        out[...] = pixels  # numpy copies first where both overlap

    def close(self) -> None:
        """Nothing is held."""
