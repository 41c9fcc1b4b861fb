"""Both ends shake hands on an in-memory link; then each way in which that can go wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from rfb_ext.errors import LocalProtocolError, RemoteProtocolError
from rfb_ext.security.none import NoneSecurity
from rfb_ext.wire.client_messages import KeyEvent
from rfb_ext.wire.connection import NEED_DATA, Connection, Role, State
from rfb_ext.wire.handshake import (
    MAX_SECURITY_READ,
    Accepted,
    AnswerWanted,
    HandshakeDone,
    Refused,
    SecurityFailed,
    SecuritySteps,
    TlsWanted,
    WantAnswer,
    WantTls,
    Write,
)
from tests.rfb_ext.wire.ends import INIT, Cut, Pair, bytewise, events, fed, whole

HELLO = b"RFB 003.008\n"


class Password:
    """A security type for tests: the server asks, the client answers with a length and a word."""

    number = 77
    name = "Password"

    def __init__(self, word: bytes) -> None:
        self.word = word

    def server(self) -> SecuritySteps:
        yield Write(b"?")
        (length,) = yield 1
        word = yield length
        return Accepted() if word == self.word else Refused("the word is wrong")

    def client(self) -> SecuritySteps:
        if (yield 1) != b"?":
            return Refused("the server does not ask")
        yield Write(bytes([len(self.word)]) + self.word)
        return Accepted()


class Tls(Password):
    """The same inside TLS."""

    number = 78
    name = "Tls"

    def server(self) -> SecuritySteps:
        yield Write(b"go")
        yield WantTls("certificate")
        return (yield from super().server())

    def client(self) -> SecuritySteps:
        if (yield 2) != b"go":
            return Refused("no TLS")
        yield WantTls()
        return (yield from super().client())


class Greedy(Password):
    number = 79

    def server(self) -> SecuritySteps:
        yield MAX_SECURITY_READ + 1
        return Accepted()


def random_cuts(seed: int) -> Cut:
    source = random.Random(seed)

    def cut(data: bytes) -> Iterator[bytes]:
        while data:
            count = source.randint(1, 40)
            yield data[:count]
            data = data[count:]

    return cut


@pytest.mark.parametrize("cut", [whole, bytewise, *map(random_cuts, range(5))])
@pytest.mark.parametrize("shared", [True, False])
def test_none(cut: Cut, shared: bool) -> None:
    pair = Pair(shared=shared, cut=cut).open()
    assert pair.server_events[0] == HandshakeDone(shared)
    assert pair.client_events == [INIT]
    assert pair.client.state is pair.server.state is State.OPEN
    assert pair.client.framebuffer == pair.server.framebuffer == (640, 480)


def test_the_bytes_of_the_handshake() -> None:
    """RFC 6143 section 7.1 to 7.3, byte for byte."""
    server = Connection(Role.SERVER, [NoneSecurity()])
    client = Connection(Role.CLIENT, [NoneSecurity()])
    assert (server.data_to_send(), client.data_to_send()) == (HELLO, b"")
    assert fed(client, HELLO) == []
    assert (client.data_to_send(), client.data_to_send()) == (HELLO, b"")
    assert fed(server, HELLO) == []
    assert server.data_to_send() == b"\1\1"
    fed(client, b"\1\1")
    assert client.data_to_send() == b"\1"
    fed(server, b"\1")
    assert server.data_to_send() == b"\0\0\0\0"
    fed(client, b"\0\0\0\0")
    assert client.data_to_send() == b"\1"
    assert fed(server, b"\1") == [HandshakeDone(True)]
    assert server.state is State.SERVER_INIT


@pytest.mark.parametrize("cut", [whole, bytewise])
def test_a_security_type_that_talks(cut: Cut) -> None:
    pair = Pair([NoneSecurity(), Password(b"word")], [Password(b"word"), NoneSecurity()], cut=cut)
    pair.shake()
    assert pair.server_events == [HandshakeDone(True)]


def test_an_empty_answer_is_read_as_one() -> None:
    pair = Pair([Password(b"")], [Password(b"")])
    pair.shake()
    assert pair.server_events == [HandshakeDone(True)]


@pytest.mark.parametrize("cut", [whole, bytewise])
def test_refused(cut: Cut) -> None:
    pair = Pair([Password(b"word")], [Password(b"guess")], cut=cut)
    pair.shake()
    assert pair.server_events == pair.client_events == [SecurityFailed("the word is wrong")]
    for end in (pair.client, pair.server):
        assert end.state is State.CLOSED
        end.receive_data(b"late bytes are nobody's business")
        assert end.next_event() is NEED_DATA
        with pytest.raises(LocalProtocolError):
            end.send(INIT if end.role is Role.SERVER else KeyEvent(True, 1))


def test_a_reason_is_cut_at_a_character() -> None:
    class Talker(Password):
        def server(self) -> SecuritySteps:
            yield from ()
            return Refused("é" * 4096)

        def client(self) -> SecuritySteps:
            yield from ()
            return Accepted()

    pair = Pair([Talker(b"")], [Talker(b"")])
    pair.shake()
    assert pair.client_events == [SecurityFailed("é" * 2048)]


def test_the_client_refuses() -> None:
    client = Connection(Role.CLIENT, [Password(b"word")])
    assert fed(client, HELLO + b"\1\x4d" + b"!") == [SecurityFailed("the server does not ask")]
    assert client.state is State.CLOSED


def test_no_common_type() -> None:
    client = Connection(Role.CLIENT, [NoneSecurity()])
    (failed,) = fed(client, HELLO + b"\3\2\x13\x4d")
    assert failed == SecurityFailed("the server offers 2 (VNC_AUTH), 19 (VENCRYPT), 77; accepted here: None")


def test_without_security_nobody_gets_in() -> None:
    pair = Pair([], [])
    pair.shake()
    reason = "no security type is offered here; ask the administrator"
    assert pair.server_events == pair.client_events == [SecurityFailed(reason)]
    client = Connection(Role.CLIENT)
    assert fed(client, HELLO + b"\1\1") == [SecurityFailed("the server offers 1 (NONE); accepted here: none")]


@pytest.mark.parametrize(
    ("version", "told"),
    [(b"RFB 003.003\n", b"\0\0\0\0"), (b"RFB 003.005\n", b"\0\0\0\0"), (b"RFB 003.007\n", b"\0")],
)
def test_an_older_client_is_told_in_its_own_words(version: bytes, told: bytes) -> None:
    server = Connection(Role.SERVER, [NoneSecurity()])
    server.data_to_send()
    with pytest.raises(RemoteProtocolError, match=r"speaks RFB 3\.[357], but RFB 3\.8 is needed"):
        fed(server, version)
    sentence = server.data_to_send().removeprefix(told)
    assert len(sentence) == 4 + int.from_bytes(sentence[:4], "big")
    assert b"3.8 is needed" in sentence
    assert server.state is State.CLOSED


@pytest.mark.parametrize("version", [b"RFB 003.003\n", b"RFB 003.007\n"])
def test_an_older_server(version: bytes) -> None:
    client = Connection(Role.CLIENT, [NoneSecurity()])
    with pytest.raises(RemoteProtocolError, match=r"speaks RFB 3\.[37], but RFB 3\.8 is needed"):
        fed(client, version)
    assert client.data_to_send() == b""


@pytest.mark.parametrize("version", [b"RFB 003.889\n", b"RFB 004.001\n", b"RFB 005.000\n"])
def test_a_newer_server_is_answered_with_3_8(version: bytes) -> None:
    client = Connection(Role.CLIENT, [NoneSecurity()])
    assert fed(client, version) == []
    assert client.data_to_send() == HELLO


def test_a_newer_version_than_ours_is_no_answer() -> None:
    server = Connection(Role.SERVER, [NoneSecurity()])
    with pytest.raises(RemoteProtocolError):
        fed(server, b"RFB 003.009\n")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("junk", [b"GET / HTTP/1", b"RFB 003.08\n\n", b"RFB 0a3.008\n", b"\0" * 12])
def test_no_rfb_at_all(role: Role, junk: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="does not speak RFB"):
        fed(Connection(role, [NoneSecurity()]), junk)


@pytest.mark.parametrize(
    ("role", "data"),
    [
        (Role.SERVER, b"\2"),  # a type that was not offered
        (Role.SERVER, b"\0"),
        (Role.CLIENT, b"\0\0\0\x10\1"),  # a reason over its bound
        (Role.CLIENT, b"\1\1\0\0\0\3"),  # no such result
        (Role.CLIENT, b"\1\1\0\0\0\1\0\0\x10\1"),
    ],
)
def test_hostile(role: Role, data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        fed(Connection(role, [NoneSecurity()]), HELLO + data)


def test_a_second_kind_of_failure_is_a_failure() -> None:
    client = Connection(Role.CLIENT, [NoneSecurity()])
    assert fed(client, HELLO + b"\1\1\0\0\0\2\0\0\0\4wait") == [SecurityFailed("wait")]


def test_a_security_type_may_not_ask_for_everything() -> None:
    server = Connection(Role.SERVER, [Greedy(b"")])
    with pytest.raises(RemoteProtocolError, match="bytes wanted by a security type"):
        fed(server, HELLO + b"\x4f")


@pytest.mark.parametrize("data", [b"", b"RFB", HELLO, HELLO + b"\1"])
def test_closed_during_the_handshake(data: bytes) -> None:
    server = Connection(Role.SERVER, [NoneSecurity()])
    fed(server, data)
    server.receive_eof()
    with pytest.raises(RemoteProtocolError, match="middle"):
        server.next_event()


def test_messages_before_server_init() -> None:
    server = Connection(Role.SERVER, [NoneSecurity()])
    assert fed(server, HELLO + b"\1\1") == [HandshakeDone(True)]
    with pytest.raises(RemoteProtocolError, match="KEY_EVENT in state SERVER_INIT"):
        fed(server, KeyEvent(True, 1).pack())


# --- TLS ---


def to_tls() -> Pair:
    pair = Pair([Tls(b"word")], [Tls(b"word")])
    pair.shake()
    assert pair.server_events == [TlsWanted("certificate")]
    assert pair.client_events == [TlsWanted()]
    assert pair.client.state is pair.server.state is State.TLS_WANTED
    return pair


def test_tls() -> None:
    pair = to_tls()
    for end in (pair.client, pair.server):
        assert end.next_event() is NEED_DATA
        end.tls_started()
        assert end.state is State.SECURITY_EXCHANGE
    assert pair.server.data_to_send() == b"?"
    fed(pair.client, b"?")
    pair.shake()
    assert pair.server_events[1:] == [HandshakeDone(True)]


@pytest.mark.parametrize("role", Role)
def test_clear_text_behind_the_point_of_upgrade_in_the_same_piece(role: Role) -> None:
    end = Connection(role, [Tls(b"word")])
    before = HELLO + (b"\x4e" if role is Role.SERVER else b"\1\x4e" + b"go")
    end.receive_data(before + b"\4word")
    with pytest.raises(RemoteProtocolError, match="in the clear"):
        end.next_event()


@pytest.mark.parametrize("which", ["client", "server"])
def test_clear_text_while_tls_is_awaited(which: str) -> None:
    end = getattr(to_tls(), which)
    with pytest.raises(RemoteProtocolError, match="in the clear"):
        end.receive_data(b"\4")
    with pytest.raises(RemoteProtocolError):
        end.tls_started()


def test_closed_where_tls_has_to_start() -> None:
    pair = to_tls()
    pair.server.receive_eof()
    with pytest.raises(RemoteProtocolError, match="before TLS"):
        pair.server.next_event()


def test_tls_that_nobody_wanted() -> None:
    pair = Pair().open()
    with pytest.raises(LocalProtocolError):
        pair.client.tls_started()
    assert events(pair.client) == []


# --- questions ---


class Asking(Password):
    """The server looks the word up elsewhere."""

    number = 80
    name = "Asking"

    def server(self) -> SecuritySteps:
        word = yield 5
        found: list[bool] = []
        yield WantAnswer(lambda: found.append(word[1:] == self.word))
        return Accepted() if found == [True] else Refused("the word is wrong")


def asked(word: bytes) -> tuple[Connection, AnswerWanted]:
    server = Connection(Role.SERVER, [Asking(b"word")])
    (event,) = fed(server, HELLO + b"\x50\4" + word)
    assert isinstance(event, AnswerWanted)
    server.data_to_send()
    return server, event


def test_nothing_moves_before_the_answer() -> None:
    server, event = asked(b"word")
    assert fed(server, b"\1") == []
    assert server.data_to_send() == b""
    event.question()
    assert server.next_event() is NEED_DATA
    server.answered()
    assert server.data_to_send() == b"\0\0\0\0"
    assert events(server) == [HandshakeDone(True)]


def test_the_answer_is_no() -> None:
    server, event = asked(b"wort")
    event.question()
    server.answered()
    assert events(server) == [SecurityFailed("the word is wrong")]


def test_who_sends_on_and_on_while_it_has_to_wait() -> None:
    server, _ = asked(b"word")
    with pytest.raises(RemoteProtocolError, match="on and on"):
        server.receive_data(bytes(MAX_SECURITY_READ + 1))


def test_answers_that_nobody_asked_for() -> None:
    server, event = asked(b"word")
    event.question()
    server.answered()
    with pytest.raises(LocalProtocolError):
        server.answered()
    with pytest.raises(LocalProtocolError):
        Connection(Role.SERVER, [Asking(b"word")]).answered()


def test_closed_while_an_answer_is_awaited() -> None:
    server, event = asked(b"word")
    server.receive_eof()
    assert server.next_event() is NEED_DATA
    event.question()
    server.answered()
    with pytest.raises(RemoteProtocolError, match="middle"):
        server.next_event()
