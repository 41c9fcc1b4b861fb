"""Letters are legible shapes: each there is, no two alike, none outside its line."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from radterm.viewer import font


def test_every_letter_a_reason_may_need_is_there() -> None:
    needed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;-+/'()%?"
    assert set(needed) == set(font.GLYPHS)


def test_no_two_letters_look_alike() -> None:
    masks = {letter: font.text_mask(letter, 4.0) for letter in font.GLYPHS}
    for one, other in itertools.combinations(masks, 2):
        a, b = masks[one], masks[other]
        if {one, other} == {"I", "l"} or a.shape != b.shape:
            continue
        assert np.abs(a - b).sum() > 5, (one, other)


def test_a_line_ends_inside_its_mask() -> None:
    mask = font.text_mask("(Qgpqy)", 3.0)
    assert 0.9 < mask.max() <= 1
    assert mask[0].max() == 0
    assert mask[:, [0, -1]].max() < 1


@pytest.mark.parametrize("scale", [1.4, 2.4, 6.0])
def test_long_text_drawn_in_columns_is_drawn_the_same(scale: float) -> None:
    segments = [(1.0, 1.0, 30.0, 7.0), (3.0, 6.0, 3.0, 1.0)]
    size = (int(33 * scale), int(9 * scale))
    whole = font.draw(segments, *size, scale, 0.8)
    assert np.allclose(font._drawn_in_columns(segments, *size, scale, 0.8, step=7), whole, atol=1e-4)


def test_text_from_elsewhere_is_bounded_and_readable() -> None:
    assert font.plain("Zürich · naïve\n–x") == "Zurich - naive -x"
    assert font.plain("漢") == "?"
    assert len(font.plain("a" * 10000)) == font.MAX_LETTERS
    assert font.text_mask("", 2.0).max() == 0


def test_an_unknown_stroke_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown stroke"):
        font.strokes("M 0 0 C 1 1")
