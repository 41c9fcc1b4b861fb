"""What the X server says was drawn (DAMAGE protocol 1.1): a hint, never a proof.

The server gathers the region; one event tells that it is not empty any more. Taking it empties it in the
same step, so that whatever is drawn later makes a new event, and a read that follows sees all of it.
"""

from __future__ import annotations

import xcffib.damage

from rfb_ext.desktop.x11.display import Display
from rfb_ext.wire.types import Rect

MAX_RECTS = 32
"""More damaged rectangles than this are taken as their bounding box."""


class ScreenDamage:
    """Damage of the whole root window. `suppressed`: tests lose every event with it."""

    def __init__(self, display: Display, *, suppressed: bool = False) -> None:
        self._display = display
        self._suppressed = suppressed
        self._noted = False
        self._damage, self._region = display.new_id(), display.new_id()
        display.xfixes.CreateRegion(self._region, 0, [])
        display.damage.Create(self._damage, display.root, xcffib.damage.ReportLevel.NonEmpty)

    def note(self, event: object) -> None:
        """Takes every event; keeps in mind that there is damage to take."""
        if isinstance(event, xcffib.damage.NotifyEvent) and not self._suppressed:
            self._noted = True

    @property
    def noted(self) -> bool:
        return self._noted

    def take(self) -> tuple[Rect, ...]:
        """Damaged rectangles in root coordinates since the last call; empties the server's region."""
        if not self._noted:
            return ()
        self._noted = False
        self._display.damage.Subtract(self._damage, 0, self._region)
        reply = self._display.xfixes.FetchRegion(self._region).reply()
        found = [reply.extents] if len(reply.rectangles) > MAX_RECTS else reply.rectangles
        rects = []
        for r in found:
            left, top = max(r.x, 0), max(r.y, 0)
            w, h = r.x + r.width - left, r.y + r.height - top
            if w > 0 and h > 0:
                rects.append(Rect(left, top, w, h))
        return tuple(rects)
