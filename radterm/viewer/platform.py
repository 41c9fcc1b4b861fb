"""SDL's start and end, the displays there are, and how the main loop waits and is woken.

All calls but wake() belong to the main thread.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from radterm.viewer.sdl import sdl2, sdl_error
from rfb_ext.errors import ViewerError

MOST_EVENTS = 1024
"""Events taken in one turn of the loop."""

HINTS = {
    b"SDL_FRAMEBUFFER_ACCELERATION": b"0",  # else a window surface goes through GL: ten times slower
    b"SDL_NO_SIGNAL_HANDLERS": b"1",
    b"SDL_VIDEO_ALLOW_SCREENSAVER": b"1",  # whether a screen locks is the hospital's decision
    b"SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS": b"0",
    b"SDL_GRAB_KEYBOARD": b"1",
    b"SDL_ALLOW_ALT_TAB_WHILE_GRABBED": b"0",
    b"SDL_WINDOWS_NO_CLOSE_ON_ALT_F4": b"1",
    b"SDL_MOUSE_FOCUS_CLICKTHROUGH": b"1",
}
ADVICE = "check DISPLAY, or use --headless"
DRIVERS = {"linux": "x11", "darwin": "cocoa", "win32": "windows"}


@dataclass(frozen=True, slots=True)
class Display:
    """A monitor on the reader's side: all of it, and the part that panels leave free; x, y, w, h."""

    bounds: tuple[int, int, int, int]
    usable: tuple[int, int, int, int]


@contextmanager
def open_platform(environment: Mapping[str, str], system: str = sys.platform) -> Iterator[Platform]:
    """SDL's video part with the driver this system must use, ended behind it.

    Raises ViewerError: no screen, or SDL took another driver (it would take one without a screen).
    """
    driver = DRIVERS.get(system, "x11")
    if driver == "x11" and not environment.get("DISPLAY"):
        raise ViewerError("there is no screen: DISPLAY is not set; set it, or use --headless")
    # read by SDL from the environment of the C library, not as a hint; what groups windows in a taskbar
    os.putenv("SDL_VIDEO_X11_WMCLASS", "radterm")
    for name, value in {**HINTS, b"SDL_VIDEODRIVER": driver.encode()}.items():
        sdl2.SDL_SetHintWithPriority(name, value, sdl2.SDL_HINT_OVERRIDE)
    try:
        if sdl2.SDL_InitSubSystem(sdl2.SDL_INIT_VIDEO) != 0:
            where = f" on {environment.get('DISPLAY')}" if driver == "x11" else ""
            raise ViewerError(f"cannot open a window{where} ({sdl_error()}); {ADVICE}")
        took = (sdl2.SDL_GetCurrentVideoDriver() or b"").decode()
        if took != driver:
            raise ViewerError(f"SDL took the driver {took!r} and not {driver!r}; {ADVICE}")
        yield Platform()
    finally:
        sdl2.SDL_Quit()


class Platform:
    """A running SDL."""

    def __init__(self) -> None:
        self._wake_event: int = sdl2.SDL_RegisterEvents(1)
        # SDL waits without polling only while it has a window to send its wake-up to
        self._never_shown = sdl2.SDL_CreateWindow(b"", 0, 0, 1, 1, sdl2.SDL_WINDOW_HIDDEN)
        if not self._never_shown:
            raise ViewerError(f"cannot open a window ({sdl_error()}); {ADVICE}")

    def wake(self) -> None:
        """Makes wait() return; any thread."""
        event = sdl2.SDL_Event()
        event.type = self._wake_event
        sdl2.SDL_PushEvent(ctypes.byref(event))

    def wait(self, seconds: float | None) -> list[Any]:
        """Blocks until there are events, or for `seconds` (None: without end), and takes them; a wake-up
        is not among them. Yields copies: SDL keeps its own."""
        events = []
        event = sdl2.SDL_Event()
        if seconds is None:
            got = sdl2.SDL_WaitEvent(ctypes.byref(event))
        else:
            # a millisecond early would be a turn for nothing
            wait_ms = min(max(0, math.ceil(seconds * 1000)), 1 << 30)
            got = sdl2.SDL_WaitEventTimeout(ctypes.byref(event), wait_ms)
        while got:
            if event.type != self._wake_event:
                events.append(event)
            if len(events) == MOST_EVENTS:
                break
            event = sdl2.SDL_Event()
            got = sdl2.SDL_PollEvent(ctypes.byref(event))
        return events

    def displays(self) -> list[Display]:
        """The monitors, in SDL's order."""
        found = []
        for number in range(max(0, sdl2.SDL_GetNumVideoDisplays())):
            bounds, usable = sdl2.SDL_Rect(), sdl2.SDL_Rect()
            if sdl2.SDL_GetDisplayBounds(number, ctypes.byref(bounds)) != 0:
                raise ViewerError(f"cannot read the monitors ({sdl_error()}); {ADVICE}")
            if sdl2.SDL_GetDisplayUsableBounds(number, ctypes.byref(usable)) != 0:
                usable = bounds
            found.append(Display(_tuple(bounds), _tuple(usable)))
        return found

    def clipboard(self) -> str:
        """The text in this system's clipboard, "" if there is none."""
        if not sdl2.SDL_HasClipboardText():
            return ""
        data: bytes | None = sdl2.SDL_GetClipboardText()
        return (data or b"").decode("utf-8", "replace")

    def set_clipboard(self, text: str) -> None:
        """Puts text into this system's clipboard."""
        sdl2.SDL_SetClipboardText(text.replace("\0", "").encode())


def _tuple(rect: Any) -> tuple[int, int, int, int]:
    return rect.x, rect.y, rect.w, rect.h
