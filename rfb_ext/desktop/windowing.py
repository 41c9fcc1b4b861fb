"""Stored values to greys: modality rescale, then window (DICOM PS3.3 C.11.1 and C.11.2.1.2.1), as a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rfb_ext.desktop.dicom import Window


def window_table(
    window: Window, rescale: tuple[float, float], dtype: np.dtype[Any], *, depth: int, inverted: bool
) -> npt.NDArray[np.uint32]:
    """Canonical grey pixels for every stored value of `dtype` (8 or 16 bits), in the order of its unsigned
    view: look up with `table[values.view(unsigned)]`. The LINEAR function; the result is rounded to the
    nearest of 0..2^depth-1. Raises ValueError for another dtype."""
    if dtype.kind not in "iu" or dtype.itemsize > 2:
        raise ValueError(f"stored values of type {dtype} have no table")
    unsigned = np.arange(1 << 8 * dtype.itemsize, dtype=f"u{dtype.itemsize}")
    slope, intercept = rescale
    value = unsigned.view(dtype).astype(np.float64) * slope + intercept
    width = max(1.0, window.width)
    centre = window.centre - 0.5
    if width == 1:
        share = (value > centre).astype(np.float64)
    else:
        share = np.clip((value - centre) / (width - 1) + 0.5, 0, 1)
    top = (1 << depth) - 1
    grey = np.floor(share * top + 0.5).astype(np.uint32)
    if inverted:
        grey = top - grey
    words: npt.NDArray[np.uint32] = grey | grey << np.uint32(depth) | grey << np.uint32(2 * depth)
    return words


def scaled(pixels: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    """The picture at width x height. Grey (h, w): linear between stored values, rounded to the nearest;
    colour (h, w, 3): nearest neighbour. Same dtype."""
    rows = (np.arange(height) + 0.5) * pixels.shape[0] / height - 0.5
    columns = (np.arange(width) + 0.5) * pixels.shape[1] / width - 0.5
    if pixels.ndim == 3:
        nearest = [
            np.clip(np.rint(at), 0, side - 1).astype(np.intp)
            for at, side in ((rows, pixels.shape[0]), (columns, pixels.shape[1]))
        ]
        return np.ascontiguousarray(pixels[nearest[0]][:, nearest[1]])
    part = _linear(pixels.astype(np.float32), rows, axis=0)
    return np.rint(_linear(part, columns, axis=1)).astype(pixels.dtype)


def _linear(
    pixels: npt.NDArray[np.float32], at: npt.NDArray[np.float64], axis: int
) -> npt.NDArray[np.float32]:
    last = pixels.shape[axis] - 1
    at = np.clip(at, 0, last)
    low = np.floor(at).astype(np.intp)
    share = (at - low).astype(np.float32)
    share = share[:, None] if axis == 0 else share[None, :]
    low_pixels = np.take(pixels, low, axis)
    blended: npt.NDArray[np.float32] = (
        low_pixels + (np.take(pixels, np.minimum(low + 1, last), axis) - low_pixels) * share
    )
    return blended
