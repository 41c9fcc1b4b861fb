"""The veil over a STALE picture: dimmed and hatched, so that nobody reads it by mistake.

It is a function of the picture and of the place on the glass, so that any part of it can be drawn again.
"""

from __future__ import annotations

import numpy as np

from radterm.viewer.words import dimmed, word
from rfb_ext.frame.frames import Pixels

SPACING = 36
LINE = 3
COLOUR = (104, 88, 52)


def draw_veil(out: Pixels, x: int, y: int, bits: int) -> None:
    """Veils `out`, words of a glass of `bits`, whose top left pixel lies at (x, y) of the glass."""
    height, width = out.shape
    columns = np.arange(x, x + width, dtype=np.uint32)
    rows = np.arange(y, y + height, dtype=np.uint32)
    line = np.zeros(SPACING, bool)
    line[:LINE] = True
    out[:] = dimmed(out, bits)
    hatched = line[(columns[None, :] + rows[:, None]) % SPACING]
    out[hatched] = word(COLOUR, bits)
