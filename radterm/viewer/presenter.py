"""From an update to the glass, as a whole and 1:1. The last whole picture is kept, for the session's own
pixels may be newer already when a window must be painted again.

A picture that is smaller than the window stands in its middle; of a larger one a part is visible, and it
can be scrolled. Badge and veil are laid over what is painted and never into what is kept.
"""

from __future__ import annotations

import numpy as np

from radterm.client.base import ReadyUpdate
from radterm.viewer.glass import Glass
from radterm.viewer.veil import draw_veil
from radterm.viewer.words import RGBA, Box, blend, to_glass, word
from rfb_ext.errors import ViewerError
from rfb_ext.frame.frames import Head, Pixels
from rfb_ext.wire.types import Rect

BORDER = (12, 12, 12)


class Presenter:
    """One head on one glass. `badge`: straight alpha image at a place on the glass, None: no badge."""

    def __init__(self, head: Head, glass: Glass) -> None:
        self.head = head
        self._glass = glass
        self._kept: Pixels = np.zeros((head.rect.h, head.rect.w), "<u4")
        self._memory: Pixels = self._kept
        self._scroll = [0, 0]
        self._badge: tuple[int, int, RGBA] | None = None
        self._veiled = False
        self.refit()

    # --- what is where ---

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window."""
        return self._memory.shape[1], self._memory.shape[0]

    @property
    def bits_lost(self) -> bool:
        return self.head.depth > self._glass.bits

    @property
    def partly_visible(self) -> bool:
        width, height = self.size
        return self.head.rect.w > width or self.head.rect.h > height

    @property
    def origin(self) -> tuple[int, int]:
        """Where the picture's top left pixel is in the window; negative when it is scrolled."""
        places = []
        for window, picture, scroll in zip(
            self.size, (self.head.rect.w, self.head.rect.h), self._scroll, strict=True
        ):
            places.append((window - picture) // 2 if window >= picture else -min(scroll, picture - window))
        return places[0], places[1]

    def in_head(self, x: int, y: int) -> tuple[int, int]:
        """A place in the window as one in the head; outside the picture: its edge."""
        left, top = self.origin
        return (
            min(max(x - left, 0), self.head.rect.w - 1),
            min(max(y - top, 0), self.head.rect.h - 1),
        )

    # --- what happens ---

    def show(self, update: ReadyUpdate) -> None:
        """Puts an update on the glass; `update.pixels` is not needed any more when it returns."""
        box = Rect(0, 0, 0, 0)
        for r in update.region:
            there = np.s_[r.y : r.bottom, r.x : r.right]
            to_glass(update.pixels[there], self.head.depth, self._kept[there], self._glass.bits)
            self._paint(self._on_glass(r))
            box = box.union(r)
        self._push(self._on_glass(box))

    def overlay(self, veiled: bool, badge: tuple[int, int, RGBA] | None) -> None:
        """Veil and badge from now on; what they do not cover any more is restored."""
        boxes = [] if veiled == self._veiled else [(0, 0, *self.size)]
        boxes += [
            (x, y, image.shape[1], image.shape[0]) for x, y, image in filter(None, (self._badge, badge))
        ]
        self._veiled, self._badge = veiled, badge
        if boxes:
            left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
            right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
            box = self._clipped((left, top, right - left, bottom - top))
            self._paint(box)
            self._push(box)

    def refit(self) -> None:
        """The window's size or its memory is another: everything is painted again."""
        self._memory = self._glass.acquire()
        self.repaint()

    def repaint(self) -> None:
        """Shows the last whole picture again."""
        box = (0, 0, *self.size)
        self._paint(box)
        self._push(box)

    def scroll(self, dx: int, dy: int) -> None:
        """Moves the visible part, where the picture does not fit the window."""
        for axis, (step, window, picture) in enumerate(
            zip((dx, dy), self.size, (self.head.rect.w, self.head.rect.h), strict=True)
        ):
            self._scroll[axis] = min(max(self._scroll[axis] + step, 0), max(0, picture - window))
        self.repaint()

    # --- inside ---

    def _on_glass(self, r: Rect) -> Box:
        left, top = self.origin
        return self._clipped((r.x + left, r.y + top, r.w, r.h))

    def _clipped(self, box: Box) -> Box:
        x, y = max(box[0], 0), max(box[1], 0)
        right, bottom = min(box[0] + box[2], self.size[0]), min(box[1] + box[3], self.size[1])
        return x, y, max(0, right - x), max(0, bottom - y)

    def _paint(self, box: Box) -> None:
        """Composes one rectangle of the window's memory: border, picture, veil, badge."""
        x, y, w, h = box
        if not w or not h:
            return
        left, top = self.origin
        px, py = max(x, left), max(y, top)
        pr, pb = min(x + w, left + self.head.rect.w), min(y + h, top + self.head.rect.h)
        if (px, py, pr, pb) != (x, y, x + w, y + h):
            self._memory[y : y + h, x : x + w] = word(BORDER, self._glass.bits)
        if px < pr and py < pb:
            target = self._memory[py:pb, px:pr]
            np.copyto(target, self._kept[py - top : pb - top, px - left : pr - left])
            if self._veiled:
                draw_veil(target, px, py, self._glass.bits)
        if self._badge is not None:
            bx, by, image = self._badge
            cx, cy = max(x, bx), max(y, by)
            cr, cb = min(x + w, bx + image.shape[1]), min(y + h, by + image.shape[0])
            if cx < cr and cy < cb:
                part = image[cy - by : cb - by, cx - bx : cr - bx]
                blend(part, self._memory[cy:cb, cx:cr], self._glass.bits)

    def _push(self, box: Box) -> None:
        """Shows one rectangle; when the window has changed its size meanwhile, all of it."""
        if not box[2] or not box[3]:
            return
        if self._glass.push(box):
            return
        self._memory = self._glass.acquire()
        whole = (0, 0, *self.size)
        self._paint(whole)
        if not self._glass.push(whole):
            raise ViewerError("the window cannot be painted; start the viewer again")
