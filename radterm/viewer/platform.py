"""SDL's start and end, the displays there are, and how the main loop waits and is woken.

SDL is called by the main thread only, wake() excepted, which does not call it. SDL could wake its own
waiting from another thread, by an event sent to one of its windows; but if that window is destroyed
meanwhile, Xlib ends the process. So the loop sleeps on the connection to X and on a socket of ours.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from radterm.viewer.sdl import sdl2, sdl_error
from rfb_ext.errors import ViewerError

MOST_EVENTS = 1024
"""Events taken in one turn of the loop."""
FOCUS_SECONDS = 0.25
"""SDL 2 changes the keyboard's focus 0.2 s after the X event, the next time it is asked for events."""

HINTS = {
    b"SDL_VIDEODRIVER": b"x11",
    b"SDL_FRAMEBUFFER_ACCELERATION": b"0",  # else a window surface goes through GL: ten times slower
    b"SDL_NO_SIGNAL_HANDLERS": b"1",
    b"SDL_VIDEO_ALLOW_SCREENSAVER": b"1",  # whether a screen locks is the hospital's decision
    b"SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS": b"0",
    b"SDL_GRAB_KEYBOARD": b"1",
    b"SDL_ALLOW_ALT_TAB_WHILE_GRABBED": b"0",
    b"SDL_MOUSE_FOCUS_CLICKTHROUGH": b"1",
}
ADVICE = "check DISPLAY, or use --headless"


@dataclass(frozen=True, slots=True)
class Display:
    """A monitor on the reader's side: all of it, and the part that panels leave free; x, y, w, h."""

    bounds: tuple[int, int, int, int]
    usable: tuple[int, int, int, int]


@contextlib.contextmanager
def open_platform(
    environment: Mapping[str, str], clock: Callable[[], float] = time.monotonic
) -> Iterator[Platform]:
    """SDL's video part on the X screen that DISPLAY names, ended behind it.

    Raises ViewerError: no screen, or SDL took another driver (left alone it would take one that shows
    nothing).
    """
    display = environment.get("DISPLAY")
    if not display:
        raise ViewerError("there is no X screen: DISPLAY is not set; set it, or use --headless")
    # read by SDL from the environment of the C library, not as a hint; what groups windows in a taskbar
    os.putenv("SDL_VIDEO_X11_WMCLASS", "radterm")
    for name, value in HINTS.items():
        sdl2.SDL_SetHintWithPriority(name, value, sdl2.SDL_HINT_OVERRIDE)
    try:
        if sdl2.SDL_InitSubSystem(sdl2.SDL_INIT_VIDEO) != 0:
            raise ViewerError(f"cannot open a window on {display} ({sdl_error()}); {ADVICE}")
        driver = sdl2.SDL_GetCurrentVideoDriver()
        if driver != b"x11":
            raise ViewerError(f"SDL took the driver {driver!r} and not x11; {ADVICE}")
        platform = Platform(clock)
        try:
            yield platform
        finally:
            platform.close()
    finally:
        sdl2.SDL_Quit()


class Platform:
    """A running SDL. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pump_again_at = clock() + FOCUS_SECONDS
        self._never_shown = sdl2.SDL_CreateWindow(b"", 0, 0, 1, 1, sdl2.SDL_WINDOW_HIDDEN)
        info = sdl2.SDL_SysWMinfo()
        sdl2.SDL_VERSION(info.version)
        if not self._never_shown or not sdl2.SDL_GetWindowWMInfo(self._never_shown, ctypes.byref(info)):
            raise ViewerError(f"cannot open a window ({sdl_error()}); {ADVICE}")
        xlib = ctypes.CDLL("libX11.so.6")
        xlib.XConnectionNumber.argtypes = (ctypes.c_void_p,)
        self._screen_fd: int = xlib.XConnectionNumber(info.info.x11.display)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)

    def wake(self) -> None:
        """Makes wait() return; any thread."""
        with contextlib.suppress(BlockingIOError):  # full: it is awake already
            self._waker.send(b"\0")

    def wait(self, seconds: float | None) -> list[Any]:
        """Blocks until something happens, or for `seconds` (None: without end); takes SDL's events.

        May return none although time is not over: SDL makes up its mind about the keyboard's focus only
        some time after X has told it.
        """
        events = self._taken()
        if not events:
            again = self._pump_again_at - self._clock()
            if again > 0 and (seconds is None or again < seconds):
                seconds = again
            # everything that X has sent is with SDL by now, so nothing waits unseen on our side
            ready, _, _ = select.select([self._screen_fd, self._woken.fileno()], [], [], seconds)
            if self._screen_fd in ready:
                self._pump_again_at = self._clock() + FOCUS_SECONDS
            events = self._taken()
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        return events

    def close(self) -> None:
        """After this wake() must not be called."""
        self._woken.close()
        self._waker.close()

    def _taken(self) -> list[Any]:
        """What SDL has, at most MOST_EVENTS; each an object of its own."""
        events: list[Any] = []
        event = sdl2.SDL_Event()
        while len(events) < MOST_EVENTS and sdl2.SDL_PollEvent(ctypes.byref(event)):
            events.append(event)
            event = sdl2.SDL_Event()
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
