"""The pointer's picture to the rectangles Cursor (-239) and CursorWithAlpha (-314), and back.

Sources: RFC 6143 section 7.8.1; rfbproto, "Cursor With Alpha Pseudo-encoding" (premultiplied RGBA).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rfb_ext.errors import DecodeError
from rfb_ext.frame.convert import pack_pixels, unpack_pixels
from rfb_ext.frame.frames import Cursor
from rfb_ext.wire.rectangles import CursorRectangle, CursorWithAlphaRectangle
from rfb_ext.wire.types import PixelFormat

OPAQUE = 128
"""With one bit of mask, a pixel of at least this alpha is shown, whole."""


def cursor_with_alpha_rectangle(cursor: Cursor) -> CursorWithAlphaRectangle:
    """The cursor as it is. Raises ValueError for a side above 256."""
    height, width = cursor.rgba.shape[:2]
    return CursorWithAlphaRectangle(cursor.hot_x, cursor.hot_y, width, height, cursor.rgba.tobytes())


def cursor_rectangle(cursor: Cursor, pixel_format: PixelFormat) -> CursorRectangle:
    """The cursor in the viewer's format; translucent pixels become opaque, in their own colour, or
    vanish. Raises ValueError for a side above 256."""
    height, width = cursor.rgba.shape[:2]
    alpha = cursor.rgba[:, :, 3].astype(np.uint32)
    shown = alpha >= OPAQUE
    whole = np.where(shown, alpha, 1)[:, :, None]
    colour = np.minimum((cursor.rgba[:, :, :3].astype(np.uint32) * 255 + whole // 2) // whole, 255)
    words = colour[:, :, 0] << np.uint32(16) | colour[:, :, 1] << np.uint32(8) | colour[:, :, 2]
    words = np.where(shown, words, 0).astype(np.uint32)
    mask = np.packbits(shown, axis=1).tobytes()
    return CursorRectangle(
        cursor.hot_x, cursor.hot_y, width, height, pack_pixels(words, 8, pixel_format), mask
    )


def cursor_from_alpha_rectangle(rectangle: CursorWithAlphaRectangle) -> Cursor:
    """The cursor, `rgba` read-only. Raises DecodeError for another length than its size says."""
    size = (rectangle.height, rectangle.width, 4)
    if len(rectangle.rgba) != size[0] * size[1] * 4:
        raise DecodeError(f"{len(rectangle.rgba)} bytes are no cursor of {size[1]}x{size[0]}")
    rgba = np.frombuffer(rectangle.rgba, np.uint8).reshape(size)
    return Cursor(rgba, rectangle.hot_x, rectangle.hot_y)


def cursor_from_rectangle(rectangle: CursorRectangle, pixel_format: PixelFormat) -> Cursor:
    """The cursor; pixels outside the mask are transparent black. Raises DecodeError for pixels that are
    not in `pixel_format` or a mask of another length."""
    height, width = rectangle.height, rectangle.width
    row = (width + 7) // 8
    if len(rectangle.mask) != row * height:
        raise DecodeError(f"{len(rectangle.mask)} bytes are no mask of {width}x{height}")
    words = np.empty((height, width), np.uint32)
    unpack_pixels(rectangle.pixels, 8, pixel_format, words)
    bits = np.unpackbits(np.frombuffer(rectangle.mask, np.uint8).reshape(height, row), axis=1)[:, :width]
    rgba: npt.NDArray[np.uint8] = np.empty((height, width, 4), np.uint8)
    for channel, shift in enumerate((16, 8, 0)):
        rgba[:, :, channel] = (words >> np.uint32(shift) & np.uint32(255)) * bits
    rgba[:, :, 3] = bits * 255
    return Cursor(rgba, rectangle.hot_x, rectangle.hot_y)
