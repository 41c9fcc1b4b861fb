"""What changed between two frames of a head, by exact comparison of every pixel the hint names."""

from __future__ import annotations

import numpy as np

from rfb_ext.frame.frames import Pixels
from rfb_ext.frame.region import TILE, Region
from rfb_ext.wire.types import Rect


def compare(previous: Pixels, current: Pixels, hint: tuple[Rect, ...] | None) -> Region:
    """The tiles in which two pictures of a head, canonical, both of shape (h, w), differ.

    `hint`: rectangles outside which nothing changed, in head coordinates; None: compare everything.
    Band by band, so that what is compared stays in the cache. Raises ValueError on different shapes.
    """
    if previous.shape != current.shape:
        raise ValueError(f"pictures of shapes {previous.shape} and {current.shape}")
    height, width = current.shape
    looked = Region.whole(width, height) if hint is None else Region(width, height, hint)
    changed = Region(width, height)
    for rect in looked.rects():
        starts = np.arange(0, rect.w, TILE)
        left, columns = rect.x // TILE, len(starts)
        for y in range(rect.y, rect.bottom, TILE):
            bottom = min(y + TILE, rect.bottom)
            differs = previous[y:bottom, rect.x : rect.right] != current[y:bottom, rect.x : rect.right]
            if differs.any():
                tiles = np.logical_or.reduceat(differs.any(axis=0), starts)
                changed.mask[y // TILE, left : left + columns] |= tiles
    return changed
