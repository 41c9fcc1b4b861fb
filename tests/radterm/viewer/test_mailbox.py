"""The box between the session's thread and the loop: in order, bounded, and woken once."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from radterm.client.base import Exactness, ReadyUpdate, State
from radterm.viewer import mailbox as m
from rfb_ext.errors import LocalProtocolError, UnreachableError
from rfb_ext.frame.frames import Cursor, Head
from rfb_ext.wire.types import Rect

LEFT, RIGHT = Head(1, Rect(0, 0, 4, 4)), Head(2, Rect(4, 0, 4, 4))
EXACT, BEHIND = Exactness(State.EXACT), Exactness(State.CATCHING_UP)


class Box(m.Mailbox):
    def __init__(self) -> None:
        self.wakes = 0
        self.over = threading.Event()
        super().__init__(self._count, self.over)

    def _count(self) -> None:
        self.wakes += 1


def an_update(released: list[bool], head: Head = LEFT) -> ReadyUpdate:
    return ReadyUpdate(head, 1, 1, np.zeros((4, 4), "<u4"), (), True, 0, released.append)


@pytest.fixture
def box() -> Box:
    return Box()


def test_one_wake_for_all_that_waits(box: Box) -> None:
    box.name_changed("a")
    box.exactness_changed(1, EXACT)
    assert box.wakes == 1
    assert len(box.take()) == 2
    assert box.take() == []
    box.name_changed("b")
    assert box.wakes == 2


def test_states_stay_behind_the_update_they_rest_on(box: Box) -> None:
    update = an_update([])
    box.exactness_changed(1, BEHIND)
    box.update_ready(update)
    box.exactness_changed(1, EXACT)
    first, second, third = box.take()
    assert first == m.ExactnessChanged(1, BEHIND)
    assert isinstance(second, m.UpdateReady)
    assert second.update is update
    assert third == m.ExactnessChanged(1, EXACT)


def test_of_states_in_a_row_the_last_one_waits_a_head(box: Box) -> None:
    for number in range(1000):
        box.exactness_changed(1 + number % 2, Exactness(State.EXACT, serial=number))
    assert {item.exactness.serial for item in box.take()} == {998, 999}


def test_texts_names_and_cursors_are_replaced(box: Box) -> None:
    for number in range(1000):
        box.name_changed(str(number))
        box.clipboard_changed(str(number))
        box.cursor_changed(Cursor(np.zeros((1, 1, 4), np.uint8), number, 0))
    name, text, cursor = box.take()
    assert (name, text, cursor.cursor.hot_x) == (m.NameChanged("999"), m.ClipboardChanged("999"), 999)


def test_a_new_layout_voids_what_waits(box: Box) -> None:
    released: list[bool] = []
    box.heads_changed((LEFT,))
    box.update_ready(an_update(released))
    box.exactness_changed(1, EXACT)
    box.clipboard_changed("stays")
    box.heads_changed((LEFT, RIGHT))
    assert released == [False]
    assert box.take() == [m.ClipboardChanged("stays"), m.HeadsChanged((LEFT, RIGHT))]


def test_too_many_updates_end_the_session(box: Box) -> None:
    released: list[bool] = []
    for _ in range(m.MOST_UPDATES + 1):
        box.update_ready(an_update(released))
    assert released == [False]
    last = box.take()[-1]
    assert isinstance(last, m.Closed)
    assert isinstance(last.error, LocalProtocolError)


def test_a_shut_box_lets_everything_go_and_wakes_nobody(box: Box) -> None:
    released: list[bool] = []
    box.update_ready(an_update(released))
    box.shut()
    wakes = box.wakes
    box.update_ready(an_update(released))
    box.closed(UnreachableError())
    assert released == [False, False]
    assert box.take() == []
    assert box.wakes == wakes
    assert box.over.is_set()
