"""Raw (0): every pixel as it is, in the session's pixel format (RFC 6143 section 7.7.1).

In a radterm session that format is the canonical one, and the payload is the pixels themselves.
"""

from __future__ import annotations

from rfb_ext.codecs.base import CodecContext
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.frame.convert import pack_pixels, unpack_pixels
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect


class RawEncoder:
    """Lossless when the format is canonical; a narrower format cuts low bits as convert says."""

    def __init__(self, context: CodecContext) -> None:
        self._context = context

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """w * h pixels in the context's format, row by row. Raises EncodeError for a shape not that of
        `rect`."""
        if pixels.shape != (rect.h, rect.w):
            raise EncodeError(f"pixels of shape {pixels.shape} are no picture of {rect}")
        return pack_pixels(pixels, self._context.depth, self._context.pixel_format)

    def close(self) -> None:
        """Nothing is held."""


class RawDecoder:
    """Takes exactly w * h pixels."""

    def __init__(self, context: CodecContext) -> None:
        self._context = context

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w). Raises DecodeError for any other
        length."""
        if out.shape != (rect.h, rect.w):
            raise DecodeError(f"an output of shape {out.shape} takes no picture of {rect}")
        unpack_pixels(payload, self._context.depth, self._context.pixel_format, out)

    def close(self) -> None:
        """Nothing is held."""
