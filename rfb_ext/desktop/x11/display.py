"""One connection to an X server: opened and checked, its events drained, interrupted from outside.

xcffib knows an extension only if its module was imported before connecting; that happens here.
"""

from __future__ import annotations

import os
import socket
from typing import Any

import xcffib
import xcffib.damage
import xcffib.randr
import xcffib.shm
import xcffib.xfixes
import xcffib.xproto
import xcffib.xtest

from rfb_ext.errors import CaptureError, NotFoundError
from rfb_ext.wire.numbers import MAX_PIXELS, MAX_SIDE
from rfb_ext.wire.types import PixelFormat

_xcffib: Any = xcffib  # its functions have no types
NEEDED = ("MIT-SHM", "DAMAGE", "XFIXES", "XTEST")
DEPTHS = {24: 8, 30: 10}
"""X depth to bits a channel."""
MAX_DISPLAY_NAME = 255


class Display:
    """A connection to the X server `name` (None: what DISPLAY says), made for one thread.

    `root`: the root window; `depth`: bits a channel (8 or 10); `pixel_format`: of the root window's words.
    Raises NotFoundError if there is no such display, CaptureError if it cannot be shared.
    """

    def __init__(self, name: str | None) -> None:
        self.name = _checked_name(name)
        try:
            self.connection: Any = _xcffib.connect(display=self.name)
        except xcffib.XcffibException as error:
            raise NotFoundError(
                f"no X display {self.name} can be opened; start it, name another one with --display, "
                f"or let this user in (XAUTHORITY, xhost)"
            ) from error
        try:
            self._look()
        except xcffib.XcffibException as error:
            self.close()
            raise CaptureError(f"the X display {self.name} cannot be shared: {said(error)}") from error
        except CaptureError:
            self.close()
            raise

    def _look(self) -> None:
        self.core: Any = self.connection.core
        setup = self.connection.get_setup()
        screen = setup.roots[self.connection.pref_screen]
        self.root: int = screen.root
        self.min_keycode: int = setup.min_keycode
        self.max_keycode: int = setup.max_keycode
        self.depth, self.pixel_format = _root_format(self.name, setup, screen)
        cookies = [(name, self.core.QueryExtension(len(name), name)) for name in (*NEEDED, "RANDR")]
        present = {name for name, cookie in cookies if cookie.reply().present}
        if missing := [name for name in NEEDED if name not in present]:
            raise CaptureError(f"the X display {self.name} lacks {', '.join(missing)} and cannot be shared")
        self.shm: Any = self.connection(xcffib.shm.key)
        self.damage: Any = self.connection(xcffib.damage.key)
        self.xfixes: Any = self.connection(xcffib.xfixes.key)
        self.xtest: Any = self.connection(xcffib.xtest.key)
        self.damage.QueryVersion(1, 1).reply()
        self.xfixes.QueryVersion(4, 0).reply()
        self.randr: Any = None
        if "RANDR" in present:
            randr = self.connection(xcffib.randr.key)
            version = randr.QueryVersion(1, 5).reply()
            if (version.major_version, version.minor_version) >= (1, 5):
                self.randr = randr

    def root_size(self) -> tuple[int, int]:
        """Width and height of the root window now. Raises CaptureError if it is beyond every bound."""
        geometry = self.core.GetGeometry(self.root).reply()
        width, height = int(geometry.width), int(geometry.height)
        if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
            raise CaptureError(f"the X display {self.name} is {width}x{height}: too large to be shared")
        return width, height

    def events(self) -> list[Any]:
        """All events that have come, without waiting. The error of an unchecked request to a window that
        is gone (another client's, while it asked for the clipboard) is none of ours."""
        found: list[Any] = []
        while True:
            try:
                event = self.connection.poll_for_event()
            except xcffib.xproto.WindowError:
                continue
            if event is None:
                return found
            found.append(event)

    def new_id(self) -> int:
        return int(self.connection.generate_id())

    def atom(self, name: str) -> int:
        return int(self.core.InternAtom(False, len(name), name).reply().atom)

    def round_trip(self) -> None:
        """Returns when the server has processed all that was sent."""
        self.core.GetInputFocus().reply()

    def flush(self) -> None:
        self.connection.flush()

    def fileno(self) -> int:
        return int(self.connection.get_file_descriptor())

    def interrupt(self) -> None:
        """From another thread: whoever waits in a reply of this connection gets a ConnectionException."""
        try:
            with socket.socket(fileno=os.dup(self.fileno())) as twin:
                twin.shutdown(socket.SHUT_RDWR)
        except (xcffib.XcffibException, OSError):
            return  # it is closed already

    def close(self) -> None:
        """Ends the connection; idempotent. No other thread may be using it."""
        self.connection.disconnect()


def said(error: BaseException) -> str:
    """What an xcffib error says: errors of the X protocol have no text, but their class has a name."""
    return str(error) or type(error).__name__


def _checked_name(name: str | None) -> str:
    name = os.environ.get("DISPLAY", "") if name is None else name
    if not name:
        raise NotFoundError("no X display was named; use --display :N or set DISPLAY")
    if len(name) > MAX_DISPLAY_NAME or not name.isascii() or not name.isprintable():
        raise NotFoundError("the X display's name is not one; use --display :N, as in --display :0")
    return name


def _root_format(name: str, setup: Any, screen: Any) -> tuple[int, PixelFormat]:
    """Bits a channel and the format of the root window's pixels. Raises CaptureError for any depth but
    24 and 30, and for words that are not 32 bits wide."""
    bits = DEPTHS.get(screen.root_depth)
    if bits is None:
        raise CaptureError(
            f"the X display {name} has depth {screen.root_depth}; start its X server with depth 24 or 30"
        )
    visual = next(
        v for depth in screen.allowed_depths for v in depth.visuals if v.visual_id == screen.root_visual
    )
    wide = {f.depth: f.bits_per_pixel for f in setup.pixmap_formats}.get(screen.root_depth)
    masks = (visual.red_mask, visual.green_mask, visual.blue_mask)
    shifts = [(mask & -mask).bit_length() - 1 for mask in masks]
    top = (1 << bits) - 1
    true_colour = visual._class == xcffib.xproto.VisualClass.TrueColor
    whole = all(m == top << max(s, 0) for m, s in zip(masks, shifts, strict=True))
    if wide != 32 or not true_colour or not whole:
        raise CaptureError(
            f"the X display {name} has pixels of another kind than {bits} bits of red, green and blue in "
            f"32 bits; start its X server with a TrueColor visual"
        )
    big_endian = setup.image_byte_order == xcffib.xproto.ImageOrder.MSBFirst
    return bits, PixelFormat(32, screen.root_depth, big_endian, True, top, top, top, *shifts)
