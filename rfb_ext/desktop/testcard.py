"""The testcard: every edge case of the codecs in one picture, a function of head, step, input and seed."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

import numpy as np

from rfb_ext.desktop.base import Clock, Cursor, DesktopSink
from rfb_ext.desktop.capture_thread import DrawnDesktop, period_us
from rfb_ext.desktop.text import draw_text, word
from rfb_ext.frame.frames import Head, Pixels
from rfb_ext.wire.numbers import LayoutStatus
from rfb_ext.wire.types import Rect, ScreenLayout

SIZE = (800, 600)
MOST_HEADS = 4
SMALLEST = 16
MOVING = 96
INFO = "key {keysym:#x}  pointer {x},{y}  buttons {buttons:#x}"
"""What the picture says of input: the key pressed last, the pointer's position and the buttons down."""


def card_heads(count: int, size: tuple[int, int] | None, depth: int) -> tuple[Head, ...]:
    """1 to 4 heads side by side; every other one is smaller and of odd size. Raises ValueError."""
    if not 1 <= count <= MOST_HEADS:
        raise ValueError(f"the testcard has 1 to {MOST_HEADS} heads, not {count}")
    width, height = size or SIZE
    heads, x = [], 0
    for number in range(count):
        w, h = (
            (width, height) if number % 2 == 0 else (max(SMALLEST, width - 133), max(SMALLEST, height - 75))
        )
        heads.append(Head(number + 1, Rect(x, 0, w, h), depth, f"testcard {number + 1}"))
        x += w
    return tuple(heads)


def card_picture(head: Head, step: int, info: str = "", seed: int = 0) -> Pixels:
    """The whole picture of a head at a step, canonical, shape (h, w). `info`: INFO with its values; `seed`:
    of the noise, not negative."""
    picture = _still(head, seed).copy()
    _draw_moving(picture, head, step)
    _draw_info(picture, head, step, info)
    return picture


class Testcard(DrawnDesktop):
    """The testcard as a desktop. `count`, `size`, `depth`: see card_heads. `rate`: steps a second of the
    moving part; `seed`: of the noise; `last_clipboard`: the text a viewer set last. Raises ValueError for
    heads that no layout has, a rate or seed that makes no sense."""

    __test__ = False  # no test, whatever its name begins with

    def __init__(
        self,
        count: int,
        size: tuple[int, int] | None,
        depth: int,
        clock: Clock,
        *,
        rate: float = 30.0,
        seed: int = 0,
    ) -> None:
        super().__init__("radterm testcard", card_heads(count, size, depth), clock)
        if seed < 0:
            raise ValueError(f"the seed of the noise is not negative, as {seed} is")
        self._seed = seed
        self._epoch = clock()
        self._step_us = period_us(rate)
        self._info = INFO.format(keysym=0, x=0, y=0, buttons=0)
        self._state = {"keysym": 0, "x": 0, "y": 0, "buttons": 0}
        self.last_clipboard = ""

    def step_at(self, now_us: int) -> int:
        """The step shown at a time of the desktop's clock."""
        return (now_us - self._epoch) // self._step_us

    def revision(self, head: Head, now_us: int) -> Hashable:
        return self.step_at(now_us), self._info

    def next_change(self, now_us: int) -> int | None:
        return self._epoch + (self.step_at(now_us) + 1) * self._step_us

    def draw(self, head: Head, picture: Pixels, now_us: int, before: Hashable) -> tuple[Rect, ...]:
        step = self.step_at(now_us)
        if before is None:
            picture[:] = card_picture(head, step, self._info, self._seed)
            return (Rect(0, 0, head.rect.w, head.rect.h),)
        old_step = before[0] if isinstance(before, tuple) else 0
        return (
            _erase_moving(picture, head, old_step, self._seed),
            _draw_moving(picture, head, step),
            _draw_info(picture, head, step, self._info),
        )

    def key(self, keysym: int, down: bool) -> None:
        if down:  # kept when it goes up: both may come between two frames, and a press is always seen
            self._state["keysym"] = keysym
            self._info = INFO.format(**self._state)

    def pointer(self, x: int, y: int, buttons: int) -> None:
        self._state.update(x=x, y=y, buttons=buttons)
        self._info = INFO.format(**self._state)

    def greet(self, sink: DesktopSink) -> None:
        sink.cursor_changed(_cursor())
        sink.clipboard_changed("radterm testcard")

    def set_clipboard(self, text: str) -> None:
        self.last_clipboard = text

    def request_layout(self, layout: ScreenLayout) -> LayoutStatus:
        """Other sizes and places for the heads that exist; nothing else."""
        known = {head.id: head for head in self.heads}
        rects = [screen.rect for screen in layout]
        apart = all(not a.intersect(b) for i, a in enumerate(rects) for b in rects[:i])
        if {screen.id for screen in layout} != set(known) or not apart:
            return LayoutStatus.INVALID
        if any(min(rect.w, rect.h) < SMALLEST for rect in rects):
            return LayoutStatus.INVALID
        heads = tuple(
            Head(screen.id, screen.rect, known[screen.id].depth, known[screen.id].name) for screen in layout
        )
        self.change_heads(heads)
        return LayoutStatus.DONE


