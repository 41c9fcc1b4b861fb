"""Letters drawn with a round pen, at any size, so that the badge needs no font file.

A glyph is a width and strokes on a grid: capitals stand from 0 (top) to 6 (base line), small letters begin
at 2, tails reach 8. Strokes: `M x y` starts one, `L x y` draws a line, `A cx cy rx ry from to` an arc
(degrees, clockwise from the right).
"""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.float32]
"""Shape (h, w), 0 outside to 1 inside."""

Segment = tuple[float, float, float, float]

TOP, BASE, BOTTOM = -1.0, 6.0, 8.5
GAP, SPACE, PEN = 1.35, 2.2, 0.78
MAX_LETTERS = 160

_BOWL = "A 1.8 4 1.8 2 0 360"
GLYPHS: dict[str, tuple[float, str]] = {
    "A": (4.4, "M 0 6 L 2.2 0 L 4.4 6 M .8 4 L 3.6 4"),
    "B": (3.6, "M 0 0 L 2 0 A 2 1.45 1.4 1.45 -90 90 L 0 2.9 M 2 2.9 A 2 4.45 1.6 1.55 -90 90 L 0 6 L 0 0"),
    "C": (4.3, "M 4 1.1 A 2.4 3 2.4 3 -48 -312"),
    "D": (4.1, "M 0 0 L 1.4 0 A 1.4 3 2.7 3 -90 90 L 0 6 L 0 0"),
    "E": (3.3, "M 3.3 0 L 0 0 L 0 6 L 3.3 6 M 0 2.9 L 2.8 2.9"),
    "F": (3.2, "M 3.2 0 L 0 0 L 0 6 M 0 2.9 L 2.7 2.9"),
    "G": (4.6, "M 4.1 1.1 A 2.4 3 2.4 3 -46 -360 L 4.8 3.2 L 2.8 3.2"),
    "H": (4.1, "M 0 0 L 0 6 M 4.1 0 L 4.1 6 M 0 2.9 L 4.1 2.9"),
    "I": (0.2, "M .1 0 L .1 6"),
    "J": (2.8, "M 2.8 0 L 2.8 4.4 A 1.4 4.5 1.4 1.5 0 170"),
    "K": (3.8, "M 0 0 L 0 6 M 3.7 0 L 0 3.7 M 1.3 2.5 L 3.9 6"),
    "L": (3.1, "M 0 0 L 0 6 L 3.1 6"),
    "M": (4.9, "M 0 6 L 0 0 L 2.45 4.2 L 4.9 0 L 4.9 6"),
    "N": (4.2, "M 0 6 L 0 0 L 4.2 6 L 4.2 0"),
    "O": (4.8, "M 4.8 3 A 2.4 3 2.4 3 0 360"),
    "P": (3.6, "M 0 6 L 0 0 L 2 0 A 2 1.65 1.6 1.65 -90 90 L 0 3.3"),
    "Q": (4.8, "M 4.8 3 A 2.4 3 2.4 3 0 360 M 3.1 4.4 L 4.8 6.4"),
    "R": (3.8, "M 0 6 L 0 0 L 2 0 A 2 1.6 1.6 1.6 -90 90 L 0 3.2 M 1.9 3.2 L 3.8 6"),
    "S": (3.6, "M 3.4 1 A 1.8 1.5 1.7 1.5 -25 -270 M 1.8 3 A 1.8 4.5 1.8 1.5 -90 155"),
    "T": (4.2, "M 0 0 L 4.2 0 M 2.1 0 L 2.1 6"),
    "U": (4.0, "M 0 0 L 0 4 A 2 4 2 2 180 0 L 4 0"),
    "V": (4.4, "M 0 0 L 2.2 6 L 4.4 0"),
    "W": (6.2, "M 0 0 L 1.5 6 L 3.1 1 L 4.7 6 L 6.2 0"),
    "X": (4.0, "M 0 0 L 4 6 M 4 0 L 0 6"),
    "Y": (4.2, "M 0 0 L 2.1 3.1 L 4.2 0 M 2.1 3.1 L 2.1 6"),
    "Z": (3.8, "M 0 0 L 3.8 0 L 0 6 L 3.8 6"),
    "a": (3.5, f"M 3.6 4 {_BOWL} M 3.5 2 L 3.5 6"),
    "b": (3.5, f"M 3.6 4 {_BOWL} M 0 0 L 0 6"),
    "c": (3.1, "M 3.1 2.6 A 1.8 4 1.8 2 -45 -315"),
    "d": (3.5, f"M 3.6 4 {_BOWL} M 3.5 0 L 3.5 6"),
    "e": (3.5, "M .1 3.9 L 3.5 3.9 A 1.8 4 1.75 2 -5 -308"),
    "f": (2.0, "M 2.2 .1 A 1.9 1.3 1.2 1.3 -75 -180 L .7 6 M -.3 2.2 L 2 2.2"),
    "g": (3.5, f"M 3.6 4 {_BOWL} M 3.5 2 L 3.5 6.4 A 1.8 6.4 1.7 1.8 0 150"),
    "h": (3.3, "M 0 0 L 0 6 M 0 3.7 A 1.65 3.7 1.65 1.7 180 360 L 3.3 6"),
    "i": (0.2, "M .1 2 L .1 6 M .1 .2 L .1 .3"),
    "j": (0.8, "M .7 2 L .7 6.8 A -.3 6.8 1 1.3 0 100 M .7 .2 L .7 .3"),
    "k": (3.0, "M 0 0 L 0 6 M 2.8 2.1 L 0 4.5 M 1.1 3.6 L 3 6"),
    "l": (0.2, "M .1 0 L .1 6"),
    "m": (5.4, "M 0 2 L 0 6 M 0 3.4 A 1.35 3.4 1.35 1.4 180 360 L 2.7 6 "
          "M 2.7 3.4 A 4.05 3.4 1.35 1.4 180 360 L 5.4 6"),
    "n": (3.2, "M 0 2 L 0 6 M 0 3.6 A 1.6 3.6 1.6 1.6 180 360 L 3.2 6"),
    "o": (3.6, f"M 3.6 4 {_BOWL}"),
    "p": (3.5, f"M 3.6 4 {_BOWL} M 0 2 L 0 8.2"),
    "q": (3.5, f"M 3.6 4 {_BOWL} M 3.5 2 L 3.5 8.2"),
    "r": (2.0, "M 0 2 L 0 6 M 0 3.7 A 1.6 3.7 1.6 1.7 180 285"),
    "s": (2.7, "M 2.6 2.6 A 1.35 3 1.3 1 -25 -270 M 1.35 4 A 1.35 5 1.35 1 -90 155"),
    "t": (2.1, "M .7 .6 L .7 4.9 A 1.8 4.9 1.1 1.1 180 80 M -.3 2.2 L 2 2.2"),
    "u": (3.2, "M 0 2 L 0 4.4 A 1.6 4.4 1.6 1.6 180 0 M 3.2 2 L 3.2 6"),
    "v": (3.2, "M 0 2 L 1.6 6 L 3.2 2"),
    "w": (5.0, "M 0 2 L 1.25 6 L 2.5 2.7 L 3.75 6 L 5 2"),
    "x": (3.0, "M 0 2 L 3 6 M 3 2 L 0 6"),
    "y": (3.3, "M 0 2 L 1.65 5.9 M 3.3 2 L 1.3 7 A .3 6.8 1.1 1.2 15 100"),
    "z": (2.9, "M 0 2 L 2.9 2 L 0 6 L 2.9 6"),
    "0": (3.7, "M 3.7 3 A 1.85 3 1.85 3 0 360"),
    "1": (2.0, "M 0 1.3 L 1.7 0 L 1.7 6"),
    "2": (3.5, "M .1 1.7 A 1.75 1.7 1.65 1.7 180 385 L 0 6 L 3.6 6"),
    "3": (3.5, "M .2 1.2 A 1.7 1.45 1.5 1.45 195 450 M 1.7 2.9 A 1.7 4.4 1.8 1.6 -90 160"),
    "4": (4.0, "M 2.9 6 L 2.9 0 L 0 4.3 L 4 4.3"),
    "5": (3.5, "M 3.3 0 L .5 0 L .2 2.9 A 1.7 4.1 1.85 1.9 -130 155"),
    "6": (3.6, "M 3 .2 A 4 4.2 4 4.4 252 180 A 1.8 4.1 1.8 1.9 180 540"),
    "7": (3.5, "M 0 0 L 3.5 0 L 1.2 6"),
    "8": (3.6, "M 3.3 1.45 A 1.8 1.45 1.5 1.45 0 360 M 3.6 4.45 A 1.8 4.45 1.8 1.55 0 360"),
    "9": (3.6, "M .6 5.8 A -.4 1.8 4 4.4 72 0 A 1.8 1.9 1.8 1.9 0 360"),
    ".": (0.3, "M .1 5.9 L .2 5.9"),
    ",": (0.4, "M .3 5.8 L 0 7.1"),
    ":": (0.3, "M .1 2.6 L .2 2.6 M .1 5.7 L .2 5.7"),
    ";": (0.4, "M .3 2.6 L .35 2.6 M .3 5.8 L 0 7.1"),
    "-": (2.2, "M .1 3.7 L 2.1 3.7"),
    "+": (3.2, "M 0 3.6 L 3.2 3.6 M 1.6 2 L 1.6 5.2"),
    "/": (2.4, "M 2.4 -.3 L 0 6.6"),
    "'": (0.2, "M .1 0 L .1 1.4"),
    "(": (1.2, "M 1.1 -.1 A 3 3 2.8 4.2 228 132"),
    ")": (1.2, "M 0 -.1 A -1.8 3 2.8 4.2 -48 48"),
    "%": (5.0, "M 4.4 0 L .6 6 M 2 1.4 A 1 1.4 1 1.4 0 360 M 5 4.6 A 4 4.6 1 1.4 0 360"),
    "?": (3.0, "M 0 1.4 A 1.5 1.5 1.5 1.5 185 420 L 1.5 4 M 1.5 5.9 L 1.55 5.9"),
}  # fmt: skip


