"""Any X display as a desktop: captured with XDamage and shared memory, keys and pointer through XTEST.

Framebuffer coordinates are those of the root window. Two connections, each with a thread: one captures,
one injects; calls from outside only leave something for them and return.
"""

from __future__ import annotations

from collections.abc import Sequence

import xcffib

from rfb_ext.desktop.base import Clock, DesktopSink
from rfb_ext.desktop.x11.capture import CaptureThread
from rfb_ext.desktop.x11.display import Display, said
from rfb_ext.desktop.x11.input import InputThread, KeyWanted, PointerWanted
from rfb_ext.desktop.x11.layout import read_heads
from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.numbers import LayoutStatus
from rfb_ext.wire.types import Rect, ScreenLayout

STOP_SECONDS = 1.0
"""How long stop() waits for an X server that may hang, for each of the two connections."""


class X11Desktop:
    """Implements desktop.base.Desktop for the X display `display` (None: what DISPLAY says).

    `clock`: monotonic microseconds. `suppress_damage`: XDamage events are ignored, for tests. `heads`:
    rectangles in root coordinates to share in place of the monitors. Raises NotFoundError if there is no
    such display, CaptureError if it cannot be shared. stop() must be called even if start() never was.
    """

    def __init__(
        self,
        display: str | None,
        clock: Clock,
        *,
        suppress_damage: bool = False,
        heads: Sequence[Rect] | None = None,
    ) -> None:
        self._clock = clock
        self._fixed = heads
        self._suppress_damage = suppress_damage
        self._capture: CaptureThread | None = None
        self._is_stopped = False
        self._display = Display(display)
        try:
            self._heads = read_heads(self._display, heads)
            self._input = InputThread(Display(self._display.name))
        except xcffib.XcffibException as error:
            self._display.close()
            raise CaptureError(f"the X display {self._display.name} cannot be read: {said(error)}") from error
        except BaseException:
            self._display.close()
            raise

    @property
    def name(self) -> str:
        return f"X display {self._display.name}"

    @property
    def heads(self) -> tuple[Head, ...]:
        return self._heads if self._capture is None else self._capture.heads

    def start(self, sink: DesktopSink) -> None:
        """Raises CaptureError if the X server does not share memory or is gone."""
        if self._capture is not None or self._is_stopped:
            raise ValueError("a desktop is started once")
        try:
            self._capture = CaptureThread(
                self._display, self._heads, self._fixed, self._input, sink, self._clock,
                suppress_damage=self._suppress_damage,
            )  # fmt: skip
        except xcffib.XcffibException as error:
            raise CaptureError(f"the X display {self._display.name} cannot be read: {said(error)}") from error
        self._input.start()
        self._capture.start()

    def stop(self) -> None:
        """Releases every key and button we pressed, ends both threads and both connections; idempotent."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._input.stop(STOP_SECONDS)
        if self._capture is None:
            self._display.close()
        else:
            self._capture.stop(STOP_SECONDS)

    def want_frame(self) -> None:
        if self._capture is not None:
            self._capture.want()

    def inject_key(self, keysym: int, keycode: int, down: bool, tag: int) -> None:
        self._input.put(KeyWanted(keysym, keycode, down, tag))

    def inject_pointer(self, x: int, y: int, buttons: int, tag: int) -> None:
        self._input.put(PointerWanted(x, y, buttons, tag))

    def set_clipboard(self, text: str) -> None:
        """Text of more than MAX_CUT_TEXT bytes of UTF-8 is not taken."""
        if self._capture is not None:
            self._capture.offer(text)

    def request_layout(self, layout: ScreenLayout) -> LayoutStatus:
        """The X server's layout is its own; it is followed, not changed."""
        return LayoutStatus.PROHIBITED
