"""Stages 6 and 7 for one head: decode into its framebuffer, then prove what stands there.

Runs in a lane. Nothing here trusts a decoder: digests are taken from the framebuffer, after the write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from rfb_ext.codecs.base import Codec, CodecContext, Decoder
from rfb_ext.codecs.streams import Streams
from rfb_ext.errors import DecodeError
from rfb_ext.frame.digest import HeadDigest, chain_digest, content_digest, placed_digest
from rfb_ext.frame.frames import Head, Pixels
from rfb_ext.wire.numbers import ResyncReason
from rfb_ext.wire.rectangles import PixelRectangle, RectangleDigest, UpdateBegin, UpdateEnd
from rfb_ext.wire.types import PixelFormat, Rect


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a head is unverified: `encoding` is the one that failed, None if none in particular."""

    reason: ResyncReason
    encoding: int | None
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of one update. `proven`: complete, no fault, head digest equal. `region`: what was
    written, head coordinates. `decode_us`: time in the lane."""

    head: Head
    number: int
    serial: int
    faults: tuple[Fault, ...]
    complete: bool
    proven: bool
    region: tuple[Rect, ...]
    decode_us: int
    input_tag: int
    head_digest: bytes


class HeadPicture:
    """The framebuffer of one head and the decoders that write to it.

    `seed`: of the digests, None where the server has none. `codecs`: by encoding. `clock`: monotonic
    microseconds. `streams`: the zlib streams of another maker's connection.
    """

    def __init__(
        self,
        head: Head,
        *,
        seed: int | None,
        codecs: Mapping[int, Codec],
        pixel_format: PixelFormat,
        clock: Callable[[], int],
        streams: Streams | None = None,
    ) -> None:
        self.head = head
        self.pixels: Pixels = np.zeros((head.rect.h, head.rect.w), dtype="<u4")
        self._seed = seed
        self._codecs = codecs
        self._context = CodecContext(head.depth, pixel_format, streams, self._source)
        self._clock = clock
        self._decoders: dict[int, Decoder] = {}
        self._digest = HeadDigest(seed or 0, head)
        self._faults: list[Fault] = []
        self._region: list[Rect] = []
        self._chain: list[bytes] = []
        self._spent = 0

    def rectangle(
        self, begin: UpdateBegin | None, digest: RectangleDigest | None, rectangle: PixelRectangle
    ) -> None:
        """Decodes and checks one rectangle; a fault is kept for `finish`."""
        started = self._clock()
        rect = rectangle.rect.moved(-self.head.rect.x, -self.head.rect.y)
        out = self.pixels[rect.y : rect.bottom, rect.x : rect.right]
        self._region.append(rect)
        self._digest.touch_rows(rect.y, rect.bottom)
        try:
            self._decoder(rectangle.encoding).decode(rectangle.payload, rectangle.rect, out)
        except DecodeError as error:
            self._fault(
                ResyncReason.DECODE_ERROR, rectangle.encoding, f"a rectangle could not be decoded: {error}"
            )
        else:
            if begin is not None and digest is not None:
                self._check(begin, digest, rectangle, out)
        self._spent += self._clock() - started

    def finish(self, begin: UpdateBegin | None, end: UpdateEnd | None, faults: tuple[Fault, ...]) -> Outcome:
        """The update is over; `faults`: those found in its headers. Without digests nothing is proven."""
        started = self._clock()
        self._faults.extend(faults)
        proven = False
        if begin is not None and end is not None and not faults:
            proven = self._check_end(begin, end)
        outcome = Outcome(
            self.head,
            begin.update if begin is not None else 0,
            begin.serial if begin is not None else 0,
            tuple(self._faults),
            end.complete if end is not None else begin is None,
            proven,
            tuple(self._region),
            self._spent + self._clock() - started,
            begin.input_tag if begin is not None else 0,
            end.head_digest if end is not None else b"",
        )
        self._faults, self._region, self._chain, self._spent = [], [], [], 0
        return outcome

    def close(self) -> None:
        """Frees every decoder."""
        for decoder in self._decoders.values():
            decoder.close()
        self._decoders.clear()

    def _source(self, rect: Rect) -> Pixels:
        """What stands in a rectangle of the framebuffer now, for CopyRect."""
        inside = self.head.rect.contains(rect)
        if not inside:
            raise DecodeError("pixels were to be copied from outside the head")
        at = rect.moved(-self.head.rect.x, -self.head.rect.y)
        return self.pixels[at.y : at.bottom, at.x : at.right]

    def _decoder(self, encoding: int) -> Decoder:
        decoder = self._decoders.get(encoding)
        if decoder is None:
            codec = self._codecs.get(encoding)
            if codec is None:
                raise DecodeError(f"encoding {encoding} is not one this viewer decodes")
            decoder = self._decoders[encoding] = codec.new_decoder(self._context)
        return decoder

    def _check(
        self, begin: UpdateBegin, digest: RectangleDigest, rectangle: PixelRectangle, out: Pixels
    ) -> None:
        seed = self._seed or 0
        content = content_digest(seed, out, self.head.depth)
        placed = placed_digest(
            seed,
            content,
            head=self.head.id,
            x=rectangle.rect.x,
            y=rectangle.rect.y,
            update=begin.update,
            serial=begin.serial,
            captured_us=begin.captured_us,
            input_tag=begin.input_tag,
        )
        self._chain.append(placed)
        if content != digest.content or placed != digest.placed:
            self._fault(
                ResyncReason.MISMATCH, rectangle.encoding, "pixels arrived that are not the captured ones"
            )

    def _check_end(self, begin: UpdateBegin, end: UpdateEnd) -> bool:
        seed = self._seed or 0
        if end.rectangles != len(self._region) or end.chain != chain_digest(seed, self._chain):
            if not self._faults:
                self._fault(ResyncReason.BAD_HEADER, None, "a rectangle was lost on the way")
            return False
        if not end.complete or self._faults:
            return False
        if self._digest.digest(self.pixels, begin.serial) != end.head_digest:
            self._fault(ResyncReason.HEAD_DIGEST, None, "the picture as a whole is not the captured one")
            return False
        return True

    def _fault(self, reason: ResyncReason, encoding: int | None, sentence: str) -> None:
        self._faults.append(Fault(reason, encoding, sentence))