def strokes(path: str) -> list[Segment]:
    """The straight pieces of a path. Raises ValueError for an unknown command."""
    words = path.split()
    found: list[Segment] = []
    x = y = 0.0
    i = 0
    while i < len(words):
        if words[i] == "M":
            x, y = float(words[i + 1]), float(words[i + 2])
            i += 3
        elif words[i] == "L":
            to = float(words[i + 1]), float(words[i + 2])
            found.append((x, y, *to))
            (x, y), i = to, i + 3
        elif words[i] == "A":
            cx, cy, rx, ry, start, end = (float(number) for number in words[i + 1 : i + 7])
            pieces = max(4, int(abs(end - start) / 12))
            for piece in range(pieces + 1):
                angle = math.radians(start + (end - start) * piece / pieces)
                to = cx + rx * math.cos(angle), cy + ry * math.sin(angle)
                if piece or math.dist(to, (x, y)) > 0.6:
                    found.append((x, y, *to))
                x, y = to
            i += 7
        else:
            raise ValueError(f"unknown stroke {words[i]!r}")
    return found


def draw(segments: list[Segment], width: int, height: int, scale: float, pen: float) -> Mask:
    """Segments in units, `scale` pixels a unit, drawn with a round pen `pen` units wide."""
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5)
    nearest = np.full((height, width), np.inf, np.float32)
    for x0, y0, x1, y1 in np.array(segments, np.float32) * np.float32(scale):
        dx, dy = x1 - x0, y1 - y0
        length = max(float(dx * dx + dy * dy), 1e-6)
        t = np.clip(((xs - x0) * dx + (ys - y0) * dy) / length, 0, 1)
        np.minimum(nearest, np.hypot(xs - x0 - t * dx, ys - y0 - t * dy), out=nearest)
    mask: Mask = np.clip(pen * scale / 2 + 0.5 - nearest, 0, 1).astype(np.float32)
    return mask


