"""The viewer lowers what the session says and never raises it."""

from __future__ import annotations

import itertools

import pytest

from radterm.client.base import Exactness, State
from radterm.viewer.effective import (
    BITS_LOST,
    NOTHING_YET,
    PARTLY_NEW,
    PARTLY_VISIBLE,
    SCALED,
    OnGlass,
    effective_exactness,
)

RANK = {State.EXACT: 3, State.CATCHING_UP: 2, State.NOT_FOR_DIAGNOSIS: 1, State.STALE: 0}
EVERY_GLASS = [OnGlass(*flags) for flags in itertools.product((False, True), repeat=4)]


@pytest.mark.parametrize("state", State)
def test_a_faultless_glass_changes_nothing(state: State) -> None:
    session = Exactness(state, "why", 7, 3.0)
    assert effective_exactness(session, OnGlass()) == session


@pytest.mark.parametrize(
    ("glass", "reason"),
    [
        (OnGlass(bits_lost=True), BITS_LOST),
        (OnGlass(scaled=True), SCALED),
        (OnGlass(partly_visible=True), PARTLY_VISIBLE),
    ],
)
@pytest.mark.parametrize("state", [State.EXACT, State.CATCHING_UP])
def test_what_lowers_to_not_for_diagnosis(glass: OnGlass, reason: str, state: State) -> None:
    assert effective_exactness(Exactness(state, "", 9), glass) == Exactness(
        State.NOT_FOR_DIAGNOSIS, reason, 9
    )


def test_part_of_something_newer_is_catching_up() -> None:
    shown = effective_exactness(Exactness(State.EXACT, "", 4), OnGlass(partly_new=True))
    assert shown == Exactness(State.CATCHING_UP, PARTLY_NEW, 4)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("glass", EVERY_GLASS)
def test_never_raised_and_exact_only_without_any_fault(state: State, glass: OnGlass) -> None:
    shown = effective_exactness(Exactness(state, "why", 1), glass)
    assert RANK[shown.state] <= RANK[state]
    if shown.state is State.EXACT:
        assert glass == OnGlass()


def test_the_sessions_own_reason_comes_first() -> None:
    for state in (State.STALE, State.NOT_FOR_DIAGNOSIS):
        assert effective_exactness(Exactness(state, "why"), OnGlass(bits_lost=True)).reason == "why"
    assert NOTHING_YET.state is State.NOT_FOR_DIAGNOSIS
