"""Stages 3 and 4 of a frame's way for one head and one viewer: classify, digest, choose, encode.

Runs in a lane: never on the reactor's thread, and never two at a time for the same viewer and head.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from rfb_ext.codecs.base import Codec, CodecContext, EncodedRect, Encoder
from rfb_ext.codecs.streams import Streams
from rfb_ext.codecs.tight import tight_pieces
from rfb_ext.errors import EncodeError
from rfb_ext.frame.classify import classify
from rfb_ext.frame.digest import content_digest
from rfb_ext.frame.frames import Head, Pixels
from rfb_ext.server.pictures import EncodedHead, HeadJob, ProvenRect
from rfb_ext.server.policy import choose
from rfb_ext.server.sticky import StickyRects
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.types import PixelFormat, Rect, canonical_format


class FrameLine:
    """Encodes one head for one viewer, with codec contexts of its own.

    `offered`: codecs both sides can use. `forced`: a codec's name or None. `radterm`: False for a standard
    viewer, which cannot check digests and gets `pixel_format` in the first of `offered`; else canonical
    pixels. `streams`: the zlib streams of a standard viewer's connection.
    """

    def __init__(
        self,
        head: Head,
        offered: Sequence[Codec],
        pixel_format: PixelFormat,
        *,
        seed: int,
        radterm: bool,
        forced: str | None,
        clock: Callable[[], int],
        streams: Streams | None = None,
    ) -> None:
        self._head = head
        self._offered = tuple(offered)
        wire_format = canonical_format(head.depth) if radterm else pixel_format
        self._context = CodecContext(head.depth, wire_format, streams)
        self._seed = seed
        self._radterm = radterm
        if not radterm and forced not in [codec.name for codec in offered]:
            forced = offered[0].name  # a standard viewer lists what it likes best first
        self._forced = forced
        self._broken: set[int] = set()
        self._clock = clock
        self._encoders: dict[int, Encoder] = {}
        self._sticky = StickyRects()

    def encode(self, job: HeadJob) -> EncodedHead:
        """Raises LossRefused, or EncodeError when not even the last codec could encode."""
        started = self._clock()
        for encoding in job.avoided:
            self._forget(encoding)  # what failed starts anew, with a reset, should it be used again
        failed: list[str] = []
        rects = tuple(self._rectangle(job, rect, failed) for rect in self._cut(job))
        return EncodedHead(job, rects, tuple(failed), self._clock() - started)

    def close(self) -> None:
        """Frees every context."""
        for encoding in list(self._encoders):
            self._forget(encoding)

    def _cut(self, job: HeadJob) -> tuple[Rect, ...]:
        """The job's rectangles as the codec to come likes them."""
        if not job.rects:
            return ()
        box = job.rects[0]
        for rect in job.rects:
            box = box.union(rect)
        sample = job.picture.frame.pixels[box.y : box.bottom, box.x : box.right]
        codec = self._choose(sample, job.avoided)
        if codec.sticky:
            return (self._sticky.hold(box),)
        if codec.encoding == Encoding.TIGHT:
            return tuple(piece for rect in job.rects for piece in tight_pieces(rect))
        return job.rects

    def _choose(self, pixels: Pixels, avoided: Collection[int]) -> Codec:
        content = classify(pixels, self._head.depth)
        avoided = {*avoided, *self._broken}
        return choose(self._head, content, self._offered, forced=self._forced, avoided=avoided)

    def _rectangle(self, job: HeadJob, rect: Rect, failed: list[str]) -> ProvenRect:
        pixels = job.picture.frame.pixels[rect.y : rect.bottom, rect.x : rect.right]
        digest = content_digest(self._seed, pixels, self._head.depth) if self._radterm else b""
        place = rect.moved(self._head.rect.x, self._head.rect.y)
        avoided = set(job.avoided)
        while True:
            codec = self._choose(pixels, avoided)
            try:
                payload = self._encoder(codec).encode(pixels, place)
            except EncodeError:
                self._forget(codec.encoding)
                failed.append(codec.name)
                if not codec.resettable:
                    self._broken.add(codec.encoding)
                if codec.encoding in avoided:
                    raise
                avoided.add(codec.encoding)
                continue
            return ProvenRect(EncodedRect(place, codec.encoding, payload), digest, codec.name)

    def _encoder(self, codec: Codec) -> Encoder:
        encoder = self._encoders.get(codec.encoding)
        if encoder is None:
            encoder = self._encoders[codec.encoding] = codec.new_encoder(self._context)
        return encoder

    def _forget(self, encoding: int) -> None:
        encoder = self._encoders.pop(encoding, None)
        if encoder is not None:
            encoder.close()
