"""The built-in DICOM reading room, first form: one viewport, a folder of images.

Slices play by themselves until the wheel is turned; space plays and pauses; left drag changes window (to
the sides) and level (up and down). Demo, not a medical device.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rfb_ext.desktop.base import Clock
from rfb_ext.desktop.capture_thread import DrawnDesktop, period_us
from rfb_ext.desktop.dicom import read_folder
from rfb_ext.desktop.dicom_slice import Slice
from rfb_ext.desktop.text import draw_text
from rfb_ext.desktop.windowing import Window, scaled, window_table
from rfb_ext.errors import DecodeError
from rfb_ext.frame.frames import Head, Pixels
from rfb_ext.wire.types import Rect

SIZE = (1280, 1024)
SMALLEST = 256
MARGIN = 28
TEXT = 17
KEPT_BYTES = 1 << 27
"""So much of slices at viewport size is kept, four bytes a pixel; at least two slices."""
WIDEST = float(1 << 20)
LEFT, WHEEL_UP, WHEEL_DOWN = 1, 8, 16
SPACE = 0x20
DEMO = "demo, not a medical device"


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """A slice at viewport size: stored values (grey) or canonical words (colour); `fault` instead."""

    pixels: npt.NDArray[Any]
    window: Window
    fault: str = ""


class ReadingRoom(DrawnDesktop):
    """`folder` None: the images that pydicom's package brings. `rate`: slices a second while playing.
    Raises NotFoundError and ConfigError, see read_folder; ValueError for a size or rate that makes no
    sense."""

    def __init__(
        self,
        folder: Path | None,
        size: tuple[int, int] | None,
        depth: int,
        clock: Clock,
        *,
        rate: float = 25.0,
    ) -> None:
        width, height = size or SIZE
        if min(width, height) < SMALLEST:
            raise ValueError(f"the reading room needs at least {SMALLEST}x{SMALLEST} pixels")
        self._period_us = period_us(rate)
        head = Head(1, Rect(0, 0, width, height), depth, "reading room")
        super().__init__(f"radterm reading room, {DEMO}", (head,), clock)
        self.folder = read_folder(folder)
        self._playing_since: int | None = clock()
        self._first = 0
        self._windows: dict[Hashable, Window] = {}
        self._buttons = 0
        self._at = (0, 0)
        self._prepared: OrderedDict[int, _Prepared] = OrderedDict()
        self._table: tuple[Hashable, npt.NDArray[np.uint32]] | None = None
        side = min(width, height) - 2 * MARGIN
        self._viewport = Rect((width - side) // 2, (height - side) // 2, side, side)
        self._most_prepared = max(2, KEPT_BYTES // (4 * side * side))

    # --- what is shown ---

    def index_at(self, now_us: int) -> int:
        """The slice shown at a time of the clock."""
        steps = 0 if self._playing_since is None else (now_us - self._playing_since) // self._period_us
        return (self._first + steps) % len(self.folder.slices)

    def revision(self, head: Head, now_us: int) -> Hashable:
        index = self.index_at(now_us)
        return index, self._windows.get(self.folder.slices[index].series), self._playing_since is None

    def next_change(self, now_us: int) -> int | None:
        if self._playing_since is None:
            return None
        done = (now_us - self._playing_since) // self._period_us
        return self._playing_since + (done + 1) * self._period_us

    def draw(self, head: Head, picture: Pixels, now_us: int, before: Hashable) -> tuple[Rect, ...]:
        if before is None:
            picture[:] = 0
        index = self.index_at(now_us)
        item, prepared = self.folder.slices[index], self._prepare(index, head.depth)
        view = self._viewport
        part = picture[view.y : view.bottom, view.x : view.right]
        part[:] = self._mapped(item, prepared, head.depth)
        written = [view, *self._overlay(picture, head, index, item, prepared)]
        return (Rect(0, 0, head.rect.w, head.rect.h),) if before is None else tuple(r for r in written if r)

    # --- what the reader does ---

    def key(self, keysym: int, down: bool) -> None:
        if keysym != SPACE or not down:
            return
        now = self._clock()
        self._first = self.index_at(now)
        self._playing_since = now if self._playing_since is None else None

    def pointer(self, x: int, y: int, buttons: int) -> None:
        pressed = buttons & ~self._buttons
        if pressed & (WHEEL_UP | WHEEL_DOWN):
            step = 1 if pressed & WHEEL_DOWN else -1
            self._first = (self.index_at(self._clock()) + step) % len(self.folder.slices)
            self._playing_since = None
        if buttons & self._buttons & LEFT:
            self._drag(x - self._at[0], y - self._at[1])
        self._buttons, self._at = buttons, (x, y)

    def _drag(self, dx: int, dy: int) -> None:
        if not (dx or dy):
            return
        index = self.index_at(self._clock())
        item = self.folder.slices[index]
        if item.is_colour:
            return
        window = self._shown_window(item, self._prepare(index, self.heads[0].depth))
        grain = max(1.0, window.width / 256)
        width = min(max(1.0, window.width + dx * grain), WIDEST)
        centre = min(max(-WIDEST, window.centre + dy * grain), WIDEST)
        self._windows[item.series] = Window(centre, width, window.function)

    # --- pictures ---

    def _prepare(self, index: int, depth: int) -> _Prepared:
        prepared = self._prepared.get(index)
        if prepared is None:
            prepared = self._prepared[index] = self._load(self.folder.slices[index], depth)
            if len(self._prepared) > self._most_prepared:
                self._prepared.popitem(last=False)
        self._prepared.move_to_end(index)
        return prepared

    def _load(self, item: Slice, depth: int) -> _Prepared:
        side = self._viewport.w
        try:
            samples = item.samples()
        except DecodeError as error:
            return _Prepared(np.zeros((side, side), "<u4"), Window(0, 1), str(error))
        shrink = side / max(samples.shape[:2])
        height, width = (max(1, round(s * shrink)) for s in samples.shape[:2])
        fitted = scaled(samples, width, height)
        top, left = (side - height) // 2, (side - width) // 2
        if item.is_colour:
            words = np.zeros((side, side), "<u4")
            wide = fitted.astype("<u4")
            wide = wide if depth == 8 else wide << 2 | wide >> 6
            rgb = wide[:, :, 0] << 2 * depth | wide[:, :, 1] << depth | wide[:, :, 2]
            words[top : top + height, left : left + width] = rgb
            return _Prepared(words, Window(127.5, 256))
        darkest = samples.max() if item.is_inverted else samples.min()
        canvas = np.full((side, side), darkest, samples.dtype)
        canvas[top : top + height, left : left + width] = fitted
        return _Prepared(canvas, item.window(samples))

    def _mapped(self, item: Slice, prepared: _Prepared, depth: int) -> Pixels:
        if item.is_colour or prepared.fault:
            return prepared.pixels
        window = self._shown_window(item, prepared)
        key = (window, item.rescale, prepared.pixels.dtype.str, depth, item.is_inverted)
        if self._table is None or self._table[0] != key:
            table = window_table(
                window, item.rescale, prepared.pixels.dtype, depth=depth, inverted=item.is_inverted
            )
            self._table = (key, table)
        values = prepared.pixels.view(f"u{prepared.pixels.dtype.itemsize}")
        return np.take(self._table[1], values)

    def _shown_window(self, item: Slice, prepared: _Prepared) -> Window:
        """The window the reader chose for the series, else that of the slice."""
        return self._windows.get(item.series, prepared.window)

    def _overlay(
        self, picture: Pixels, head: Head, index: int, item: Slice, prepared: _Prepared
    ) -> list[Rect]:
        """The lines above and below the viewport; what must be seen comes first, as long lines are cut."""
        width, height, ink = head.rect.w, head.rect.h, {"depth": head.depth, "size": TEXT}
        window = self._shown_window(item, prepared)
        state = "" if self._playing_since is not None else "  paused"
        values = "" if item.is_colour else f"   W {window.width:.0f}  L {window.centre:.0f}"
        warning = prepared.fault or (f"LOSSY: {item.lossy}" if item.lossy else "")
        written = []
        for y, loud, text in (
            (0, warning, f"{item.label}   slice {index + 1}/{len(self.folder.slices)}{state}"),
            (height - MARGIN, "", f"{DEMO}{values}"),
        ):
            strip, x = Rect(0, y, width, MARGIN), 8
            picture[strip.y : strip.bottom] = 0
            if loud:
                x = draw_text(picture, x, y + 2, loud, ink=255, paper=90, **ink).right + 16
            draw_text(picture, x, y + 2, text, ink=210, **ink)
            written.append(strip)
        return written
