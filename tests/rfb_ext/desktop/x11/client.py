"""Another X client, for tests: draws, reads the screen without shared memory, takes keys and clicks. It
shares no code with the desktop it checks."""

from __future__ import annotations

import contextlib
import select
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import xcffib
import xcffib.render as render
import xcffib.xproto as x

from rfb_ext.desktop.x11.desktop import X11Desktop
from tests.kit.xservers import XServer


def clock() -> int:
    return time.monotonic_ns() // 1000


@contextlib.contextmanager
def shared(display: str, **options: Any) -> Iterator[X11Desktop]:
    """A desktop that is not started, and stopped behind the test."""
    desktop = X11Desktop(display, clock, **options)
    try:
        yield desktop
    finally:
        desktop.stop()


class Client:
    """`window`: covers the whole screen, without a border, undecorated, and takes keys and clicks."""

    def __init__(self, server: XServer) -> None:
        self.connection = xcffib.connect(display=server.display)
        self.core = self.connection.core
        screen = self.connection.get_setup().roots[0]
        self.root, self.size = screen.root, (screen.width_in_pixels, screen.height_in_pixels)
        self.root_depth = screen.root_depth
        visuals = [v for d in screen.allowed_depths for v in d.visuals]
        self.visual = next(v for v in visuals if v.visual_id == screen.root_visual)
        self.window = self.new_id()
        mask = x.EventMask.KeyPress | x.EventMask.KeyRelease | x.EventMask.ButtonPress
        mask |= x.EventMask.ButtonRelease | x.EventMask.PointerMotion | x.EventMask.PropertyChange
        self.core.CreateWindow(
            self.root_depth, self.window, self.root, 0, 0, *self.size, 0, x.WindowClass.InputOutput,
            screen.root_visual, x.CW.BackPixel | x.CW.OverrideRedirect | x.CW.EventMask, [0, 1, mask],
        )  # fmt: skip
        self.core.MapWindow(self.window)
        self.core.SetInputFocus(x.InputFocus.PointerRoot, self.window, 0)
        self.gc = self.new_id()
        self.core.CreateGC(self.gc, self.window, 0, [])
        self.sync()

    def close(self) -> None:
        with contextlib.suppress(xcffib.XcffibException):
            self.connection.disconnect()

    def new_id(self) -> int:
        return self.connection.generate_id()

    def sync(self) -> None:
        self.core.GetInputFocus().reply()

    def atom(self, name: str) -> int:
        return self.core.InternAtom(False, len(name), name).reply().atom

    def fill(self, place: tuple[int, int, int, int], word: int) -> None:
        """Fills x, y, w, h with that word as it is, padding bits too."""
        self.core.ChangeGC(self.gc, x.GC.Foreground, [word])
        self.core.PolyFillRectangle(self.window, self.gc, 1, [x.RECTANGLE.synthetic(*place)])
        self.sync()

    def draw(self, left: int, top: int, words: np.ndarray) -> None:
        """Puts words as they are; at most some thousand pixels."""
        height, width = words.shape
        data = np.ascontiguousarray(words, dtype="<u4").tobytes()
        self.core.PutImage(
            x.ImageFormat.ZPixmap, self.window, self.gc, width, height, left, top, 0, self.root_depth,
            len(data), data,
        )  # fmt: skip
        self.sync()

    def words(self) -> np.ndarray:
        """The root window as the server gives it, uint32 (h, w)."""
        width, height = self.size
        reply = self.core.GetImage(x.ImageFormat.ZPixmap, self.root, 0, 0, width, height, ~0 & 0xFFFFFFFF)
        return np.frombuffer(reply.reply().data.buf(), dtype="<u4").reshape(height, width).copy()

    def screen(self) -> np.ndarray:
        """The root window in canonical pixels, channel by channel through the visual's masks."""
        words = self.words()
        bits = 10 if self.root_depth == 30 else 8
        pixels = np.zeros_like(words)
        masks = (self.visual.red_mask, self.visual.green_mask, self.visual.blue_mask)
        for mask, shift in zip(masks, (2 * bits, bits, 0), strict=True):
            pixels |= ((words & mask) // (mask & -mask)).astype("<u4") << np.uint32(shift)
        return pixels

    def wait(self, fits: Callable[[Any], bool], seconds: float = 10.0) -> Any:
        """The next event that fits; others are dropped."""
        end = time.monotonic() + seconds
        while True:
            event = self.connection.poll_for_event()
            if event is None:
                left = end - time.monotonic()
                assert left > 0, f"no such event within {seconds:g} s"
                self.connection.flush()
                select.select([self.connection.get_file_descriptor()], [], [], left)
            elif fits(event):
                return event

    def typed(self, count: int) -> list[int]:
        """The keysyms of the next `count` keys that are no modifiers, by the mapping they came with."""
        found: list[int] = []
        while len(found) < count:
            event = self.wait(lambda e: isinstance(e, x.KeyPressEvent))
            row = self.core.GetKeyboardMapping(event.detail, 1).reply()
            columns = [*row.keysyms, 0, 0, 0, 0, 0, 0]
            letter = 0x41 <= columns[1] <= 0x5A
            shift = bool(event.state & 1) ^ (letter and bool(event.state & 2))
            keysym = columns[shift + (4 if event.state & 0x80 and row.keysyms_per_keycode > 4 else 0)]
            keysym = keysym or columns[0]
            if not 0xFFE1 <= keysym <= 0xFFEE and keysym != 0xFE03:
                found.append(keysym)
        return found

    def keys_down(self) -> set[int]:
        """Keycodes that are down now."""
        keys = bytes(self.core.QueryKeymap().reply().keys)
        return {code for code in range(256) if keys[code // 8] & 1 << code % 8}

    def pointer(self) -> tuple[int, int, int]:
        """Place and mask of modifiers and buttons."""
        reply = self.core.QueryPointer(self.root).reply()
        return reply.root_x, reply.root_y, reply.mask

    def own_clipboard(self) -> None:
        self.core.SetSelectionOwner(self.window, self.atom("CLIPBOARD"), 0)
        self.sync()

    def hand_out(self, kind: int, data: bytes) -> Any:
        """Answers the next request for the clipboard; returns that request."""
        request = self.wait(lambda e: isinstance(e, x.SelectionRequestEvent))
        self.core.ChangeWindowAttributes(request.requestor, x.CW.EventMask, [x.EventMask.PropertyChange])
        bits = 32 if kind == self.atom("INCR") else 8
        self.put(request.requestor, request.property, kind, bits, data)
        answer = x.SelectionNotifyEvent.synthetic(
            request.time, request.requestor, request.selection, request.target, request.property
        )
        self.core.SendEvent(False, request.requestor, 0, answer.pack())
        self.sync()
        return request

    def put(self, window: int, place: int, kind: int, bits: int, data: bytes) -> None:
        self.core.ChangeProperty(0, window, place, kind, bits, len(data) * 8 // bits, data)

    def ask_clipboard(self, target: str) -> tuple[int, bytes]:
        """Type and bytes of what the clipboard's owner gives for `target`; type 0 if it refuses."""
        place = self.atom("ANSWER")
        self.core.ConvertSelection(self.window, self.atom("CLIPBOARD"), self.atom(target), place, 0)
        notified = self.wait(lambda e: isinstance(e, x.SelectionNotifyEvent))
        if not notified.property:
            return 0, b""
        reply = self.core.GetProperty(True, self.window, place, 0, 0, 1 << 20).reply()
        return reply.type, b"".join(reply.value)

    def show_cursor(self, argb: np.ndarray, hot: tuple[int, int]) -> None:
        """Sets the window's cursor from premultiplied ARGB words, through RENDER."""
        height, width = argb.shape
        pixmap, gc, picture, cursor = (self.new_id() for _ in range(4))
        ext = self.connection(render.key)
        formats = ext.QueryPictFormats().reply().formats
        wanted = (32, 24, 16, 8, 0)
        argb32 = next(
            f.id
            for f in formats
            if f.type == 1
            and (f.depth, f.direct.alpha_shift, f.direct.red_shift, f.direct.green_shift, f.direct.blue_shift)
            == wanted
        )
        self.core.CreatePixmap(32, pixmap, self.root, width, height)
        self.core.CreateGC(gc, pixmap, 0, [])
        data = np.ascontiguousarray(argb, dtype="<u4").tobytes()
        self.core.PutImage(2, pixmap, gc, width, height, 0, 0, 0, 32, len(data), data)
        ext.CreatePicture(picture, pixmap, argb32, 0, [])
        ext.CreateCursor(cursor, picture, *hot)
        self.core.ChangeWindowAttributes(self.window, x.CW.Cursor, [cursor])
        self.sync()

    def change_keysym(self, keycode: int, keysyms: list[int]) -> None:
        self.core.ChangeKeyboardMapping(1, keycode, len(keysyms), keysyms)
        self.sync()


def shm_segments() -> list[tuple[int, int]]:
    """System V segments made by this process: (identifier, permissions and flags)."""
    import os
    from pathlib import Path

    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return [(int(row[1]), int(row[2], 8)) for row in rows if int(row[4]) == os.getpid()]


def unpack_atoms(data: bytes) -> set[int]:
    return set(struct.unpack(f"={len(data) // 4}I", data))