@lru_cache(maxsize=MOST_HEADS)
def _still(head: Head, seed: int) -> Pixels:
    """What never changes of a head, read-only."""
    picture: Pixels = np.empty((head.rect.h, head.rect.w), dtype="<u4")
    height, width = picture.shape
    depth, top = head.depth, (1 << head.depth) - 1
    picture[:] = word(40, depth)
    rng = np.random.default_rng((seed, head.id))
    ramp = np.arange(width, dtype="<u4") & top
    row = max(1, height // 20)
    picture[:row] = ramp | ramp << depth | ramp << 2 * depth
    for i, shift in enumerate((2 * depth, depth, 0)):
        picture[(i + 1) * row : (i + 2) * row] = ramp << shift
    lines = picture[4 * row : 6 * row]
    lines[:, ::2] = word(255, depth)
    lines[::3, : width // 2] = 0
    board = picture[6 * row : 8 * row, : width // 3]
    board[::2, ::2] = board[1::2, 1::2] = word(200, depth)
    noise = picture[8 * row : 12 * row, : width // 4]
    grey = rng.integers(0, top + 1, noise.shape, dtype="<u4")
    noise[:] = grey | grey << depth | grey << 2 * depth
    colour = picture[8 * row : 12 * row, width // 4 : width // 2]
    colour[:] = rng.integers(0, 1 << 3 * depth, colour.shape, dtype="<u4")
    flat = picture[8 * row : 12 * row, width // 2 : 3 * width // 4]
    flat[:] = top << 2 * depth
    smooth = picture[8 * row : 12 * row, 3 * width // 4 :]
    y, x = np.mgrid[0 : smooth.shape[0], 0 : smooth.shape[1]].astype("<u4")
    smooth[:] = (x + y & top) << 2 * depth | (2 * x & top) << depth | (3 * y & top)
    text = f"radterm testcard  head {head.id}  {width}x{height}  {depth} bits  demo, not a medical device"
    draw_text(picture, 8, 13 * row, text, depth=depth, size=max(8, min(18, height // 24)), paper=40)
    for i, (cy, cx) in enumerate(((0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1))):
        picture[cy, cx] = (i + 1) * 0x10203 & ((1 << 3 * depth) - 1)
    picture.flags.writeable = False
    return picture


def _moving_rect(head: Head, step: int) -> Rect:
    side = max(1, min(MOVING, head.rect.w - 2, head.rect.h // 4))
    span = max(1, head.rect.w - side)
    x = step * 7 % (2 * span)
    return Rect(x if x < span else 2 * span - x, head.rect.h * 7 // 10, side, side).intersect(
        Rect(0, 0, head.rect.w, head.rect.h - 1)
    )


def _erase_moving(picture: Pixels, head: Head, step: int, seed: int) -> Rect:
    rect = _moving_rect(head, step)
    still = _still(head, seed)
    picture[rect.y : rect.bottom, rect.x : rect.right] = still[rect.y : rect.bottom, rect.x : rect.right]
    return rect


def _draw_moving(picture: Pixels, head: Head, step: int) -> Rect:
    """Half grey, half colour, other values at each step."""
    rect, depth, top = _moving_rect(head, step), head.depth, (1 << head.depth) - 1
    y, x = np.mgrid[0 : rect.h, 0 : rect.w].astype("<u4")
    grey = (x * 5 + y * 3 + step) & top
    words = grey | grey << depth | grey << 2 * depth
    words[rect.h // 2 :] ^= (y[rect.h // 2 :] * 9 & top) << depth
    picture[rect.y : rect.bottom, rect.x : rect.right] = words
    return rect


def _draw_info(picture: Pixels, head: Head, step: int, info: str) -> Rect:
    height, width = picture.shape
    rect = Rect(0, min(height - 1, height * 6 // 10), width, max(0, min(24, height // 20)))
    picture[rect.y : rect.bottom, 1:] = word(20, head.depth)
    draw_text(
        picture[rect.y : rect.bottom],
        8,
        0,
        f"step {step}  {info}",
        depth=head.depth,
        size=14,
        ink=230,
        paper=20,
    )
    return rect


def _cursor() -> Cursor:
    """An arrow, white with a translucent edge."""
    rgba = np.zeros((16, 12, 4), np.uint8)
    for y in range(14):
        rgba[y, : min(y + 1, 11)] = (120, 120, 120, 180)
        rgba[y, 1 : max(1, min(y, 10))] = 255
    return Cursor(rgba, 0, 0)
