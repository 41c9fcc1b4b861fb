"""The memory behind a window, and how it gets onto the screen: one rectangle, one request to the screen.

What is written there is invisible until push(); a push is on the screen when it returns.
"""

from __future__ import annotations

import ctypes
from typing import Any, Protocol

import numpy as np

from radterm.viewer.sdl import sdl2, sdl_error
from radterm.viewer.words import Box
from rfb_ext.errors import ViewerError
from rfb_ext.frame.frames import Pixels


class Glass(Protocol):
    """`bits` a channel: 8 or 10; its words are canonical pixels of that depth."""

    bits: int

    def acquire(self) -> Pixels:
        """The memory for the window's size now, shape (h, w); valid until the next acquire() or close().
        It holds anything. Raises ViewerError."""
        ...

    def push(self, box: Box) -> bool:
        """Shows one rectangle. False: the window has another size now; acquire again."""
        ...

    def close(self) -> None: ...


class SurfaceGlass:
    """SDL's window surface, on a screen of 8 bits a channel."""

    bits = 8

    def __init__(self, window: Any) -> None:
        self._window = window

    def acquire(self) -> Pixels:
        surface = sdl2.SDL_GetWindowSurface(self._window)
        if not surface:
            raise ViewerError(f"the window has no surface ({sdl_error()}); check the screen's colour depth")
        surface = surface.contents
        form = surface.format.contents.format
        if form != sdl2.SDL_PIXELFORMAT_RGB888:
            name = sdl2.SDL_GetPixelFormatName(form).decode()
            raise ViewerError(f"the screen's pixels are {name}; a screen with 24 or 30 bits is needed")
        memory = (ctypes.c_uint8 * (surface.pitch * surface.h)).from_address(surface.pixels)
        words = np.frombuffer(memoryview(memory), dtype="<u4").reshape(surface.h, surface.pitch // 4)
        return words[:, : surface.w]

    def push(self, box: Box) -> bool:
        rect = sdl2.SDL_Rect(*box)
        return bool(sdl2.SDL_UpdateWindowSurfaceRects(self._window, ctypes.byref(rect), 1) == 0)

    def close(self) -> None:
        """SDL frees the surface with its window."""


def open_glass(window: Any) -> Glass:
    """The glass of an SDL window. Raises ViewerError when the screen is neither 24 nor 30 bits deep."""
    if sdl2.SDL_GetWindowPixelFormat(window) == sdl2.SDL_PIXELFORMAT_UNKNOWN:
        # SDL 2 has no name for the pixels of a depth 30 screen and makes no surface there
        from radterm.viewer.x11_glass import X11Glass

        return X11Glass(window)
    return SurfaceGlass(window)
