"""The veil: unmistakable on black, white and grey, and the same wherever it is drawn again."""

from __future__ import annotations

import numpy as np
import pytest

from radterm.viewer.veil import draw_veil
from radterm.viewer.words import word


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_it_is_seen_on_any_picture(bits: int, value: int) -> None:
    picture = np.full((90, 120), word((value,) * 3, bits), "<u4")
    veiled = picture.copy()
    draw_veil(veiled, 0, 0, bits)
    colours, counts = np.unique(veiled, return_counts=True)
    assert len(colours) == 2
    assert counts.min() > 0.05 * veiled.size
    assert veiled.max() < word((128, 128, 128), bits)


def test_a_part_drawn_again_fits_in() -> None:
    picture = np.random.default_rng(3).integers(0, 1 << 24, (200, 300), dtype=np.uint32)
    whole = picture.copy()
    draw_veil(whole, 17, 5, 8)
    part = picture[40:90, 33:211].copy()
    draw_veil(part, 17 + 33, 5 + 40, 8)
    assert np.array_equal(part, whole[40:90, 33:211])