def plain(text: str) -> str:
    """Text in the letters there are: accents fall off, what is unknown becomes a question mark."""
    swaps = str.maketrans({"’": "'", "–": "-", "—": "-", "·": "-", "\n": " "})
    letters = unicodedata.normalize("NFKD", text[:MAX_LETTERS].translate(swaps))
    return "".join(
        letter if letter in GLYPHS or letter == " " else "?"
        for letter in letters
        if not unicodedata.combining(letter)
    )


@lru_cache(maxsize=256)
def text_mask(text: str, scale: float, pen: float = PEN) -> Mask:
    """One line of text: row 0 is TOP, the base line lies (BASE - TOP) * scale below it."""
    segments: list[Segment] = []
    x = pen
    for letter in plain(text):
        if letter == " ":
            x += SPACE
            continue
        width, path = GLYPHS[letter]
        segments += [(x + x0, y0 - TOP, x + x1, y1 - TOP) for x0, y0, x1, y1 in strokes(path)]
        x += width + GAP
    width_px = max(1, math.ceil((x - GAP + pen) * scale))
    height_px = math.ceil((BOTTOM - TOP) * scale)
    if not segments:
        return np.zeros((height_px, width_px), np.float32)
    return _drawn_in_columns(segments, width_px, height_px, scale, pen)


def _drawn_in_columns(
    segments: list[Segment], width: int, height: int, scale: float, pen: float, step: int = 64
) -> Mask:
    """As draw(), a few columns at a time with the segments near them: text is long and strokes are short."""
    mask = np.zeros((height, width), np.float32)
    for left in range(0, width, step):
        right = min(left + step, width)
        shift, low, high = left / scale, left / scale - pen, right / scale + pen
        near = [
            (x0 - shift, y0, x1 - shift, y1)
            for x0, y0, x1, y1 in segments
            if max(x0, x1) >= low and min(x0, x1) <= high
        ]
        if near:
            mask[:, left:right] = draw(near, right - left, height, scale, pen)
    return mask
