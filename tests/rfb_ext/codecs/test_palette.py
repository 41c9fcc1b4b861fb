from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.codecs import palette

words = st.lists(st.integers(0, 5) | st.integers(0, (1 << 32) - 1), min_size=1, max_size=60)


@given(words)
def test_runs(values):
    runs = palette.runs_of(np.array(values, np.uint32))
    assert np.repeat(runs.words, runs.lengths).tolist() == values
    assert all(a != b for a, b in zip(runs.words[:-1], runs.words[1:], strict=True))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99), st.integers(0, 3))
def test_row_runs_with_the_background_make_the_picture(w, h, seed, background):
    picture = np.random.default_rng(seed).integers(0, 3, (h, w), dtype=np.uint32)
    runs = palette.row_runs_of(picture, background)
    again = np.full((h, w), background, np.uint32)
    for x, y, length, word in zip(*runs, strict=True):
        assert word != background
        assert x + length <= w
        again[y, x : x + length] = word
    assert np.array_equal(again, picture)


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 5000])
@pytest.mark.parametrize("size", [5000, 70000])
def test_colours_and_indices_of_large_pictures(count, size):
    rng = np.random.default_rng(count)
    some = rng.choice(1 << 24, count, replace=False).astype(np.uint32)
    flat = np.concatenate((some, some[rng.integers(0, count, size - count)]))
    colours = palette.colours_of(flat, 256)
    if count > 256:
        assert colours is None
    else:
        assert colours.tolist() == sorted(some.tolist())
        assert np.array_equal(colours[palette.indices_of(flat, colours)], flat)


def test_one_colour_that_no_sample_shows_counts():
    flat = np.zeros(70000, np.uint32)
    flat[69999] = 1
    assert palette.colours_of(flat, 1) is None


def test_colours_that_meet_in_every_table_are_searched(monkeypatch):
    monkeypatch.setattr(palette, "_slots", lambda words, multiplier: np.zeros(len(words), np.uint16))
    flat = np.random.default_rng(1).integers(0, 200, 5000).astype(np.uint32)
    colours = palette.colours_of(flat, 256)
    assert np.array_equal(colours[palette.indices_of(flat, colours)], flat)


def test_most_common():
    assert palette.most_common(np.array([[3, 1], [3, 9]], np.uint32)) == (3, 3)


@given(st.sampled_from((1, 2, 4)), st.integers(1, 20), st.integers(1, 5), st.integers(0, 99))
def test_packed_indices(bits, w, h, seed):
    indices = np.random.default_rng(seed).integers(0, 1 << bits, (h, w)).astype(np.uint8)
    packed = palette.pack_indices(indices, bits)
    rows = ["".join(f"{value:0{bits}b}" for value in row) for row in indices]
    padded = [row.ljust(-(-len(row) // 8) * 8, "0") for row in rows]
    assert packed.tobytes() == b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in padded)
    assert np.array_equal(palette.unpack_indices(packed.tobytes(), bits, h, w), indices)


@pytest.mark.parametrize(("colours", "bits"), [(2, 1), (3, 2), (4, 2), (5, 4), (16, 4)])
def test_packed_bits(colours, bits):
    assert palette.packed_bits(colours) == bits
