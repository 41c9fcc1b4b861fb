"""The rectangles of a FramebufferUpdate: pixels, and pseudo-rectangles that say everything else.

Frozen dataclasses that raise ValueError for a value out of its range. A parser reads what follows the
12-byte header, which the connection has read and admitted before.
"""

from __future__ import annotations

from collections.abc import Callable

from rfb_ext.wire.fields import Parser
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.pixel_rectangles import HEADER as HEADER
from rfb_ext.wire.pixel_rectangles import PIXEL_KINDS as PIXEL_KINDS
from rfb_ext.wire.pixel_rectangles import Header as Header
from rfb_ext.wire.pixel_rectangles import PixelBytes as PixelBytes
from rfb_ext.wire.pixel_rectangles import PixelRectangle as PixelRectangle
from rfb_ext.wire.pixel_rectangles import Rectangle as Rectangle
from rfb_ext.wire.pixel_rectangles import parse_pixels
from rfb_ext.wire.pseudo_rectangles import CursorRectangle as CursorRectangle
from rfb_ext.wire.pseudo_rectangles import CursorWithAlphaRectangle as CursorWithAlphaRectangle
from rfb_ext.wire.pseudo_rectangles import DesktopNameRectangle as DesktopNameRectangle
from rfb_ext.wire.pseudo_rectangles import DesktopSizeRectangle as DesktopSizeRectangle
from rfb_ext.wire.pseudo_rectangles import LastRectangle as LastRectangle
from rfb_ext.wire.pseudo_rectangles import LayoutRectangle as LayoutRectangle
from rfb_ext.wire.pseudo_rectangles import QemuKeyRectangle as QemuKeyRectangle
from rfb_ext.wire.pseudo_rectangles import check_size as check_size
from rfb_ext.wire.pseudo_rectangles import (
    parse_cursor,
    parse_cursor_with_alpha,
    parse_desktop_name,
    parse_desktop_size,
    parse_last,
    parse_layout,
    parse_qemu_key,
)
from rfb_ext.wire.states import Kind
from rfb_ext.wire.update_rectangles import DIGEST as DIGEST
from rfb_ext.wire.update_rectangles import RectangleDigest as RectangleDigest
from rfb_ext.wire.update_rectangles import UpdateBegin as UpdateBegin
from rfb_ext.wire.update_rectangles import UpdateEnd as UpdateEnd
from rfb_ext.wire.update_rectangles import parse_begin, parse_digest, parse_end

RectangleParser = Callable[[Header, PixelBytes], Parser[Rectangle]]

RECTANGLES: dict[int, tuple[Kind, RectangleParser]] = {
    **{encoding: (kind, parse_pixels) for encoding, kind in PIXEL_KINDS.items()},
    Encoding.CURSOR: (Kind.PSEUDO_RECTANGLE, parse_cursor),
    Encoding.CURSOR_WITH_ALPHA: (Kind.PSEUDO_RECTANGLE, parse_cursor_with_alpha),
    Encoding.DESKTOP_SIZE: (Kind.PSEUDO_RECTANGLE, parse_desktop_size),
    Encoding.EXTENDED_DESKTOP_SIZE: (Kind.PSEUDO_RECTANGLE, parse_layout),
    Encoding.DESKTOP_NAME: (Kind.PSEUDO_RECTANGLE, parse_desktop_name),
    Encoding.QEMU_EXTENDED_KEY: (Kind.PSEUDO_RECTANGLE, parse_qemu_key),
    Encoding.LAST_RECT: (Kind.PSEUDO_RECTANGLE, parse_last),
    Encoding.UPDATE_BEGIN: (Kind.RADTERM_RECTANGLE, parse_begin),
    Encoding.RECTANGLE_DIGEST: (Kind.RADTERM_RECTANGLE, parse_digest),
    Encoding.UPDATE_END: (Kind.RADTERM_RECTANGLE, parse_end),
}
"""How a rectangle is read, and its row in the transition table, by encoding."""
