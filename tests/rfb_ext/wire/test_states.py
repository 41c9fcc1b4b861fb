"""Every (state, sender, kind) is tried against a table written a second time, from the specifications."""

from __future__ import annotations

from itertools import product

import pytest

from rfb_ext.wire.states import TRANSITIONS, Kind, Role, State, following, render

OPEN_CLIENT = """CUT_TEXT FENCE SET_PIXEL_FORMAT SET_ENCODINGS UPDATE_REQUEST KEY_EVENT POINTER_EVENT
    ENABLE_CONTINUOUS_UPDATES SET_DESKTOP_SIZE QEMU_KEY_EVENT"""
OPEN_SERVER = "CUT_TEXT FENCE UPDATE BELL COLOUR_MAP END_OF_CONTINUOUS_UPDATES PSEUDO_RECTANGLE"

# state: what the client may send -> then, what the server may send -> then
EXPECTED = {
    "VERSION": ({}, {"VERSION": "VERSION_ANSWER"}),
    "VERSION_ANSWER": ({"VERSION": "SECURITY"}, {}),
    "SECURITY": ({}, {"SECURITY_TYPES": "SECURITY_CHOICE", "NO_SECURITY_TYPES": "CLOSED"}),
    "SECURITY_CHOICE": ({"SECURITY_CHOICE": "SECURITY_EXCHANGE", "SECURITY_ABANDONED": "CLOSED"}, {}),
    "SECURITY_EXCHANGE": (
        {
            "SECURITY_DATA": "SECURITY_EXCHANGE",
            "TLS_WANTED": "TLS_WANTED",
            "SECURITY_EXCHANGED": "SECURITY_RESULT",
            "SECURITY_ABANDONED": "CLOSED",
        },
        {
            "SECURITY_DATA": "SECURITY_EXCHANGE",
            "TLS_WANTED": "TLS_WANTED",
            "SECURITY_EXCHANGED": "SECURITY_RESULT",
        },
    ),
    "TLS_WANTED": ({"TLS_STARTED": "SECURITY_EXCHANGE"}, {"TLS_STARTED": "SECURITY_EXCHANGE"}),
    "SECURITY_RESULT": ({}, {"SECURITY_ACCEPTED": "CLIENT_INIT", "SECURITY_REFUSED": "CLOSED"}),
    "CLIENT_INIT": ({"CLIENT_INIT": "SERVER_INIT"}, {}),
    "SERVER_INIT": ({}, {"SERVER_INIT": "OPEN"}),
    "OPEN": (
        dict.fromkeys(OPEN_CLIENT.split(), "OPEN"),
        {
            **dict.fromkeys(OPEN_SERVER.split(), "OPEN"),
            "RAW_RECTANGLE": "OPEN",
            "STANDARD_RECTANGLE": "OPEN",
            "SERVER_HELLO": "RADTERM_OFFERED",
        },
    ),
    "RADTERM_OFFERED": (
        {**dict.fromkeys(OPEN_CLIENT.split(), "RADTERM_OFFERED"), "CLIENT_HELLO": "RADTERM_OPEN"},
        dict.fromkeys(
            f"{OPEN_SERVER} HEADS HEARTBEAT NOTICE RADTERM_UNKNOWN".split(),
            "RADTERM_OFFERED",
        ),
    ),
    "RADTERM_OPEN": (
        dict.fromkeys(
            f"{OPEN_CLIENT} UPDATE_ACKNOWLEDGED RESYNC_REQUEST INPUT_TAG RADTERM_UNKNOWN".split(),
            "RADTERM_OPEN",
        ),
        dict.fromkeys(
            f"{OPEN_SERVER} HEADS HEARTBEAT NOTICE RADTERM_UNKNOWN RAW_RECTANGLE RADTERM_RECTANGLE".split(),
            "RADTERM_OPEN",
        ),
    ),
    "CLOSED": ({}, {}),
}


def test_every_state_is_expected() -> None:
    assert [state.name for state in State] == list(EXPECTED)


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_every_pair(state: State) -> None:
    for sender, kind in product(Role, Kind):
        expected = EXPECTED[state.name][0 if sender is Role.CLIENT else 1].get(kind.name)
        if expected is not None:
            assert following(state, sender, kind) is State[expected]
        else:
            with pytest.raises(ValueError, match=kind.name):
                following(state, sender, kind)


def test_every_kind_can_be_sent() -> None:
    assert {kind for _, _, kind in TRANSITIONS} == set(Kind)


def test_every_state_is_reached() -> None:
    assert set(TRANSITIONS.values()) | {State.VERSION} == set(State)


def test_the_table_as_text_has_every_row() -> None:
    text = render()
    assert text.count("->") == len(TRANSITIONS)
    assert [line for line in text.splitlines() if line and not line.startswith(" ")] == list(EXPECTED)
    assert "RADTERM_OFFERED\n  client CUT_TEXT " in text
    assert "  client CLIENT_HELLO               -> RADTERM_OPEN" in text


def test_the_peer() -> None:
    assert [role.peer for role in Role] == [Role.SERVER, Role.CLIENT]
