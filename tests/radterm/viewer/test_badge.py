"""The badge says its state in words and in a shape of its own, and fits where it stands."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from radterm.client.base import Exactness, State
from radterm.viewer import badge, font


def drawn(state: State, reason: str = "", age: float | None = None, size: tuple[int, int] = (1920, 1080)):
    return badge.render_badge(Exactness(state, reason), age, size)


def test_words() -> None:
    assert badge.badge_words(Exactness(State.EXACT), None) == ("EXACT", "")
    assert badge.badge_words(Exactness(State.NOT_FOR_DIAGNOSIS, "why"), None) == ("NOT FOR DIAGNOSIS", "why")
    assert badge.badge_words(Exactness(State.STALE, "silent"), 12.9) == ("STALE 12 s", "silent")


def test_title_begins_with_the_state() -> None:
    assert (
        badge.window_title(Exactness(State.CATCHING_UP, "x"), "left", "radterm")
        == "CATCHING UP · left · radterm"
    )
    assert badge.window_title(Exactness(State.EXACT), "", "radterm") == "EXACT · radterm"


def test_every_state_has_a_shape_of_its_own_without_colour() -> None:
    shapes = [font.draw(font.strokes(badge.SHAPES[state]), 40, 40, 4.0, 1.0) for state in State]
    for one, other in itertools.combinations(shapes, 2):
        assert np.abs(one - other).sum() > 60


def test_letters_stand_out_from_the_panel() -> None:
    for state in State:
        grey = drawn(state, "a reason")[:, :, :3].mean(axis=2)
        assert grey.max() > 225
        assert np.median(grey) < 40


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (80, 60), (320, 240), (3840, 2160), (16384, 4096)])
def test_it_is_never_larger_than_the_window(size: tuple[int, int]) -> None:
    image = drawn(State.NOT_FOR_DIAGNOSIS, "a sentence that is rather long for a badge " * 3, size=size)
    assert image.shape[0] <= size[1]
    assert image.shape[1] <= size[0]
    assert image.dtype == np.uint8


def test_the_reason_goes_before_the_word_does() -> None:
    assert np.array_equal(drawn(State.CATCHING_UP, "w " * 70, size=(400, 1080)), drawn(State.CATCHING_UP))


def test_the_age_is_shown_in_whole_seconds() -> None:
    same, later = drawn(State.STALE, "x", 3.9), drawn(State.STALE, "x", 4.0)
    assert np.array_equal(drawn(State.STALE, "x", 3.0), same)
    assert same.shape != later.shape or not np.array_equal(same, later)
