"""Bytes nobody promised anything about, to both roles: nothing but RemoteProtocolError, bounded memory.

The hypothesis profile says how many examples are tried (tests/conftest.py).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfb_ext.errors import RemoteProtocolError
from rfb_ext.security.none import NoneSecurity
from rfb_ext.wire.connection import NEED_DATA, Connection, Role, State
from rfb_ext.wire.numbers import MAX_CUT_TEXT, PAYLOAD_SLACK
from tests.rfb_ext.wire.ends import HEIGHT, SERVER_HELLO, WIDTH, Pair, vectors

FUZZ = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
LONGEST = max(4 * WIDTH * HEIGHT + PAYLOAD_SLACK + 4, MAX_CUT_TEXT, 6 * 65535)
"""Most bytes any one field of these connections may make the other side wait for."""


def _offered() -> Pair:
    pair = Pair().open()
    pair.from_server(SERVER_HELLO)
    return pair


STARTS: dict[str, Callable[[Role], Connection]] = {
    "fresh": lambda role: Connection(role, [NoneSecurity()]),
    "open": lambda role: _of(Pair().open(), role),
    "offered": lambda role: _of(_offered(), role),
    "radterm": lambda role: _of(Pair().open_radterm(), role),
}


def _of(pair: Pair, role: Role) -> Connection:
    return pair.client if role is Role.CLIENT else pair.server


VALID = {
    Role.SERVER: [data for _, kind, data in vectors("client_messages") if kind == "valid"],
    Role.CLIENT: [
        *(data for _, kind, data in vectors("server_messages") if kind == "valid"),
        *(b"\0\0\0\1" + data for _, kind, data in vectors("rectangles") if kind == "valid"),
    ],
}


def survive(connection: Connection, data: bytes, cuts: list[int]) -> list[object]:
    """Feeds `data` in pieces of `cuts` and then the end; returns the events. Whatever is wrong must be a
    RemoteProtocolError, after which the connection is closed for good and holds nothing."""
    found: list[object] = []
    at, turn = 0, 0
    try:
        while at < len(data):
            step = cuts[turn % len(cuts)]
            piece, at, turn = data[at : at + step], at + step, turn + 1
            connection.receive_data(piece)
            while (event := connection.next_event()) is not NEED_DATA:
                found.append(event)
            assert len(connection._queue) <= LONGEST
        connection.receive_eof()
        while (event := connection.next_event()) is not NEED_DATA:
            found.append(event)
    except RemoteProtocolError:
        found.append(RemoteProtocolError)
    if found[-1:] == [RemoteProtocolError]:
        assert len(connection._queue) == 0
        with pytest.raises(RemoteProtocolError):
            connection.next_event()
    assert connection.state is State.CLOSED
    return found


def check(start: str, role: Role, data: bytes, cuts: list[int]) -> None:
    """How the bytes are cut changes nothing of what they say."""
    pieces = survive(STARTS[start](role), data, cuts)
    assert pieces == survive(STARTS[start](role), data, [max(len(data), 1)])


cuts = st.lists(st.integers(1, 50), min_size=1, max_size=5)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("start", STARTS)
@FUZZ
@given(data=st.binary(max_size=400), cuts=cuts)
def test_any_bytes(start: str, role: Role, data: bytes, cuts: list[int]) -> None:
    check(start, role, data, cuts)


@pytest.mark.parametrize("role", Role)
@FUZZ
@given(data=st.binary(max_size=200), cuts=cuts)
def test_any_bytes_behind_the_version(role: Role, data: bytes, cuts: list[int]) -> None:
    check("fresh", role, b"RFB 003.008\n" + data, cuts)


@st.composite
def damaged(draw: st.DrawFn, role: Role) -> bytes:
    """Valid messages in any order, with a few bits flipped, bytes lost, doubled or put in."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(VALID[role]), min_size=1, max_size=8))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(["flip", "lose", "double", "put", "cut"])):
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "lose":
                del data[at : at + draw(st.integers(1, 8))]
            case "double":
                data[at:at] = data[at : at + draw(st.integers(1, 30))]
            case "put":
                data[at:at] = draw(st.binary(max_size=8))
            case _:
                del data[at:]
    return bytes(data)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("start", ["open", "offered", "radterm"])
@FUZZ
@given(choice=st.data(), cuts=cuts)
def test_damaged_streams(start: str, role: Role, choice: st.DataObject, cuts: list[int]) -> None:
    check(start, role, choice.draw(damaged(role)), cuts)


@pytest.mark.parametrize("role", Role)
def test_every_bit_of_every_message(role: Role) -> None:
    """One flipped bit: an error, or events; never anything else, and never a wait for more than allowed."""
    connection = STARTS["radterm"]
    for data in VALID[role]:
        for bit in range(8 * min(len(data), 64)):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            survive(connection(role), bytes(flipped), [len(data)])
