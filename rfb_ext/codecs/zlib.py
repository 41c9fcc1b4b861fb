"""zlib (6): raw pixels through one zlib stream for the connection. Source: rfbproto, "zlib Encoding"."""

from __future__ import annotations

import struct

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.channels import check_input, check_output
from rfb_ext.codecs.pixel_words import pixel_words
from rfb_ext.codecs.streams import Streams
from rfb_ext.errors import DecodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect

LENGTH = struct.Struct(">I")
STREAM = "zlib"


class ZlibEncoder:
    """Each picture continues the stream of those before it."""

    def __init__(self, context: CodecContext) -> None:
        self._words = pixel_words(context)
        self._streams = context.streams or Streams()

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """The payload. Raises EncodeError for a shape not that of `rect` or an empty rectangle."""
        check_input(pixels, rect)
        packed = self._words.pack(self._words.from_canonical(pixels))
        deflated = self._streams.deflate(STREAM, packed.data)
        return LENGTH.pack(len(deflated)) + deflated

    def close(self) -> None:
        """The stream belongs to the connection."""


class ZlibDecoder:
    """After a failure of the stream nothing can be decoded any more on this connection."""

    def __init__(self, context: CodecContext) -> None:
        self._words = pixel_words(context)
        self._streams = context.streams or Streams()

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w). Raises DecodeError for anything but
        exactly the pixels of `rect`."""
        check_output(out, rect)
        deflated = deflated_part(payload, self._streams, STREAM)
        data = self._streams.inflate_exactly(STREAM, deflated, rect.area * self._words.size)
        self._words.to_canonical(self._words.unpack(data, rect.area).reshape(rect.h, rect.w), out)

    def close(self) -> None:
        """The stream belongs to the connection."""


def deflated_part(payload: bytes | memoryview, streams: Streams, name: str) -> memoryview:
    """What follows the U32 length. Raises DecodeError, and breaks the stream, if that is not the length."""
    if len(payload) < LENGTH.size or LENGTH.unpack_from(payload)[0] != len(payload) - LENGTH.size:
        streams.break_off(name)
        raise DecodeError(f"{name}: {len(payload)} bytes are not as long as they say")
    return memoryview(payload)[LENGTH.size :]
