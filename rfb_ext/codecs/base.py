"""What a codec is: an encoder and a decoder for one encoding number, and a test of both.

An encoder is a function of pixels (and of its own earlier pictures, when `ordered`). It never sees a
connection, a digest or a policy. A decoder writes into the framebuffer; that it raised nothing proves
nothing, only the digest decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rfb_ext.codecs.streams import Streams
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import PixelFormat, Rect


@dataclass(frozen=True, slots=True)
class EncodedRect:
    """A rectangle as it goes on the wire: `payload` is everything behind the 12-byte header."""

    rect: Rect
    encoding: int
    payload: bytes | memoryview


class Encoder(Protocol):
    """Encodes rectangles of one head for one viewer, in the order they will be decoded."""

    def encode(self, pixels: Pixels, rect: Rect) -> bytes | memoryview:
        """`pixels`: canonical, shape (rect.h, rect.w), any strides, never written to. `rect` is in the
        framebuffer and names the context of an ordered codec. Returns the payload. Raises EncodeError."""
        ...

    def close(self) -> None:
        """Frees contexts; called from the lane that encoded."""
        ...


class Decoder(Protocol):
    """Decodes rectangles of one head, in the order they were sent."""

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w), any strides: the framebuffer itself.
        `rect` is in the framebuffer. Raises DecodeError; then `out` holds anything."""
        ...

    def close(self) -> None:
        """Frees contexts; called from the lane that decoded."""
        ...


@dataclass(frozen=True, slots=True)
class CodecContext:
    """What an encoder or decoder must know once: bits a channel of its head, and the wire's pixel format
    (canonical in a radterm session).

    `streams`: the zlib streams of the connection, which outlive a change of pixel format and are shared
    by its heads; None: the encoder or decoder has its own, and is the only one of its encoding on this
    connection. `source`: the pixels that the framebuffer holds in a rectangle now, a view that may be
    the one decoded into; raises DecodeError for a rectangle it does not have. CopyRect alone needs it.
    """

    depth: int
    pixel_format: PixelFormat
    streams: Streams | None = None
    source: Callable[[Rect], Pixels] | None = None


@dataclass(frozen=True, slots=True)
class Codec:
    """One encoding. `lossless`: bit-identical by construction. `ordered`: each payload builds on those
    before it, so encode and decode order must be the wire's order and a failure needs a reset.
    `sticky`: prefers that the same rectangle comes again (a context is dear). `resettable`: after a
    failure the two ends can start anew; if not, one failure withdraws it for the rest of the connection.
    `encodes`: rectangles of pixels can be sent in it."""

    name: str
    encoding: int
    lossless: bool
    ordered: bool
    sticky: bool
    new_encoder: Callable[[CodecContext], Encoder]
    new_decoder: Callable[[CodecContext], Decoder]
    resettable: bool = True
    encodes: bool = True
