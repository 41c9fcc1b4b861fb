"""Stored values to greys: modality rescale, then window (DICOM PS3.3 C.11.1 and C.11.2.1.2.1), as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
"""VOI LUT Function (DICOM PS3.3 C.11.2.1.3)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Window centre and width in modality units (DICOM PS3.3 C.11.2.1.2), and a word of FUNCTIONS."""

    centre: float
    width: float
    function: str = "LINEAR"


def window_table(
    window: Window, rescale: tuple[float, float], dtype: np.dtype[Any], *, depth: int, inverted: bool
) -> npt.NDArray[np.uint32]:
    """Canonical grey pixels for every stored value of `dtype` (8 or 16 bits), in the order of its unsigned
    view: look up with `table[values.view(unsigned)]`. The result is rounded to the nearest of
    0..2^depth-1; `inverted`: the smallest value is white. Raises ValueError for another dtype."""
    if dtype.kind not in "iu" or dtype.itemsize > 2:
        raise ValueError(f"stored values of type {dtype} have no table")
    unsigned = np.arange(1 << 8 * dtype.itemsize, dtype=f"u{dtype.itemsize}")
    slope, intercept = rescale
    value = unsigned.view(dtype).astype(np.float64) * slope + intercept
    share = _share(value, window)
    top = (1 << depth) - 1
    grey = np.floor(share * top + 0.5).astype(np.uint32)
    if inverted:
        grey = top - grey
    words: npt.NDArray[np.uint32] = grey | grey << np.uint32(depth) | grey << np.uint32(2 * depth)
    return words


def _share(value: npt.NDArray[np.float64], window: Window) -> npt.NDArray[np.float64]:
    """0 for black to 1 for white."""
    centre, width = window.centre, window.width
    if window.function == "SIGMOID":
        with np.errstate(over="ignore"):  # a share of 1 / (1 + inf) is 0, as it should
            sigmoid: npt.NDArray[np.float64] = 1 / (1 + np.exp(-4 * (value - centre) / width))
        return sigmoid
    if window.function == "LINEAR":
        centre, width = centre - 0.5, max(1.0, width) - 1
        if width == 0:
            return (value > centre).astype(np.float64)
    return np.clip((value - centre) / width + 0.5, 0, 1)


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
