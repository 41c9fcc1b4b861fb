"""The remote pointer's picture as the window's own cursor: it moves at once, and covers no pixel of ours."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from radterm.viewer.sdl import sdl2
from rfb_ext.frame.frames import Cursor


class WindowCursor:
    """The cursor over every window of the viewer; the system's arrow until the first one comes."""

    def __init__(self) -> None:
        self._current: Any = None

    def show(self, cursor: Cursor) -> None:
        """An empty picture hides the cursor. Main thread only."""
        if cursor.rgba.size == 0:
            sdl2.SDL_ShowCursor(sdl2.SDL_DISABLE)
            return
        # SDL 2 hands the pixels to X as they are, and X takes premultiplied ones as ours are
        image = np.ascontiguousarray(cursor.rgba)
        height, width = image.shape[:2]
        surface = sdl2.SDL_CreateRGBSurfaceWithFormatFrom(
            image.ctypes.data_as(ctypes.c_void_p), width, height, 32, 4 * width, sdl2.SDL_PIXELFORMAT_RGBA32
        )
        made = None
        if surface:
            hot = min(max(cursor.hot_x, 0), width - 1), min(max(cursor.hot_y, 0), height - 1)
            made = sdl2.SDL_CreateColorCursor(surface, *hot)
            sdl2.SDL_FreeSurface(surface)
        if made:  # without one the old cursor stays: the pointer is no part of the picture
            sdl2.SDL_SetCursor(made)
            sdl2.SDL_ShowCursor(sdl2.SDL_ENABLE)
            self.close()
            self._current = made

    def close(self) -> None:
        """Frees what SDL does not show any more."""
        if self._current is not None:
            sdl2.SDL_FreeCursor(self._current)
            self._current = None
