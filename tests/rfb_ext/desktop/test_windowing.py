"""The same numbers as pydicom's own apply_rescale and apply_windowing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_rescale, apply_windowing

from rfb_ext.desktop.windowing import Window, scaled, window_table


def by_pydicom(values: np.ndarray, window: Window, rescale: tuple[float, float], depth: int) -> np.ndarray:
    ds = Dataset()
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsStored, ds.BitsAllocated, ds.PixelRepresentation = 16, 16, 1
    ds.RescaleSlope, ds.RescaleIntercept = rescale
    ds.WindowCenter, ds.WindowWidth = window.centre, window.width
    ds.VOILUTFunction = window.function
    hounsfield = apply_rescale(values, ds)
    with np.errstate(over="ignore"):
        out = apply_windowing(hounsfield.astype(np.float64), ds)
    slope, intercept = rescale
    low, high = -(2**15) * slope + intercept, (2**15 - 1) * slope + intercept
    return np.floor((out - low) / (high - low) * ((1 << depth) - 1) + 0.5).astype(int)


@given(
    st.integers(-1000, 3000),
    st.integers(2, 4000),
    st.sampled_from([(1.0, 0.0), (1.0, -1024.0), (2.0, 10.0), (0.5, -100.0)]),
    st.sampled_from([8, 10]),
)
def test_windowing_is_that_of_pydicom(centre, width, rescale, depth):
    values = np.arange(-2000, 4000, 7, dtype=np.int16)
    table = window_table(Window(centre, width), rescale, values.dtype, depth=depth, inverted=False)
    ours = (table[values.view(np.uint16)] & ((1 << depth) - 1)).astype(int)
    theirs = by_pydicom(values, Window(centre, width), rescale, depth)
    # apply_windowing scales to 16 bits and back: a value on the very edge of two greys may round either way
    assert np.abs(ours - theirs).max() <= 1
    assert (ours == theirs).mean() > 0.99


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
def test_tables_are_grey_canonical_and_inverted_on_demand(depth, dtype):
    plain = window_table(Window(50, 100), (1, 0), np.dtype(dtype), depth=depth, inverted=False)
    inverted = window_table(Window(50, 100), (1, 0), np.dtype(dtype), depth=depth, inverted=True)
    top = (1 << depth) - 1
    grey = plain & top
    assert (plain == (grey | grey << depth | grey << 2 * depth)).all()
    assert (inverted & top == top - grey).all()
    assert grey[0] == (grey.min() if np.dtype(dtype).kind == "u" else grey[0])
    assert {0, top} <= set(grey.tolist())


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_other_functions_are_those_of_pydicom(function):
    values = np.arange(-2000, 4000, 7, dtype=np.int16)
    for window in (Window(40, 400, function), Window(-600.5, 1, function), Window(300, 0.5, function)):
        table = window_table(window, (1.0, -24.0), values.dtype, depth=10, inverted=False)
        ours = (table[values.view(np.uint16)] & 1023).astype(int)
        assert np.abs(ours - by_pydicom(values, window, (1.0, -24.0), 10)).max() <= 1


def test_other_types_have_no_table():
    with pytest.raises(ValueError, match="no table"):
        window_table(Window(0, 1), (1, 0), np.dtype("f4"), depth=8, inverted=False)


def test_scaling_keeps_what_it_can():
    pixels = np.array([[0, 100], [200, 300]], np.int16)
    assert (scaled(pixels, 2, 2) == pixels).all()
    big = scaled(pixels, 8, 8)
    assert big.dtype == np.int16
    assert (big.min(), big.max()) == (0, 300)
    assert (np.diff(big, axis=1) >= 0).all()
    colour = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert set(map(tuple, scaled(colour, 5, 5).reshape(-1, 3))) == set(map(tuple, colour.reshape(-1, 3)))
