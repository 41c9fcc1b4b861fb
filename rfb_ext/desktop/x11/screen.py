"""Reads rectangles of the root window: one GetImage into shared memory each, so that all pixels of a
rectangle are of one instant (MIT-SHM protocol, ShmGetImage)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xcffib.xproto

from rfb_ext.desktop.x11.display import Display
from rfb_ext.desktop.x11.shared_memory import Segment
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import PixelFormat, Rect, canonical_format

STRIP = 64
"""Rows converted or compared at a time, so that intermediate words stay in the cache."""

_ALL_PLANES = 0xFFFFFFFF


class ScreenReader:
    """Reads the root window of `display`; used from the capture thread only."""

    def __init__(self, display: Display, most_pixels: int) -> None:
        self._display = display
        self._segment = Segment(display, 4 * most_pixels)
        self._canonical = canonical_format(display.depth)

    def fit(self, most_pixels: int) -> None:
        """Rectangles of up to `most_pixels` will be read from now on. Raises CaptureError."""
        if 4 * most_pixels > self._segment.size:
            self._segment.detach(self._display)
            self._segment = Segment(self._display, 4 * most_pixels)

    def read(self, rect: Rect) -> Pixels:
        """The root window's words in `rect` (root coordinates), shape (rect.h, rect.w), as the server keeps
        them: canonical() makes pixels of them. They are overwritten by the next read. Raises
        xcffib.xproto.MatchError if the rectangle is not inside the root window any more."""
        self._display.shm.GetImage(
            self._display.root, rect.x, rect.y, rect.w, rect.h, _ALL_PLANES,
            xcffib.xproto.ImageFormat.ZPixmap, self._segment.xid, 0,
        ).reply()  # fmt: skip
        return self._segment.words(rect.area).reshape(rect.h, rect.w)

    def canonical(self, words: Pixels, out: Pixels) -> None:
        """Writes the canonical pixels of `words` to `out`, of the same shape; padding bits become 0."""
        to_canonical(words, self._display.pixel_format, self._canonical, out)

    def difference(self, words: Pixels, pixels: Pixels) -> npt.NDArray[np.bool_] | None:
        """Where `words` are not exactly these canonical pixels, of the same shape; None if they are."""
        scratch = np.empty((min(STRIP, len(words)), words.shape[1]), dtype="<u4")
        for top in range(0, len(words), STRIP):
            part = words[top : top + STRIP]
            self.canonical(part, scratch[: len(part)])
            if not np.array_equal(scratch[: len(part)], pixels[top : top + STRIP]):
                whole = np.empty(words.shape, dtype="<u4")
                self.canonical(words, whole)
                differs: npt.NDArray[np.bool_] = whole != pixels
                return differs
        return None

    def close(self) -> None:
        self._segment.close()


def to_canonical(words: Pixels, given: PixelFormat, wanted: PixelFormat, out: Pixels) -> None:
    """Moves the channels of 32-bit `words` from the shifts of `given` to those of `wanted` and clears all
    other bits. Both formats have the same number of bits a channel; the words are in `given`'s byte order
    but typed '<u4'."""
    bits = wanted.red_max.bit_length()
    if given.big_endian:
        words = words.byteswap()
    moves = (
        (given.red_shift, wanted.red_shift),
        (given.green_shift, wanted.green_shift),
        (given.blue_shift, wanted.blue_shift),
    )
    if all(a == b for a, b in moves):
        np.bitwise_and(words, np.uint32((1 << 3 * bits) - 1), out=out)
        return
    for top in range(0, len(words), STRIP):
        part = words[top : top + STRIP]
        total = np.zeros(part.shape, dtype="<u4")
        for a, b in moves:
            total |= (part >> np.uint32(a) & np.uint32((1 << bits) - 1)) << np.uint32(b)
        out[top : top + STRIP] = total
