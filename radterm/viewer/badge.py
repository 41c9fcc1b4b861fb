"""The badge: the state of a head in words and in shape, never in colour alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from radterm.client.base import Exactness, State
from radterm.viewer import font
from radterm.viewer.words import RGBA

PANEL = (22, 24, 28)
LETTERS = (236, 238, 240)
SMALL_LETTERS = (178, 184, 190)
MARGIN = 10
"""Pixels between the badge and the edge of the window, at scale 1."""

COLOURS = {
    State.EXACT: (96, 196, 130),
    State.CATCHING_UP: (104, 166, 236),
    State.NOT_FOR_DIAGNOSIS: (240, 116, 84),
    State.STALE: (236, 188, 84),
}

SHAPES = {
    # a ring with a check, two arrow heads, a barred triangle, an hourglass
    State.EXACT: "M 8 4 A 4 4 4 4 0 360 M 2.2 4.2 L 3.5 5.5 L 5.9 2.7",
    State.CATCHING_UP: "M .8 1 L 3.8 4 L .8 7 M 4.2 1 L 7.2 4 L 4.2 7",
    State.NOT_FOR_DIAGNOSIS: "M 4 .4 L 8.2 7.6 L -.2 7.6 L 4 .4 M 4 3.1 L 4 5 M 4 6.2 L 4 6.25",
    State.STALE: "M 1 .4 L 7 .4 L 1 7.6 L 7 7.6 L 1 .4",
}


def badge_words(exactness: Exactness, age: float | None) -> tuple[str, str]:
    """The word of the state, and what stands below it. `age`: seconds since it became STALE."""
    if exactness.state is State.STALE and age is not None:
        return f"STALE {int(age)} s", exactness.reason or "input is held back"
    return exactness.state.value, exactness.reason


def window_title(exactness: Exactness, head: str, title: str) -> str:
    """The state's word comes first, so that a taskbar shows it."""
    return " · ".join(part for part in (exactness.state.value, head, title) if part)


def badge_scale(height: int, state: State) -> float:
    """Pixels a unit of the font, for a window of that height: a capital has 14 pixels at 1080 lines; half
    as much again for STALE, where nothing worth reading is covered."""
    scale = min(max(height / 1080 * 2.4, 1.8), 6.0)
    return round(1.5 * scale if state is State.STALE else scale, 2)


def render_badge(exactness: Exactness, age: float | None, size: tuple[int, int]) -> RGBA:
    """The badge as an image, at most as large as a window of `size` (width, height)."""
    word, reason = badge_words(exactness, age)
    width, height = size
    scale = badge_scale(height, exactness.state)
    image = _render(exactness.state, word, reason, scale)
    if image.shape[1] > width and reason:
        image = _render(exactness.state, word, "", scale)
    return image[:height, :width]


@lru_cache(maxsize=16)
def _render(state: State, word: str, reason: str, scale: float) -> RGBA:
    icon_side = int(8.4 * scale) + 2
    pad = int(4 * scale)
    shape = [(x0 + 0.5, y0 + 0.3, x1 + 0.5, y1 + 0.3) for x0, y0, x1, y1 in font.strokes(SHAPES[state])]
    icon = font.draw(shape, int(9.2 * scale), icon_side, scale, 1.0)
    first = font.text_mask(word, scale, 0.95)
    second = font.text_mask(reason, round(scale * 0.72, 2), 0.72) if reason else None
    text_width = max(first.shape[1], second.shape[1] if second is not None else 0)
    base_gap = int(1.2 * scale)
    text_height = first.shape[0] + (second.shape[0] - base_gap if second is not None else -base_gap)
    height = text_height + pad + pad // 2
    width = pad + icon.shape[1] + pad // 2 + text_width + pad
    colour = COLOURS[state]
    image = _panel(width, height, 2.6 * scale, max(1.0, scale * 0.55), colour)
    _stamp(image, icon, (height - icon.shape[0]) // 2, pad, colour)
    left = pad + icon.shape[1] + pad // 2
    top = pad - base_gap // 2
    _stamp(image, first, top, left, LETTERS)
    if second is not None:
        _stamp(image, second, top + first.shape[0] - base_gap, left, SMALL_LETTERS)
    image.flags.writeable = False
    return image


def _panel(width: int, height: int, radius: float, border: float, colour: tuple[int, int, int]) -> RGBA:
    """A dark panel with round corners and a coloured border."""
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5)
    dx = np.maximum(np.abs(xs - width / 2) - (width / 2 - radius), 0)
    dy = np.maximum(np.abs(ys - height / 2) - (height / 2 - radius), 0)
    depth = radius - np.hypot(dx, dy)
    inside = np.clip(depth + 0.5, 0, 1)
    edge = inside * np.clip(border + 0.5 - depth, 0, 1) * 0.8
    image = np.empty((height, width, 4), np.uint8)
    for channel in range(3):
        image[:, :, channel] = PANEL[channel] * (1 - edge) + colour[channel] * edge
    image[:, :, 3] = inside * (235 + 20 * edge)
    return image


def _stamp(image: RGBA, mask: font.Mask, top: int, left: int, colour: tuple[int, int, int]) -> None:
    """Lays a mask in one colour on the panel."""
    part = image[top : top + mask.shape[0], left : left + mask.shape[1]]
    mask = mask[: part.shape[0], : part.shape[1]]
    for channel in range(3):
        below = part[:, :, channel].astype(np.float32)
        part[:, :, channel] = below + (colour[channel] - below) * mask
    part[:, :, 3] = np.maximum(part[:, :, 3], 255 * mask)
