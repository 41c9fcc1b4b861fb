"""The clipboard as text, both ways, bounded."""

from __future__ import annotations

import pytest
import xcffib.xproto as x

from rfb_ext.wire.numbers import MAX_CUT_TEXT
from tests.kit.desktop_contract import recorded
from tests.kit.xservers import needs
from tests.rfb_ext.desktop.x11.client import shared, unpack_atoms

pytestmark = needs("Xvfb")
TEXT = "Befund: 3 mm, →5 µm"


@pytest.fixture
def sink(desktop):
    with recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        yield sink


@pytest.fixture
def desktop(server, client):
    with shared(server.display) as desktop:
        yield desktop


def barrier(desktop, sink):
    """The capture thread has seen everything that was sent before."""
    with sink.changed:
        beats = len(sink.beats)
    sink.wait(lambda: len(sink.beats) >= beats + 2)


def test_another_program_copies(client, sink):
    client.own_clipboard()
    request = client.hand_out(client.atom("UTF8_STRING"), TEXT.encode())
    assert request.target == client.atom("UTF8_STRING")
    sink.wait(lambda: sink.clipboard == [TEXT])


def test_the_longest_text_and_one_more(client, desktop, sink):
    kind = client.atom("UTF8_STRING")
    client.own_clipboard()
    client.hand_out(kind, b"x" * (MAX_CUT_TEXT + 1))
    barrier(desktop, sink)
    assert sink.clipboard == []
    client.own_clipboard()
    client.hand_out(kind, b"y" * MAX_CUT_TEXT)
    sink.wait(lambda: sink.clipboard == ["y" * MAX_CUT_TEXT])


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\xc3", "ü".encode("latin-1")])
def test_what_is_no_utf8_is_not_taken(client, desktop, sink, data):
    client.own_clipboard()
    client.hand_out(client.atom("UTF8_STRING"), data)
    barrier(desktop, sink)
    assert sink.clipboard == []


def test_another_type_is_not_taken(client, desktop, sink):
    client.own_clipboard()
    client.hand_out(client.atom("COMPOUND_TEXT"), b"text")
    barrier(desktop, sink)
    assert sink.clipboard == []


def in_pieces(client, pieces):
    client.own_clipboard()
    request = client.hand_out(client.atom("INCR"), b"\x00\x00\x01\x00")
    for piece in [*pieces, b""]:
        client.wait(
            lambda e: (
                isinstance(e, x.PropertyNotifyEvent)
                and (e.window, e.atom, e.state) == (request.requestor, request.property, x.Property.Delete)
            )
        )
        client.put(request.requestor, request.property, client.atom("UTF8_STRING"), 8, piece)
    client.sync()


def test_text_in_pieces(client, sink):
    data = (TEXT * 1000).encode()
    in_pieces(client, [data[start : start + 4000] for start in range(0, len(data), 4000)])
    sink.wait(lambda: sink.clipboard == [TEXT * 1000])


def test_too_many_pieces(client, desktop, sink):
    in_pieces(client, [b"x" * (MAX_CUT_TEXT // 2)] * 3)
    barrier(desktop, sink)
    assert sink.clipboard == []
    client.own_clipboard()
    client.hand_out(client.atom("UTF8_STRING"), b"after it")
    sink.wait(lambda: sink.clipboard == ["after it"])


@pytest.mark.parametrize("target", ["UTF8_STRING", "text/plain;charset=utf-8"])
def test_a_viewer_copies(client, desktop, sink, target):
    desktop.set_clipboard(TEXT)
    barrier(desktop, sink)
    assert client.ask_clipboard(target) == (client.atom(target), TEXT.encode())
    kind, data = client.ask_clipboard("TARGETS")
    assert kind == x.Atom.ATOM
    assert client.atom("UTF8_STRING") in unpack_atoms(data)
    kind, data = client.ask_clipboard("TIMESTAMP")
    assert kind == x.Atom.INTEGER
    assert int.from_bytes(data, "little") > 0
    assert client.ask_clipboard("image/png") == (0, b"")
    assert sink.clipboard == [], "our own text is no news"


def test_a_viewers_longest_text_and_one_more(client, desktop, sink):
    desktop.set_clipboard("z" * MAX_CUT_TEXT)
    barrier(desktop, sink)
    assert client.ask_clipboard("UTF8_STRING")[1] == b"z" * MAX_CUT_TEXT
    desktop.set_clipboard("ü" * MAX_CUT_TEXT)
    barrier(desktop, sink)
    assert client.ask_clipboard("UTF8_STRING")[1] == b"z" * MAX_CUT_TEXT


def test_a_clipboard_that_was_taken_away_is_not_handed_out(client, desktop, sink):
    desktop.set_clipboard(TEXT)
    barrier(desktop, sink)
    client.own_clipboard()
    client.hand_out(client.atom("UTF8_STRING"), b"newer")
    sink.wait(lambda: sink.clipboard == ["newer"])


def test_a_requestor_that_is_gone_harms_nothing(client, desktop, sink):
    desktop.set_clipboard(TEXT)
    barrier(desktop, sink)
    place, window = client.atom("ANSWER"), client.new_id()
    client.core.CreateWindow(0, window, client.root, 0, 0, 1, 1, 0, x.WindowClass.InputOnly, 0, 0, [])
    client.core.ConvertSelection(window, client.atom("CLIPBOARD"), client.atom("UTF8_STRING"), place, 0)
    client.core.DestroyWindow(window)
    client.sync()
    barrier(desktop, sink)
    assert sink.failure is None
