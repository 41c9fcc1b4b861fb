"""The glass of a window on an X screen of depth 30: all ten bits, past SDL.

SDL 2 opens windows there but knows no surface for them; so the pixels go from a shared memory segment to
SDL's window by MIT-SHM PutImage, on a connection of our own.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import xcffib
import xcffib.shm
import xcffib.xproto

from radterm.viewer.sdl import sdl2, sdl_error
from radterm.viewer.words import Box
from rfb_ext.errors import ViewerError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import CANONICAL_10

IPC_CREAT, IPC_RMID, IPC_PRIVATE = 0o1000, 0, 0
Z_PIXMAP = 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.shmat.restype = ctypes.c_void_p
_libc.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_libc.shmdt.argtypes = (ctypes.c_void_p,)
_libc.shmget.argtypes = (ctypes.c_int, ctypes.c_size_t, ctypes.c_int)


class X11Glass:
    """Words are those of the screen's visual, which must be canonical ones of 10 bits."""

    bits = 10

    def __init__(self, window: Any) -> None:
        self._sdl_window = window
        info = sdl2.SDL_SysWMinfo()
        sdl2.SDL_VERSION(info.version)
        if not sdl2.SDL_GetWindowWMInfo(window, ctypes.byref(info)) or info.subsystem != sdl2.SDL_SYSWM_X11:
            raise ViewerError(f"the screen's pixels are of no known kind ({sdl_error()})")
        self._window: int = info.info.x11.window
        try:
            connection: Any = xcffib.connect()  # type: ignore[no-untyped-call]
            self._connection = connection
            self._shm = self._connection(xcffib.shm.key)
            self._shm.QueryVersion().reply()
            _check_visual(self._connection.get_setup().roots[self._connection.pref_screen])
        except xcffib.XcffibException as error:
            raise ViewerError("a screen of depth 30 must be on this machine (MIT-SHM)") from error
        self._gc = self._connection.generate_id()
        self._connection.core.CreateGC(self._gc, self._window, 0, [])
        self._segment = 0
        self._address = 0
        self._size = (0, 0)

    def acquire(self) -> Pixels:
        width, height = ctypes.c_int(), ctypes.c_int()
        sdl2.SDL_GetWindowSize(self._sdl_window, ctypes.byref(width), ctypes.byref(height))
        self._free()
        self._size = (width.value, height.value)
        length = 4 * width.value * height.value
        number = _libc.shmget(IPC_PRIVATE, length, IPC_CREAT | 0o600)
        if number < 0:
            raise ViewerError(f"no shared memory for a window of {width.value}x{height.value}")
        try:
            address = _libc.shmat(number, None, 0)
            if address in (None, ctypes.c_void_p(-1).value):
                raise ViewerError("shared memory cannot be mapped")
            self._address = address
            self._segment = self._connection.generate_id()
            self._shm.Attach(self._segment, number, False, is_checked=True).check()
        finally:
            _libc.shmctl(number, IPC_RMID, None)  # it goes when the last of us detaches
        memory = (ctypes.c_uint8 * length).from_address(self._address)
        words: Pixels = np.frombuffer(memoryview(memory), dtype="<u4").reshape(height.value, width.value)
        return words

    def push(self, box: Box) -> bool:
        x, y, w, h = box
        put = self._shm.PutImage(
            self._window, self._gc, *self._size, x, y, w, h, x, y, 30, Z_PIXMAP, 0, self._segment, 0,
            is_checked=True,
        )  # fmt: skip
        try:
            put.check()  # a round trip: the screen has read the segment
        except xcffib.XcffibException as error:
            raise ViewerError("the screen takes no more pixels; start the viewer again") from error
        return True

    def close(self) -> None:
        self._free()
        self._connection.disconnect()

    def _free(self) -> None:
        if self._segment:
            self._shm.Detach(self._segment, is_checked=True).check()
            self._segment = 0
        if self._address:
            _libc.shmdt(self._address)
            self._address = 0


def _check_visual(screen: Any) -> None:
    """Raises ViewerError unless the root's visual has the canonical 10-bit layout."""
    wanted = tuple(
        top << shift
        for top, shift in (
            (CANONICAL_10.red_max, CANONICAL_10.red_shift),
            (CANONICAL_10.green_max, CANONICAL_10.green_shift),
            (CANONICAL_10.blue_max, CANONICAL_10.blue_shift),
        )
    )
    for depth in screen.allowed_depths:
        for visual in depth.visuals:
            if visual.visual_id == screen.root_visual:
                masks = (visual.red_mask, visual.green_mask, visual.blue_mask)
                if depth.depth == 30 and masks == wanted:
                    return
    raise ViewerError(f"the screen has depth {screen.root_depth}; 24 or 30 bits are needed")
