"""Text in the pictures of the built-in desktops: no font of the system is needed.

The font is Aileron Regular (CC0), which Pillow brings inside its package.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect

LONGEST = 400


@lru_cache(maxsize=512)
def rendered(text: str, size: int) -> npt.NDArray[np.uint8]:
    """The coverage of a line of text, uint8 (h, w), read-only. `size` in pixels; at most 400 characters."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    text = text[:LONGEST]
    width = max(1, int(font.getlength(text)) + 2)
    image = Image.new("L", (width, size * 3 // 2), 0)
    ImageDraw.Draw(image).text((1, 1), text, fill=255, font=font)
    coverage = np.asarray(image)
    coverage.flags.writeable = False
    return coverage


def word(grey: int, depth: int) -> int:
    """The canonical pixel of a grey of 0..255 at 8 or 10 bits a channel."""
    value = grey if depth == 8 else grey << 2 | grey >> 6
    return value | value << depth | value << 2 * depth


def draw_text(
    picture: Pixels, x: int, y: int, text: str, *, depth: int, size: int = 16, ink: int = 255, paper: int = 0
) -> Rect:
    """Draws a line in grey `ink` on an opaque ground of grey `paper` (0..255), cut to the picture. Returns
    where; an empty Rect if nothing of it lies inside."""
    coverage = rendered(text, size)
    height, width = picture.shape
    rect = Rect(min(max(x, 0), width), min(max(y, 0), height), coverage.shape[1], coverage.shape[0])
    rect = rect.intersect(Rect(0, 0, width, height))
    if not rect:
        return rect
    part = coverage[: rect.h, : rect.w].astype(np.uint32)
    grey = (part * ink + (255 - part) * paper + 127) // 255
    value = grey if depth == 8 else grey << 2 | grey >> 6
    words = value | value << np.uint32(depth) | value << np.uint32(2 * depth)
    picture[rect.y : rect.bottom, rect.x : rect.right] = words
    return rect
