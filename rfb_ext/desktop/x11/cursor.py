"""The pointer's picture (XFIXES protocol 4, GetCursorImage): premultiplied ARGB words to RGBA bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xcffib.xfixes
import xcffib.xproto

from rfb_ext.desktop.x11.display import Display
from rfb_ext.frame.frames import Cursor
from rfb_ext.wire.numbers import MAX_CURSOR_SIDE


def watch_cursor(display: Display) -> None:
    """Asks for the events that is_cursor_event() knows."""
    display.xfixes.SelectCursorInput(display.root, xcffib.xfixes.CursorNotifyMask.DisplayCursor)


def is_cursor_event(event: object) -> bool:
    return isinstance(event, xcffib.xfixes.CursorNotifyEvent)


def read_cursor(display: Display) -> Cursor:
    """The cursor now; larger ones are cut to MAX_CURSOR_SIDE. Empty when the server shows none."""
    try:
        reply = display.xfixes.GetCursorImage().reply()
    except xcffib.xproto.CursorError:
        return Cursor(np.zeros((0, 0, 4), np.uint8), 0, 0)
    words = np.frombuffer(reply.cursor_image.buf(), dtype="<u4", count=reply.width * reply.height)
    rgba = to_rgba(words.reshape(reply.height, reply.width)[:MAX_CURSOR_SIDE, :MAX_CURSOR_SIDE])
    height, width = rgba.shape[:2]
    return Cursor(rgba, min(reply.xhot, max(width - 1, 0)), min(reply.yhot, max(height - 1, 0)))


def to_rgba(words: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """ARGB words, shape (h, w), to R, G, B, A bytes, shape (h, w, 4)."""
    return np.stack([(words >> shift & 0xFF).astype(np.uint8) for shift in (16, 8, 0, 24)], axis=-1)
