"""Frozen values that the whole house shares: Rect, PixelFormat, Screen, ScreenLayout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rfb_ext.wire.numbers import MAX_PIXELS, MAX_SCREENS, MAX_SIDE


@dataclass(frozen=True, slots=True, order=True)
class Rect:
    """A rectangle of pixels; x and y from the top left, width and height may be 0.

    Raises ValueError for a side or position outside 0..16384.
    """

    x: int
    y: int
    w: int
    h: int

    def __post_init__(self) -> None:
        if not (0 <= self.x <= MAX_SIDE and 0 <= self.y <= MAX_SIDE):
            raise ValueError(f"rectangle position {self.x},{self.y} is outside 0..{MAX_SIDE}")
        if not (0 <= self.w <= MAX_SIDE and 0 <= self.h <= MAX_SIDE):
            raise ValueError(f"rectangle size {self.w}x{self.h} is outside 0..{MAX_SIDE}")

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    @property
    def area(self) -> int:
        return self.w * self.h

    def __bool__(self) -> bool:
        return self.w > 0 and self.h > 0

    def contains(self, other: Rect) -> bool:
        """True if every pixel of `other` is one of ours."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def intersect(self, other: Rect) -> Rect:
        """The pixels both have; an empty Rect at our position when there are none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        w, h = min(self.right, other.right) - x, min(self.bottom, other.bottom) - y
        return Rect(x, y, w, h) if w > 0 and h > 0 else Rect(self.x, self.y, 0, 0)

    def union(self, other: Rect) -> Rect:
        """The smallest rectangle that holds both; an empty one does not count."""
        if not other:
            return self
        if not self:
            return other
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def moved(self, dx: int, dy: int) -> Rect:
        """The same size elsewhere."""
        return Rect(self.x + dx, self.y + dy, self.w, self.h)


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """PIXEL_FORMAT of RFC 6143 section 7.4; only true colour is built.

    Raises ValueError for bits per pixel other than 8, 16, 32, or channels that do not fit in them.
    """

    bits_per_pixel: int
    depth: int
    big_endian: bool
    true_colour: bool
    red_max: int
    green_max: int
    blue_max: int
    red_shift: int
    green_shift: int
    blue_shift: int

    def __post_init__(self) -> None:
        if self.bits_per_pixel not in (8, 16, 32):
            raise ValueError(f"{self.bits_per_pixel} bits per pixel are not 8, 16 or 32")
        if not 1 <= self.depth <= self.bits_per_pixel:
            raise ValueError(f"depth {self.depth} does not fit {self.bits_per_pixel} bits per pixel")
        for name, top, shift in (
            ("red", self.red_max, self.red_shift),
            ("green", self.green_max, self.green_shift),
            ("blue", self.blue_max, self.blue_shift),
        ):
            if top & (top + 1) or top.bit_length() + shift > self.bits_per_pixel or shift < 0:
                raise ValueError(f"{name} channel (max {top}, shift {shift}) does not fit the pixel")

    @property
    def bytes_per_pixel(self) -> int:
        return self.bits_per_pixel // 8


CANONICAL_8 = PixelFormat(32, 24, False, True, 255, 255, 255, 16, 8, 0)
"""R<<16 | G<<8 | B in one little-endian 32-bit word: the canonical pixel of a head of depth 8."""

CANONICAL_10 = PixelFormat(32, 30, False, True, 1023, 1023, 1023, 20, 10, 0)
"""R<<20 | G<<10 | B in one little-endian 32-bit word: the canonical pixel of a head of depth 10."""


def canonical_format(depth: int) -> PixelFormat:
    """The canonical pixel format of a head with `depth` (8 or 10) bits a channel."""
    return CANONICAL_10 if depth == 10 else CANONICAL_8


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen of an ExtendedDesktopSize rectangle (rfbproto); flags are kept, never read."""

    id: int
    rect: Rect
    flags: int = 0


@dataclass(frozen=True, slots=True)
class ScreenLayout:
    """Framebuffer size and screens. Raises ValueError if a screen lies outside or an id comes twice."""

    width: int
    height: int
    screens: tuple[Screen, ...]

    def __post_init__(self) -> None:
        if not (0 < self.width <= MAX_SIDE and 0 < self.height <= MAX_SIDE):
            raise ValueError(f"framebuffer {self.width}x{self.height} is outside 1..{MAX_SIDE}")
        if self.width * self.height > MAX_PIXELS:
            raise ValueError(f"framebuffer {self.width}x{self.height} has more than {MAX_PIXELS} pixels")
        if not 1 <= len(self.screens) <= MAX_SCREENS:
            raise ValueError(f"{len(self.screens)} screens are outside 1..{MAX_SCREENS}")
        if len({screen.id for screen in self.screens}) != len(self.screens):
            raise ValueError("a screen id comes twice")
        whole = Rect(0, 0, self.width, self.height)
        for screen in self:
            if not screen.rect or not whole.contains(screen.rect):
                raise ValueError(f"screen {screen.id} is empty or lies outside the framebuffer")

    def __iter__(self) -> Iterator[Screen]:
        return iter(self.screens)
