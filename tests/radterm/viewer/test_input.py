"""Keys and pointer: what goes down comes up, text decides keysyms, motion is sent once a turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radterm.viewer.input import MAX_WHEEL, Command, Keyboard, Pointer, command_of
from radterm.viewer.sdl import sdl2

A, E, LEFT_BRACKET, LEFT_SHIFT, RETURN, KP_7 = 4, 8, 47, 225, 40, 95
SHIFT_KEY, RETURN_KEY, KP_7_KEY = sdl2.SDLK_LSHIFT, sdl2.SDLK_RETURN, sdl2.SDLK_KP_7


class Heard(list):
    def __call__(self, *values: object) -> None:
        self.append(values)


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_a_key_waits_for_its_text(heard: Heard) -> None:
    keyboard = Keyboard(heard)
    keyboard.pressed(A, ord("a"), 0)
    assert heard == []
    keyboard.text("q")  # another layout than SDL thought
    keyboard.released(A)
    assert heard == [(ord("q"), 0x1E, True), (ord("q"), 0x1E, False)]


def test_a_key_without_text_is_sent_as_it_is(heard: Heard) -> None:
    keyboard = Keyboard(heard)
    keyboard.pressed(A, ord("a"), sdl2.KMOD_LCTRL | sdl2.KMOD_LSHIFT)
    keyboard.settle()
    keyboard.settle()
    assert heard == [(ord("A"), 0x1E, True)]


def test_the_next_key_settles_the_one_before(heard: Heard) -> None:
    keyboard = Keyboard(heard)
    keyboard.pressed(A, ord("a"), 0)
    keyboard.pressed(E, ord("e"), 0)
    keyboard.released(A)
    assert heard == [(ord("a"), 0x1E, True), (ord("e"), 0x12, True), (ord("a"), 0x1E, False)]


def test_text_behind_other_keys_is_theirs(heard: Heard) -> None:
    keyboard = Keyboard(heard)
    keyboard.pressed(KP_7, KP_7_KEY, sdl2.KMOD_NUM)
    keyboard.text("7")
    keyboard.pressed(RETURN, RETURN_KEY, 0)
    keyboard.text("\r")
    assert heard == [(0xFFB7, 0x47, True), (0xFF0D, 0x1C, True)]


def test_text_without_a_key_is_typed(heard: Heard) -> None:
    Keyboard(heard).text("ł漢")
    assert heard == [(0x1000142, 0, True), (0x1000142, 0, False), (0x1006F22, 0, True), (0x1006F22, 0, False)]


def test_a_dead_key_sends_only_what_it_makes(heard: Heard) -> None:
    keyboard = Keyboard(heard)
    keyboard.pressed(LEFT_BRACKET, 0x40000000, 0)
    keyboard.released(LEFT_BRACKET)
    keyboard.pressed(E, ord("e"), 0)
    keyboard.text("ê")
    keyboard.released(E)
    keyboard.pressed(E, ord("e"), 0)
    keyboard.text("e")
    assert heard == [(0xEA, 0, True), (0xEA, 0, False), (ord("e"), 0x12, True)]


def test_repeats_are_pressed_again(heard: Heard) -> None:
    keyboard = Keyboard(heard)
    for _ in range(3):
        keyboard.pressed(A, ord("a"), 0)
        keyboard.text("a")
    keyboard.released(A)
    assert heard == [(97, 0x1E, True)] * 3 + [(97, 0x1E, False)]


def test_a_key_that_changes_its_symbol_comes_up_as_what_went_down(heard: Heard) -> None:
    keyboard = Keyboard(heard)
    keyboard.pressed(A, ord("a"), 0)
    keyboard.text("a")
    keyboard.pressed(A, ord("a"), sdl2.KMOD_LSHIFT)
    keyboard.text("A")
    keyboard.released(A)
    assert heard == [(97, 0x1E, True), (97, 0x1E, False), (65, 0x1E, True), (65, 0x1E, False)]


KEYS = st.sampled_from(
    [(A, ord("a")), (E, ord("e")), (LEFT_SHIFT, SHIFT_KEY), (RETURN, RETURN_KEY), (400, 0), (47, 0x40000000)]
)
STEPS = st.one_of(
    st.tuples(st.just("pressed"), KEYS, st.sampled_from([0, 1, 64])),
    st.tuples(st.just("released"), KEYS),
    st.tuples(st.just("text"), st.text(max_size=3)),
)


@given(st.lists(STEPS, max_size=40))
def test_nothing_stays_down(steps: list[tuple]) -> None:
    heard = Heard()
    keyboard = Keyboard(heard)
    for step in steps:
        if step[0] == "pressed":
            keyboard.pressed(*step[1], step[2])
        elif step[0] == "released":
            keyboard.released(step[1][0])
        else:
            keyboard.text(step[1])
    keyboard.settle()
    keyboard.release_all()
    down = set()
    for keysym, keycode, is_down in heard:
        if is_down:
            down.add((keysym, keycode))
        else:
            down.remove((keysym, keycode))
    assert not down


def test_commands_need_all_three() -> None:
    held = sdl2.KMOD_LCTRL | sdl2.KMOD_LALT | sdl2.KMOD_RSHIFT
    assert command_of(sdl2.SDLK_f, held) is Command.FULLSCREEN
    assert command_of(sdl2.SDLK_ESCAPE, held) is Command.RELEASE_GRAB
    assert command_of(sdl2.SDLK_LEFT, held | sdl2.KMOD_NUM) is Command.LEFT
    assert command_of(sdl2.SDLK_x, held) is None
    for missing in (sdl2.KMOD_LCTRL, sdl2.KMOD_LALT, sdl2.KMOD_RSHIFT):
        assert command_of(sdl2.SDLK_d, held & ~missing) is None


def test_motion_is_sent_once_a_turn(heard: Heard) -> None:
    pointer = Pointer(heard)
    for x in range(100):
        pointer.moved(1, x, 5)
    pointer.flush()
    pointer.flush()
    assert heard == [(1, 99, 5, 0)]


def test_motion_before_a_button_is_not_lost(heard: Heard) -> None:
    pointer = Pointer(heard)
    pointer.moved(1, 3, 4)
    pointer.button(1, 6, 7, 1, True)
    pointer.moved(1, 8, 9)
    pointer.button(1, 8, 9, 3, True)
    pointer.button(1, 8, 9, 1, False)
    assert heard == [(1, 6, 7, 0), (1, 6, 7, 1), (1, 8, 9, 1), (1, 8, 9, 5), (1, 8, 9, 4)]


@pytest.mark.parametrize(("steps", "bit"), [((0, 2), 8), ((0, -2), 16), ((-2, 0), 32), ((2, 0), 64)])
def test_the_wheel_is_buttons(steps: tuple[int, int], bit: int, heard: Heard) -> None:
    pointer = Pointer(heard)
    pointer.moved(2, 1, 1)
    pointer.wheel(*steps)
    assert heard == [(2, 1, 1, 0)] + [(2, 1, 1, bit), (2, 1, 1, 0)] * 2


def test_a_wild_wheel_is_bounded(heard: Heard) -> None:
    pointer = Pointer(heard)
    pointer.moved(1, 0, 0)
    pointer.wheel(0, 1 << 30)
    assert len(heard) == 1 + 2 * MAX_WHEEL


def test_buttons_are_released_and_unknown_ones_ignored(heard: Heard) -> None:
    pointer = Pointer(heard)
    pointer.button(1, 2, 3, 9, True)
    pointer.release_all()
    assert heard == []
    pointer.button(1, 2, 3, 1, True)
    pointer.release_all()
    pointer.release_all()
    assert heard == [(1, 2, 3, 0), (1, 2, 3, 1), (1, 2, 3, 0)]


def test_a_pointer_that_rests_is_not_sent_again(heard: Heard) -> None:
    pointer = Pointer(heard)
    for _ in range(3):
        pointer.moved(1, 5, 5)
        pointer.flush()
    assert heard == [(1, 5, 5, 0)]
