"""The heads of an X display: RandR's active monitors (RandR protocol 1.5, GetMonitors)."""

from __future__ import annotations

from collections.abc import Sequence

import xcffib.randr

from rfb_ext.desktop.x11.display import Display
from rfb_ext.errors import CaptureError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.numbers import MAX_NAME, MAX_SCREENS
from rfb_ext.wire.types import Rect

_MASK = (
    xcffib.randr.NotifyMask.ScreenChange
    | xcffib.randr.NotifyMask.CrtcChange
    | xcffib.randr.NotifyMask.OutputChange
)


def watch_layout(display: Display) -> None:
    """Asks for the events that is_layout_event() knows."""
    if display.randr is not None:
        display.randr.SelectInput(display.root, _MASK)
    # a monitor that was only declared changes no output, but the root window's size tells of the rest
    display.core.ChangeWindowAttributes(
        display.root, xcffib.xproto.CW.EventMask, [xcffib.xproto.EventMask.StructureNotify]
    )


def is_layout_event(event: object) -> bool:
    """True if the heads may be others now."""
    return isinstance(
        event,
        xcffib.randr.ScreenChangeNotifyEvent | xcffib.randr.NotifyEvent | xcffib.xproto.ConfigureNotifyEvent,
    )


def read_heads(display: Display, fixed: Sequence[Rect] | None = None) -> tuple[Head, ...]:
    """The heads now, from left to right, ids 1, 2, ...; the whole root window if there is no monitor.

    `fixed`: these rectangles in place of the monitors, cut to the root window. Monitors that overlap
    (mirrored ones) become one head. Raises CaptureError for more heads than the protocol can name.
    """
    whole = Rect(0, 0, *display.root_size())
    if fixed is not None:
        named = [(whole.intersect(rect), f"head {number}") for number, rect in enumerate(fixed, 1)]
    else:
        named = _monitors(display, whole)
    places = apart([(rect, name) for rect, name in named if rect]) or [(whole, "screen")]
    if len(places) > MAX_SCREENS:
        raise CaptureError(f"the X display {display.name} has {len(places)} monitors; {MAX_SCREENS} at most")
    places.sort(key=lambda place: (place[0].x, place[0].y))
    return tuple(Head(number, rect, display.depth, name) for number, (rect, name) in enumerate(places, 1))


def apart(named: Sequence[tuple[Rect, str]]) -> list[tuple[Rect, str]]:
    """The same area, and more where it must be, in rectangles that do not overlap."""
    done: list[tuple[Rect, str]] = []
    for rect, name in named:
        while over := next((place for place in done if place[0].intersect(rect)), None):
            done.remove(over)
            rect, name = rect.union(over[0]), f"{over[1]}+{name}"
        done.append((rect, name))
    return done


def _monitors(display: Display, whole: Rect) -> list[tuple[Rect, str]]:
    if display.randr is None:
        return []
    monitors = display.randr.GetMonitors(display.root, True).reply().monitors
    cookies = [display.core.GetAtomName(monitor.name) for monitor in monitors]
    named: list[tuple[Rect, str]] = []
    for monitor, cookie in zip(monitors, cookies, strict=True):
        left, top = max(monitor.x, 0), max(monitor.y, 0)
        right = min(monitor.x + monitor.width, whole.right)
        bottom = min(monitor.y + monitor.height, whole.bottom)
        if right > left and bottom > top:
            name = cookie.reply().name.to_string()[: MAX_NAME // 4]
            named.append((Rect(left, top, right - left, bottom - top), name))
        else:
            cookie.reply()
    return named
