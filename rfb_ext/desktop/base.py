"""What the hospital shares: one interface behind which stand testcard, reading room and X displays.

A desktop has a thread of its own (the capture thread). All calls on a desktop may come from any thread
and return at once; all calls on its sink come from the capture thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Cursor as Cursor
from rfb_ext.frame.frames import Frame, Head
from rfb_ext.wire.numbers import LayoutStatus
from rfb_ext.wire.types import ScreenLayout

Clock = Callable[[], int]
"""Monotonic microseconds."""

HEARTBEAT_MS = 250
SWEEP_MS = 2000


@dataclass(frozen=True, slots=True)
class HeadPulse:
    """One head in a heartbeat: newest serial, when it was captured, when the screen was last read with
    success. Microseconds of the desktop's clock."""

    head_id: int
    serial: int
    captured_us: int
    read_us: int


class DesktopSink(Protocol):
    """Who takes what a desktop captures. Called from the capture thread only."""

    def frame_captured(self, frame: Frame) -> bool:
        """A head was read. Returns True if its pixels differ from the frame before (exact comparison):
        then `frame.serial` is used up; else the desktop gives the same serial to the next frame."""
        ...

    def heartbeat(self, now_us: int, heads: tuple[HeadPulse, ...]) -> None:
        """Every HEARTBEAT_MS, from the capture thread itself, so that a hung screen is not called fresh. What
        is known to have changed by then was captured before, wanted or not, so that an old picture is not."""
        ...

    def cursor_changed(self, cursor: Cursor) -> None: ...

    def clipboard_changed(self, text: str) -> None: ...

    def layout_changed(self, heads: tuple[Head, ...]) -> None:
        """The heads are others now; frames of the new heads follow. All earlier frames are void."""
        ...

    def desktop_failed(self, error: CaptureError) -> None:
        """The desktop is gone; the capture thread ends."""
        ...


class Desktop(Protocol):
    """Heads, frames, input, layout and clipboard of one shared desktop."""

    @property
    def name(self) -> str: ...

    @property
    def heads(self) -> tuple[Head, ...]:
        """Known before start(). Head rectangles do not overlap."""
        ...

    def start(self, sink: DesktopSink) -> None:
        """Starts the capture thread; the first frame of every head follows without being wanted.
        Raises CaptureError or NotFoundError when the desktop cannot be opened."""
        ...

    def stop(self) -> None:
        """Ends the capture thread and waits for it; idempotent."""
        ...

    def want_frame(self) -> None:
        """Somebody can take a frame: capture as soon as anything is damaged, once. Without it a desktop
        only sweeps and captures with its heartbeats. Cheap, idempotent until the next frame."""
        ...

    def inject_key(self, keysym: int, keycode: int, down: bool, tag: int) -> None:
        """`keysym`: X keysym. `keycode`: XT set 1 as in QEMU's extended key event, 0 if unknown. `tag`
        is carried by frames captured after the event took effect at the desktop."""
        ...

    def inject_pointer(self, x: int, y: int, buttons: int, tag: int) -> None:
        """Framebuffer position and RFB button mask (bit 0 left, 1 middle, 2 right, 3..6 wheel)."""
        ...

    def set_clipboard(self, text: str) -> None: ...

    def request_layout(self, layout: ScreenLayout) -> LayoutStatus:
        """A viewer asks for another layout; DONE means layout_changed follows."""
        ...
