"""Keys and pointer arrive at other clients as they were meant."""

from __future__ import annotations

import os
import subprocess

import pytest
import xcffib.xproto as x

from rfb_ext.desktop.x11 import input as x11_input
from tests.kit import programs
from tests.kit.desktop_contract import recorded
from tests.kit.xservers import needs
from tests.rfb_ext.desktop.x11.client import Client, shared

pytestmark = needs("Xvfb")
SHIFT_L, CAPS_LOCK, RETURN, LEFT, TAB, PRINT = 0xFFE1, 0xFFE5, 0xFF0D, 0xFF51, 0xFF09, 0xFF61


@pytest.fixture
def desktop(client, server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        yield desktop


def tap(desktop, keysym, keycode=0, tag=0):
    desktop.inject_key(keysym, keycode, True, tag)
    desktop.inject_key(keysym, keycode, False, tag)


def wait_for_tag(desktop, tag):
    """A pointer event with this tag has taken effect: everything before it has."""
    x, y, _ = 0, 0, 0
    desktop.inject_pointer(x, y, 0, tag)
    end = 200
    while desktop._input.tag != tag:
        end -= 1
        assert end, "the input thread did not get there"
        desktop._input._thread.join(0.01)


def test_text_without_any_shift_key(desktop, client):
    """A viewer that sends characters only, as on-screen keyboards do."""
    text = 'Mr. Smith, 45% (L>R) {a_b} "x"; #7~'
    for character in text:
        tap(desktop, ord(character))
    assert "".join(map(chr, client.typed(len(text)))) == text
    assert client.keys_down() == set()


def test_text_with_shift_held_as_viewers_send_it(desktop, client):
    desktop.inject_key(SHIFT_L, 0x2A, True, 0)
    tap(desktop, ord("A"), 0x1E)
    tap(desktop, ord("!"), 0x02)
    tap(desktop, ord("7"), 0)  # shift is held, but seven is meant
    tap(desktop, ord("B"), 0x30)
    desktop.inject_key(SHIFT_L, 0x2A, False, 0)
    tap(desktop, ord("c"), 0x2E)
    assert "".join(map(chr, client.typed(5))) == "A!7Bc"
    assert client.keys_down() == set()


def test_a_viewer_with_another_layout(desktop, client):
    """AZERTY and QWERTZ keyboards: the character counts, not the place of the key."""
    tap(desktop, ord("a"), 0x10)
    tap(desktop, ord("z"), 0x15)
    tap(desktop, ord("&"), 0x02)
    desktop.inject_key(SHIFT_L, 0x2A, True, 0)
    tap(desktop, ord("1"), 0x02)
    desktop.inject_key(SHIFT_L, 0x2A, False, 0)
    assert "".join(map(chr, client.typed(4))) == "az&1"


@pytest.mark.parametrize("keysym", [0x10020AC, 0x20AC, 0x1002192, 0x1004E2D, 0x101F600, 0xE9, 0x10000E9])
def test_a_character_the_keyboard_does_not_have(desktop, client, keysym):
    tap(desktop, keysym)
    assert client.typed(1) == [0xE9 if keysym == 0x10000E9 else keysym]
    tap(desktop, ord("x"))
    assert client.typed(1) == [ord("x")]


def test_more_of_them_than_are_lent_at_a_time(desktop, client):
    wanted = [0x1000400 + number for number in range(20)]
    for keysym in wanted:
        tap(desktop, keysym)
        assert client.typed(1) == [keysym]


def test_spare_keycodes_are_given_back(client, server):
    before = bytes(client.core.GetKeyboardMapping(8, 248).reply().keysyms.buf())
    with shared(server.display) as desktop, recorded(desktop):
        tap(desktop, 0x10020AC)
        client.typed(1)
        assert bytes(client.core.GetKeyboardMapping(8, 248).reply().keysyms.buf()) != before
    assert bytes(client.core.GetKeyboardMapping(8, 248).reply().keysyms.buf()) == before


def test_caps_lock_here_does_not_change_what_is_meant(desktop, client):
    tap(desktop, CAPS_LOCK)
    wait_for_tag(desktop, 1)
    assert client.pointer()[2] & 2
    for character in "aA1!":
        tap(desktop, ord(character))
    assert "".join(map(chr, client.typed(4))) == "aA1!"
    tap(desktop, CAPS_LOCK)


def test_a_keypad_digit_without_num_lock(desktop, client):
    tap(desktop, 0xFFB7, 0x47)
    assert client.typed(1) == [0xFFB7]
    tap(desktop, 0xFF95, 0x47)
    assert client.typed(1) == [0xFF95]


def test_keys_by_their_code_alone_and_shifted_tab(desktop, client):
    tap(desktop, 0, 0xCB)
    tap(desktop, RETURN, 0x1C)
    tap(desktop, LEFT)
    assert client.typed(3) == [LEFT, RETURN, LEFT]
    desktop.inject_key(SHIFT_L, 0x2A, True, 0)
    desktop.inject_key(TAB, 0x0F, True, 0)
    event = client.wait(lambda e: isinstance(e, x.KeyPressEvent) and e.detail == 23)
    assert event.state & 1, "shift stays for Tab"


@pytest.mark.parametrize("keysym", [-1, 0x20000000, 0xFFFFFFFF])
def test_a_keysym_out_of_bounds_is_ignored(desktop, client, keysym):
    tap(desktop, keysym, 0x1E)
    tap(desktop, ord("b"))
    assert client.typed(1) == [ord("b")]


def test_a_layout_that_changes(desktop, client):
    tap(desktop, ord("q"))
    assert client.typed(1) == [ord("q")]
    client.change_keysym(24, [ord("a"), ord("A")])
    client.change_keysym(38, [ord("q"), ord("Q")])
    client.sync()
    tap(desktop, ord("q"))
    event = client.wait(lambda e: isinstance(e, x.KeyPressEvent))
    assert event.detail == 38


def test_a_key_that_repeats_and_a_release_under_another_name(desktop, client):
    for _ in range(3):
        desktop.inject_key(ord("A"), 0, True, 0)
    desktop.inject_key(ord("a"), 0, False, 0)
    assert client.typed(3) == [ord("A")] * 3
    wait_for_tag(desktop, 1)
    assert client.keys_down() == set()


def test_stop_releases_what_is_down(client, server):
    with shared(server.display) as desktop, recorded(desktop):
        desktop.inject_key(SHIFT_L, 0x2A, True, 0)
        desktop.inject_key(ord("k"), 0, True, 0)
        desktop.inject_pointer(50, 60, 0b101, 1)
        client.wait(lambda e: isinstance(e, x.ButtonPressEvent) and e.detail == 3)
        assert len(client.keys_down()) == 2
        assert client.pointer()[2] & (1 << 8 | 1 << 10) == (1 << 8 | 1 << 10)
    assert client.keys_down() == set()
    assert client.pointer() == (50, 60, 0)


def test_the_pointer_and_every_button(desktop, client):
    desktop.inject_pointer(123, 234, 0, 1)
    for number in range(1, 8):
        desktop.inject_pointer(123 + number, 234, 1 << number - 1, 1)
        press = client.wait(lambda e: isinstance(e, x.ButtonPressEvent))
        assert (press.detail, press.root_x, press.root_y) == (number, 123 + number, 234)
        desktop.inject_pointer(123, 234, 0, 1)
        assert client.wait(lambda e: isinstance(e, x.ButtonReleaseEvent)).detail == number
    desktop.inject_pointer(1 << 20, -5, 0, 2)
    wait_for_tag(desktop, 3)


def test_a_drag_begins_and_ends_where_it_was(client, server):
    """A hung server leaves moves waiting: those in a row become one, places of buttons stay."""
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        desktop.inject_pointer(1, 1, 0, 1)
        client.wait(lambda e: isinstance(e, x.MotionNotifyEvent))
        server.hang()
        desktop.inject_pointer(5, 5, 0, 1)
        desktop._input._thread.join(0.1)
        for step in range(10, 20):
            desktop.inject_pointer(step, 10, 0, 2)
        for step in range(100, 5100):
            desktop.inject_pointer(step % 640, 10, 1, 3)
        assert len(desktop._input._waiting) < 10
        desktop.inject_pointer(300, 40, 0, 4)
        server.go_on()
        press = client.wait(lambda e: isinstance(e, x.ButtonPressEvent))
        release = client.wait(lambda e: isinstance(e, x.ButtonReleaseEvent))
        assert (press.root_x, press.root_y) == (100, 10)
        assert (release.root_x, release.root_y) == (300, 40)


def test_too_many_waiting_keys_are_dropped_and_nothing_sticks(client, server, monkeypatch):
    monkeypatch.setattr(x11_input, "MAX_WAITING", 16)
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        desktop.inject_key(ord("h"), 0, True, 1)
        client.typed(1)
        server.hang()
        for number in range(17):
            desktop.inject_key(ord("a") + number % 5, 0, number % 2 == 0, 2)
        assert len(desktop._input._waiting) <= 16
        server.go_on()
        desktop.inject_key(ord("z"), 0, True, 9)
        desktop.inject_key(ord("z"), 0, False, 9)
        wait_for_tag(desktop, 10)
        assert 43 not in client.keys_down(), "h is up"


def test_a_tag_is_of_an_event_that_took_effect(client, server):
    """The client paints its answer to a click; no frame bears a tag and a picture from before its event."""
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        assert sink.frames[0].input_tag == 0
        seen = []
        sink.frame_captured = lambda frame, take=sink.frame_captured: (
            seen.append((int(frame.pixels[0, 0]), frame.input_tag)) or take(frame)
        )
        for tag in range(1, 30):
            desktop.inject_pointer(tag, 5, tag % 2, tag)
            wanted = x.ButtonPressEvent if tag % 2 else x.ButtonReleaseEvent
            client.wait(lambda e, kind=wanted: isinstance(e, kind))
            client.fill((0, 0, 8, 8), tag)
            desktop.want_frame()
            sink.wait(lambda t=tag: sink.frames[-1].pixels[0, 0] == t)
        assert len(seen) >= 29
        # the server may have answered the client before us: the tag is then one behind, never ahead by two
        assert all(painted - 1 <= tag <= painted + 1 for painted, tag in seen)
        desktop.want_frame()
        client.fill((0, 0, 8, 8), 77)
        sink.wait(lambda: seen[-1] == (77, 29))


@pytest.mark.needs("xterm")
def test_xterm_reads_what_was_typed(server, tmp_path):
    """Through Xlib's own way from keys to text."""
    written = tmp_path / "written"
    environment = {**os.environ, "DISPLAY": server.display, "LC_ALL": "C.UTF-8"}
    other = Client(server)
    other.core.UnmapWindow(other.window)
    other.core.ChangeWindowAttributes(other.root, x.CW.EventMask, [x.EventMask.SubstructureNotify])
    other.sync()
    xterm = subprocess.Popen(
        (programs.path("xterm"), "-u8", "-geometry", "40x10+0+0", "-e", f"cat > {written}"),
        env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        window = other.wait(lambda e: isinstance(e, x.MapNotifyEvent)).window
        other.core.SetInputFocus(x.InputFocus.PointerRoot, window, 0)
        other.sync()
        with shared(server.display) as desktop, recorded(desktop) as sink:
            sink.wait(lambda: bool(sink.frames))
            wait_for_file(written)
            desktop.inject_pointer(100, 50, 0, 1)
            sentence = "Ünï → €5 {OK} #7 日本"
            for character in sentence:
                tap(desktop, ord(character) if ord(character) < 256 else 0x1000000 + ord(character))
            tap(desktop, RETURN)
            desktop.inject_key(0xFFE3, 0x1D, True, 2)
            tap(desktop, ord("d"), 0x20)
            desktop.inject_key(0xFFE3, 0x1D, False, 2)
            assert xterm.wait(10) == 0
        assert written.read_text("utf-8") == sentence + "\n"
    finally:
        other.close()
        if xterm.poll() is None:
            xterm.kill()
            xterm.wait()


def wait_for_file(path):
    """The program in xterm is running once its file is there."""
    import threading

    for _ in range(1000):
        if path.exists():
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{path} did not come")
