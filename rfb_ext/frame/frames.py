"""Head, Frame and Cursor: one monitor, its picture at one instant, and the pointer's picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rfb_ext.wire.numbers import HeadPolicy
from rfb_ext.wire.types import Rect

Pixels = npt.NDArray[np.uint32]
"""Canonical pixels, shape (height, width), dtype '<u4': R<<16|G<<8|B, or R<<20|G<<10|B at depth 10."""


@dataclass(frozen=True, slots=True)
class Head:
    """A physical monitor: its place in the framebuffer, bits a channel (8 or 10), name and policy."""

    id: int
    rect: Rect
    depth: int = 8
    name: str = ""
    policy: HeadPolicy = HeadPolicy.DIAGNOSTIC

    def __post_init__(self) -> None:
        if self.depth not in (8, 10):
            raise ValueError(f"head depth {self.depth} is neither 8 nor 10")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One head's picture at one instant; nobody writes to `pixels` while anybody holds the frame.

    `pixels`: canonical, shape (head.rect.h, head.rect.w), read-only. `hint`: rectangles in head
    coordinates outside which nothing changed since the frame before, as far as the desktop knows
    (None: it knows nothing). `captured_us`: microseconds of the desktop's monotonic clock.
    `input_tag`: tag of the last input event injected before the capture.
    """

    head: Head
    pixels: Pixels
    hint: tuple[Rect, ...] | None
    serial: int
    captured_us: int
    input_tag: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Cursor:
    """The pointer's picture: `rgba` uint8, shape (h, w, 4), premultiplied alpha, at most 256x256; the
    hot spot in pixels. An empty array hides the cursor."""

    rgba: npt.NDArray[np.uint8]
    hot_x: int
    hot_y: int
