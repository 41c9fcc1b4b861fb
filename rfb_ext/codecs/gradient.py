"""Tight's gradient filter, undone: each channel was sent as the difference to left + upper - upper left.

Source: rfbproto, "Tight Encoding", filter 2. The prediction is cut to the channel's range, so that rows
cannot be summed; but pixels of one diagonal do not depend on each other.
"""

from __future__ import annotations

import numpy as np

from rfb_ext.codecs.pixel_words import Words
from rfb_ext.wire.types import PixelFormat


def undo_gradient(words: Words, pixel_format: PixelFormat) -> None:
    """`words`, shape (h, w), hold differences and get pixels; bits outside the channels are dropped."""
    channels = (
        (pixel_format.red_max, pixel_format.red_shift),
        (pixel_format.green_max, pixel_format.green_shift),
        (pixel_format.blue_max, pixel_format.blue_shift),
    )
    total = np.zeros_like(words)
    for top, shift in channels:
        if top:
            values = _undone((words >> np.uint32(shift) & np.uint32(top)).astype(np.int32), top)
            total |= values.astype(np.uint32) << np.uint32(shift)
    words[...] = total


def _undone(differences: np.ndarray[tuple[int, ...], np.dtype[np.int32]], top: int) -> Words:
    """Works on diagonals: in `skewed`, row y starts at column y, so a diagonal is a column."""
    height, width = differences.shape
    rows = np.arange(height)[:, None]
    columns = rows + np.arange(width)[None, :]
    # a row above and two columns to the left of the picture, which are zero
    skewed = np.zeros((width + height + 1, height + 1), np.int32)
    skewed[columns + 2, rows + 1] = differences
    for diagonal in range(2, width + height + 1):
        first = max(1, diagonal - 1 - (width - 1))
        last = min(height, diagonal - 1)
        here = skewed[diagonal, first : last + 1]
        left = skewed[diagonal - 1, first : last + 1]
        upper = skewed[diagonal - 1, first - 1 : last]
        corner = skewed[diagonal - 2, first - 1 : last]
        predicted = np.clip(left + upper - corner, 0, top)
        here += predicted
        here &= top
    undone: Words = skewed[columns + 2, rows + 1]
    return undone
