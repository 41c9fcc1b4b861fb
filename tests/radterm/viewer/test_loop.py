"""The reader at the window: keys, pointer, commands, clipboard; and other layouts while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

from radterm.client.base import State
from tests.radterm.viewer.staging import Screen, Stage, a_head, noise, play, wait_for, xvfb

pytestmark = pytest.mark.needs("Xvfb", "xdotool")
WIDTH, HEIGHT = 640, 400
HEAD = a_head(WIDTH, HEIGHT)
TYPED = "abcXYZ 0189 !@#$%^&*()_+-=[]{};:'\",.<>/?|\\`~"


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with xvfb(WIDTH, HEIGHT) as it:
        yield it


def ready(stage: Stage) -> None:
    """Something exact is on the glass and the keyboard is the window's."""
    stage.session.show(noise(HEAD))
    stage.session.say(State.EXACT)
    stage.title("EXACT")
    wait_for(lambda: stage.xdotool("getwindowfocus", check=False).strip() not in ("", "1"), what="the focus")


def test_what_is_typed_arrives(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        ready(stage)
        session = stage.session
        stage.xdotool("type", "--delay", "4", TYPED)
        wanted = [ord(character) for character in TYPED]

        def typed() -> list[object]:
            return [keysym for keysym, _, down in session.key_events() if down and keysym < 0xFF00]

        session.wait(lambda: len(typed()) >= len(wanted))
        assert typed() == wanted
        shifts = [down for keysym, _, down in session.key_events() if keysym in (0xFFE1, 0xFFE2)]
        assert shifts
        assert shifts[-1] is False
        session.sent.clear()
        stage.xdotool("key", "--delay", "4", "Return", "Up", "F5", "ctrl+c", "Tab", "Delete", "lstroke")
        expected = [
            (0xFF0D, 0x1C), (0xFF52, 0xC8), (0xFFC2, 0x3F), (0xFFE3, 0x1D), (ord("c"), 0x2E), (0xFF09, 0x0F),
            (0xFFFF, 0xD3), (0x1000142, 0),
        ]  # fmt: skip
        session.wait(lambda: len(session.key_events()) >= 2 * len(expected))
        assert [(keysym, code) for keysym, code, down in session.key_events() if down] == expected
        assert sorted(key[:2] for key in session.key_events() if not key[2]) == sorted(expected)

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


def test_keycodes_are_those_of_x_less_eight(screen: Screen) -> None:
    """X's evdev keycodes are XT set 1 plus eight for the main block: a table nobody here wrote."""

    def script(stage: Stage) -> None:
        ready(stage)
        codes = [code for code in range(2, 0x54) if code not in (0x1D, 0x2A, 0x36, 0x38, 0x3A, 0x45, 0x46)]
        stage.xdotool("key", "--delay", "2", *(str(code + 8) for code in codes))
        stage.session.wait(lambda: len(stage.session.key_events()) >= 2 * len(codes))
        assert [code for _, code, down in stage.session.key_events() if down] == codes

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


def test_the_pointer_arrives(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        ready(stage)
        session = stage.session
        stage.xdotool("mousemove", "123", "234")
        session.wait(lambda: (1, 123, 234, 0) in session.pointer_events())
        session.sent.clear()
        for button in ("1", "2", "3", "4", "5"):
            stage.xdotool("click", button)
        session.wait(lambda: len(session.pointer_events()) >= 10)
        assert [entry[3] for entry in session.pointer_events()] == [1, 0, 2, 0, 4, 0, 8, 0, 16, 0]
        assert {entry[:3] for entry in session.pointer_events()} == {(1, 123, 234)}

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


def test_stale_holds_input_back_and_releases_what_is_down(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        ready(stage)
        session = stage.session
        stage.xdotool("mousemove", "100", "100")
        stage.xdotool("keydown", "a", "mousedown", "1")
        session.wait(lambda: (1, 100, 100, 1) in session.pointer_events() and len(session.key_events()) == 1)
        session.say(State.STALE, stale_since=time.monotonic())
        session.wait(lambda: (ord("a"), 0x1E, False) in session.key_events())
        session.wait(lambda: session.pointer_events()[-1] == (1, 100, 100, 0))
        session.sent.clear()
        stage.xdotool("keyup", "a", "mouseup", "1", "key", "b", "click", "1", "mousemove", "5", "5")
        session.say(State.EXACT)
        stage.title("EXACT")
        stage.xdotool("key", "c")
        session.wait(lambda: len(session.key_events()) == 2)
        assert session.sent == [("key", ord("c"), 0x2E, True), ("key", ord("c"), 0x2E, False)]

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


def test_view_only_sends_nothing(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        ready(stage)
        stage.xdotool("mousemove", "50", "50", "click", "1", "type", "--delay", "2", "hello")
        stage.xdotool("key", "ctrl+alt+shift+d")
        stage.session.wait(lambda: stage.session.is_closed)
        assert stage.session.sent == []

    assert play(screen, script, HEAD, fullscreen=True, view_only=True)[0] == 0


def test_commands_of_the_viewer_itself(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        ready(stage)
        picture = noise(HEAD)
        stage.sees(picture)
        stage.xdotool("key", "ctrl+alt+shift+b")
        wait_for(lambda: not np.array_equal(screen.grab(), picture), what="the badge")
        stage.sees(picture)
        stage.xdotool("key", "ctrl+alt+shift+Escape", "ctrl+alt+shift+f")
        wait_for(lambda: stage.events()[-1].get("what") == "windowed" or any(
            event.get("what") == "windowed" for event in stage.events()), what="a window")  # fmt: skip
        stage.xdotool("key", "ctrl+alt+shift+d")
        stage.session.wait(lambda: stage.session.is_closed)
        sent = {keysym for keysym, _, _ in stage.session.key_events()}
        assert not sent & {ord("b"), ord("f"), ord("d"), ord("B"), ord("F"), ord("D"), 0xFF1B}

    code, stage = play(screen, script, HEAD, fullscreen=True)
    assert code == 0
    assert stage.events()[-1] == {"event": "closed", "exit_code": 0, "error": None}


def test_a_layout_that_changes(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        ready(stage)
        old = stage.session.heads[0]
        left, right = a_head(300, 200, number=7, name="new left"), a_head(200, 100, number=8, x=300, name="")
        stage.session.announce(left, right)
        stage.session.show(noise(old), head=old)  # of a head that is gone
        assert stage.session.released[-1][1] is False
        stage.session.show(noise(right), head=right)
        stage.session.say(State.EXACT, head=right)
        stage.title("EXACT · head 8 · radterm")
        stage.title("NOT FOR DIAGNOSIS · new left · radterm")
        assert len(screen.titles()) == 2

    _, stage = play(screen, script, HEAD)
    windows = [(event["head"], event["what"]) for event in stage.events() if event["event"] == "window"]
    assert windows == [
        (1, "opened"), (1, "closed"), (7, "opened"), (8, "opened"), (7, "closed"), (8, "closed"),
    ]  # fmt: skip


OTHER_PROGRAM = """
import sys
from radterm.viewer.sdl import sdl2
sdl2.SDL_Init(sdl2.SDL_INIT_VIDEO)
sdl2.SDL_CreateWindow(b"", 0, 0, 1, 1, sdl2.SDL_WINDOW_HIDDEN)
if len(sys.argv) > 1:
    sdl2.SDL_SetClipboardText(sys.argv[1].encode())
    print("set", flush=True)
    while sdl2.SDL_WaitEventTimeout(sdl2.SDL_Event(), 15000):
        pass
else:
    print(sdl2.SDL_GetClipboardText().decode(), end="")
"""


def other_program(screen: Screen, *arguments: str) -> subprocess.Popen[str]:
    """A program that copies its argument, or prints what was copied."""
    return subprocess.Popen(
        [sys.executable, "-c", OTHER_PROGRAM, *arguments],
        env={**os.environ, "DISPLAY": screen.display, "SDL_VIDEODRIVER": "x11"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("allowed", [True, False])
def test_the_clipboard_goes_both_ways_if_it_may(allowed: bool, screen: Screen) -> None:
    def script(stage: Stage) -> None:
        ready(stage)
        with other_program(screen, "from here: ü") as other:
            try:
                assert other.stdout.readline() == "set\n"
                stage.xdotool("key", "a")  # a round trip through the viewer's loop
                stage.session.wait(lambda: len(stage.session.key_events()) == 2)
                if allowed:
                    stage.session.wait(lambda: ("clipboard", "from here: ü") in stage.session.sent)
                stage.session.listener.clipboard_changed("from there: ł")
                stage.xdotool("key", "b")
                stage.session.wait(lambda: len(stage.session.key_events()) == 4)
                with other_program(screen) as reader:
                    assert reader.stdout.read() == ("from there: ł" if allowed else "from here: ü")
                sent = [entry[1] for entry in stage.session.sent if entry[0] == "clipboard"]
                assert sent == (["from here: ü"] if allowed else [])
            finally:
                other.kill()

    options = {"clipboard_in": allowed, "clipboard_out": allowed}
    assert play(screen, script, HEAD, fullscreen=True, **options)[0] == 0
