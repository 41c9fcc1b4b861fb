"""The CLIPBOARD selection as text, both ways (ICCCM 1.1 section 2; XFIXES protocol, SelectionNotify).

Lives in the capture thread and its connection and never waits for another program. Text is never logged.
Large text of others comes in pieces (ICCCM section 2.7.2, INCR); ours fits one request, as MAX_CUT_TEXT
bounds both.
"""

from __future__ import annotations

import struct
from typing import Any

import xcffib.xfixes
from xcffib import xproto

from rfb_ext.desktop.x11.display import Display
from rfb_ext.wire.numbers import MAX_CUT_TEXT

_notify_event: Any = xproto.SelectionNotifyEvent  # its functions have no types
_ANY_TYPE, _NONE, _CURRENT_TIME = 0, 0, 0


class Clipboard:
    """Asks for others' text and hands out ours, event by event."""

    def __init__(self, display: Display) -> None:
        self._display, self._core = display, display.core
        names = ("CLIPBOARD", "TARGETS", "TIMESTAMP", "UTF8_STRING", "INCR", "_RADTERM_TEXT")
        self._clipboard, self._targets, self._timestamp, self._utf8, self._incr, self._place = (
            display.atom(name) for name in names
        )
        self._mime = display.atom("text/plain;charset=utf-8")
        self._window = display.new_id()
        self._core.CreateWindow(
            xproto.WindowClass.CopyFromParent, self._window, display.root, 0, 0, 1, 1, 0,
            xproto.WindowClass.InputOnly, 0, xproto.CW.EventMask, [xproto.EventMask.PropertyChange],
        )  # fmt: skip
        display.xfixes.SelectSelectionInput(
            self._window, self._clipboard, xcffib.xfixes.SelectionEventMask.SetSelectionOwner
        )
        self._ours: bytes | None = None
        self._owned_since = _CURRENT_TIME
        self._pieces: bytearray | None = None  # text that comes in pieces
        self._is_too_long = False
        self._last: bytes | None = None  # neither side is told what it has said itself

    def offer(self, text: str) -> None:
        """Becomes the owner of the selection, with this text; more than MAX_CUT_TEXT bytes of UTF-8 are not
        taken."""
        data = text.encode("utf-8", "replace")
        if len(data) <= MAX_CUT_TEXT:
            self._ours = self._last = data
            self._core.SetSelectionOwner(self._window, self._clipboard, _CURRENT_TIME)
            self._display.flush()

    def take(self, event: object) -> str | None:
        """Takes every event; returns text that another program has put into the clipboard."""
        if isinstance(event, xcffib.xfixes.SelectionNotifyEvent):
            self._owner_changed(event)
        elif isinstance(event, xproto.SelectionRequestEvent):
            self._answer(event)
        elif isinstance(event, xproto.SelectionNotifyEvent):
            if event.property != _NONE and event.requestor == self._window:
                return self._text_came()
        elif (
            isinstance(event, xproto.PropertyNotifyEvent)
            and event.atom == self._place
            and event.state == xproto.Property.NewValue
            and self._pieces is not None
        ):
            return self._piece_came()
        return None

    def _owner_changed(self, event: Any) -> None:
        if event.selection != self._clipboard:
            return
        self._pieces = None
        if event.owner == self._window:
            self._owned_since = event.selection_timestamp
            return
        self._ours = None
        if event.owner != _NONE:
            self._core.DeleteProperty(self._window, self._place)
            self._core.ConvertSelection(
                self._window, self._clipboard, self._utf8, self._place, event.selection_timestamp
            )
            self._display.flush()

    def _text_came(self) -> str | None:
        kind, data = self._property()
        if kind == self._incr:
            self._pieces, self._is_too_long = bytearray(), False
            return None
        return self._text(data) if kind == self._utf8 else None

    def _piece_came(self) -> str | None:
        _, data = self._property()
        if self._pieces is None:
            return None
        if data is None or len(self._pieces) + len(data) > MAX_CUT_TEXT:
            self._is_too_long = True
        elif data:
            self._pieces += data
        else:
            whole, self._pieces = bytes(self._pieces), None
            return None if self._is_too_long else self._text(whole)
        return None

    def _property(self) -> tuple[int, bytes | None]:
        """Type and bytes of what was put on our window, which is taken off it; None for too many bytes."""
        reply = self._core.GetProperty(
            False, self._window, self._place, _ANY_TYPE, 0, (MAX_CUT_TEXT + 3) // 4
        ).reply()
        self._core.DeleteProperty(self._window, self._place)
        self._display.flush()
        if reply.bytes_after:
            return reply.type, None
        return reply.type, b"".join(reply.value) if reply.format == 8 else b""

    def _text(self, data: bytes | None) -> str | None:
        if data is None or data == self._last:
            return None
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return None
        self._last = data
        return text

    def _answer(self, event: Any) -> None:
        """Puts what was asked for on the requestor's window, or says that it cannot."""
        place = event.property or event.target
        if self._ours is None or event.selection != self._clipboard:
            place = _NONE
        elif event.target == self._targets:
            atoms = (self._targets, self._timestamp, self._utf8, self._mime)
            self._put(event.requestor, place, xproto.Atom.ATOM, 32, struct.pack("=4I", *atoms))
        elif event.target == self._timestamp:
            self._put(event.requestor, place, xproto.Atom.INTEGER, 32, struct.pack("=I", self._owned_since))
        elif event.target in (self._utf8, self._mime):
            self._put(event.requestor, place, event.target, 8, self._ours)
        else:
            place = _NONE
        answer = _notify_event.synthetic(event.time, event.requestor, event.selection, event.target, place)
        self._core.SendEvent(False, event.requestor, 0, answer.pack())
        self._display.flush()

    def _put(self, window: int, place: int, kind: int, bits: int, data: bytes) -> None:
        count = len(data) * 8 // bits
        self._core.ChangeProperty(xproto.PropMode.Replace, window, place, kind, bits, count, data)
