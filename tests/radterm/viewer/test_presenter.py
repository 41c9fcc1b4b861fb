"""What stands on a glass: a whole picture and nothing of the next, border, badge and veil over it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radterm.client.base import ReadyUpdate
from radterm.viewer.glass import Box
from radterm.viewer.presenter import BORDER, Presenter
from radterm.viewer.words import word
from rfb_ext.errors import ViewerError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.types import Rect


class FakeGlass:
    """`screen` is what has been pushed; memory is new, and garbage, with each acquire()."""

    def __init__(self, width: int, height: int, bits: int = 8) -> None:
        self.bits = bits
        self.pushes: list[Box] = []
        self.refuse = 0
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.screen = np.full((height, width), 0xDEAD, "<u4")

    def acquire(self) -> np.ndarray:
        self.memory = np.full((self.size[1], self.size[0]), 0xBEEF, "<u4")
        return self.memory

    def push(self, box: Box) -> bool:
        if self.refuse:
            self.refuse -= 1
            return False
        x, y, w, h = box
        self.screen[y : y + h, x : x + w] = self.memory[y : y + h, x : x + w]
        self.pushes.append(box)
        return True

    def close(self) -> None:
        pass


def an_update(head: Head, pixels: np.ndarray, *region: Rect) -> ReadyUpdate:
    region = region or (Rect(0, 0, head.rect.w, head.rect.h),)
    return ReadyUpdate(head, 1, 1, pixels, region, True, 0, lambda shown: None)


def noise(head: Head, seed: int = 1) -> np.ndarray:
    shape = (head.rect.h, head.rect.w)
    return np.random.default_rng(seed).integers(0, 1 << 3 * head.depth, shape, dtype=np.uint32)


HEAD = Head(1, Rect(0, 0, 60, 40))


def test_one_push_of_the_bounding_box_and_only_the_region_changes() -> None:
    glass = FakeGlass(60, 40)
    presenter = Presenter(HEAD, glass)
    first, second = noise(HEAD, 1), noise(HEAD, 2)
    presenter.show(an_update(HEAD, first))
    glass.pushes.clear()
    presenter.show(an_update(HEAD, second, Rect(3, 4, 5, 6), Rect(30, 20, 2, 9)))
    assert glass.pushes == [(3, 4, 29, 25)]
    expected = first.copy()
    expected[4:10, 3:8] = second[4:10, 3:8]
    expected[20:29, 30:32] = second[20:29, 30:32]
    assert np.array_equal(glass.screen, expected)


def test_an_update_without_a_region_is_no_push() -> None:
    glass = FakeGlass(60, 40)
    presenter = Presenter(HEAD, glass)
    glass.pushes.clear()
    presenter.show(ReadyUpdate(HEAD, 1, 1, noise(HEAD), (), True, 0, lambda shown: None))
    assert glass.pushes == []


def test_a_repaint_does_not_need_the_sessions_pixels() -> None:
    glass = FakeGlass(60, 40)
    presenter = Presenter(HEAD, glass)
    pixels = noise(HEAD)
    truth = pixels.copy()
    presenter.show(an_update(HEAD, pixels))
    pixels[:] = 0
    glass.screen[:] = 7
    presenter.repaint()
    assert np.array_equal(glass.screen, truth)
    glass.resize(60, 40)
    presenter.refit()
    assert np.array_equal(glass.screen, truth)


def test_a_larger_window_has_a_border_around_the_picture() -> None:
    glass = FakeGlass(70, 45)
    presenter = Presenter(HEAD, glass)
    pixels = noise(HEAD)
    presenter.show(an_update(HEAD, pixels))
    assert not presenter.partly_visible
    assert np.array_equal(glass.screen[2:42, 5:65], pixels)
    glass.screen[2:42, 5:65] = word(BORDER, 8)
    assert (glass.screen == word(BORDER, 8)).all()
    assert presenter.in_head(5, 2) == (0, 0)
    assert presenter.in_head(0, 44) == (0, 39)


def test_a_smaller_window_shows_a_part_and_scrolls() -> None:
    glass = FakeGlass(20, 50)
    presenter = Presenter(HEAD, glass)
    pixels = noise(HEAD)
    presenter.show(an_update(HEAD, pixels))
    assert presenter.partly_visible
    assert np.array_equal(glass.screen[5:45], pixels[:, :20])
    presenter.scroll(15, 3)
    assert np.array_equal(glass.screen[5:45], pixels[:, 15:35])
    assert presenter.in_head(0, 5) == (15, 0)
    presenter.scroll(1000, 0)
    assert np.array_equal(glass.screen[5:45], pixels[:, 40:])
    newer = noise(HEAD, 5)
    presenter.show(an_update(HEAD, newer))
    assert np.array_equal(glass.screen[5:45], newer[:, 40:])
    presenter.scroll(-1000, 0)
    assert np.array_equal(glass.screen[5:45], newer[:, :20])


def test_a_badge_covers_and_goes_again() -> None:
    glass = FakeGlass(60, 40)
    presenter = Presenter(HEAD, glass)
    first, second = noise(HEAD, 1), noise(HEAD, 2)
    presenter.show(an_update(HEAD, first))
    image = np.full((8, 20, 4), 255, np.uint8)
    glass.pushes.clear()
    presenter.overlay(False, (10, 3, image))
    assert glass.pushes == [(10, 3, 20, 8)]
    assert (glass.screen[3:11, 10:30] == 0xFFFFFF).all()
    presenter.show(an_update(HEAD, second))
    assert (glass.screen[3:11, 10:30] == 0xFFFFFF).all()
    presenter.overlay(False, None)
    assert np.array_equal(glass.screen, second)


def test_a_badge_that_moves_is_one_push() -> None:
    glass = FakeGlass(60, 40)
    presenter = Presenter(HEAD, glass)
    presenter.show(an_update(HEAD, noise(HEAD)))
    presenter.overlay(False, (0, 0, np.full((4, 4, 4), 255, np.uint8)))
    glass.pushes.clear()
    presenter.overlay(False, (10, 10, np.full((4, 4, 4), 255, np.uint8)))
    assert glass.pushes == [(0, 0, 14, 14)]


def test_a_veil_and_back() -> None:
    glass = FakeGlass(70, 40)
    presenter = Presenter(HEAD, glass)
    first, second = noise(HEAD, 1), noise(HEAD, 2)
    presenter.show(an_update(HEAD, first))
    presenter.overlay(True, None)
    assert not np.isin(glass.screen[:, 5:65], first).mean() > 0.01
    veiled = glass.screen.copy()
    presenter.show(an_update(HEAD, second, Rect(7, 7, 11, 11)))
    assert (veiled != glass.screen)[7:18, 12:23].any()
    first[7:18, 7:18] = second[7:18, 7:18]
    presenter.overlay(False, None)
    assert np.array_equal(glass.screen[:, 5:65], first)


def test_a_glass_that_changed_its_size_is_acquired_anew() -> None:
    glass = FakeGlass(60, 40)
    presenter = Presenter(HEAD, glass)
    pixels = noise(HEAD)
    presenter.show(an_update(HEAD, noise(HEAD, 9)))
    glass.refuse = 1
    glass.resize(64, 40)
    presenter.show(an_update(HEAD, pixels, Rect(0, 0, 60, 20)))
    assert np.array_equal(glass.screen[:20, 2:62], pixels[:20])
    assert np.array_equal(glass.screen[20:, 2:62], noise(HEAD, 9)[20:])
    glass.refuse = 2
    with pytest.raises(ViewerError):
        presenter.repaint()


@pytest.mark.parametrize(
    ("depth", "bits", "lost"), [(8, 8, False), (10, 8, True), (8, 10, False), (10, 10, False)]
)
def test_bits(depth: int, bits: int, lost: bool) -> None:
    head = Head(1, Rect(0, 0, 60, 40), depth)
    glass = FakeGlass(60, 40, bits)
    presenter = Presenter(head, glass)
    pixels = noise(head)
    presenter.show(an_update(head, pixels))
    assert presenter.bits_lost is lost
    if depth == bits:
        assert np.array_equal(glass.screen, pixels)
    elif lost:
        assert np.array_equal(glass.screen & 0xFF, (pixels & 1023) >> 2)
    else:
        assert np.array_equal((glass.screen & 1023) >> 2, pixels & 0xFF)


SIDES = st.integers(1, 24)
RECTS = st.tuples(st.integers(0, 11), st.integers(0, 8), st.integers(1, 12), st.integers(1, 9))


@given(st.tuples(SIDES, SIDES), st.lists(st.one_of(RECTS, st.tuples(SIDES, SIDES)), max_size=12))
def test_in_the_end_the_last_whole_picture_stands_there(size: tuple[int, int], steps: list[tuple]) -> None:
    head = Head(1, Rect(0, 0, 12, 9))
    glass = FakeGlass(*size)
    presenter = Presenter(head, glass)
    truth = np.zeros((9, 12), np.uint32)
    for number, step in enumerate(steps):
        if len(step) == 2:
            glass.resize(*step)
            presenter.refit()
        else:
            pixels = noise(head, number)
            r = Rect(*step).intersect(Rect(0, 0, 12, 9))
            truth[r.y : r.bottom, r.x : r.right] = pixels[r.y : r.bottom, r.x : r.right]
            presenter.overlay(
                number % 3 == 0, (1, 1, np.full((3, 5, 4), 200, np.uint8)) if number % 2 else None
            )
            presenter.show(an_update(head, pixels, r))
    presenter.overlay(False, None)
    left, top = presenter.origin
    width, height = glass.size
    for y in range(height):
        for x in range(width):
            inside = 0 <= x - left < 12 and 0 <= y - top < 9
            assert glass.screen[y, x] == (truth[y - top, x - left] if inside else word(BORDER, 8))
