"""For codecs whose contexts are dear: damage that moves a little keeps the rectangle it had."""

from __future__ import annotations

from rfb_ext.wire.types import Rect

REMEMBERED = 4
WASTE = 8


class StickyRects:
    """The last few rectangles of one head. A new damage gets the smallest remembered one that holds it
    and is at most 8 times as large, else becomes one itself."""

    def __init__(self) -> None:
        self._rects: list[Rect] = []

    def hold(self, damage: Rect) -> Rect:
        fitting = [r for r in self._rects if r.contains(damage) and r.area <= WASTE * damage.area]
        rect = min(fitting, key=lambda r: r.area) if fitting else damage
        if rect in self._rects:
            self._rects.remove(rect)
        self._rects.append(rect)
        del self._rects[:-REMEMBERED]
        return rect
