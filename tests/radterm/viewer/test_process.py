"""How the viewer with windows starts and ends: every way, with its code and its line, and nothing left."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
import xcffib
import xcffib.xproto

from radterm.client.base import State
from radterm.viewer.loop import SETTLE_SECONDS
from radterm.viewer.options import ViewerOptions
from radterm.viewer.process import run_viewer
from rfb_ext.errors import UnreachableError, ViewerError
from tests.kit.fake_session import FakeSession
from tests.radterm.viewer.staging import Screen, Stage, a_head, noise, play, wait_for, xvfb

pytestmark = pytest.mark.needs("Xvfb")
HEAD = a_head(200, 150)


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with xvfb(200, 150) as it:
        yield it


def exact(stage: Stage) -> None:
    stage.session.show(noise(HEAD))
    stage.session.say(State.EXACT)
    stage.title("EXACT")


def ended_by_itself(stage: Stage) -> None:
    stage.session.wait(lambda: stage.session.is_closed)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_signals(number: int, code: int, screen: Screen) -> None:
    def script(stage: Stage) -> None:
        exact(stage)
        os.kill(os.getpid(), number)
        ended_by_itself(stage)

    before = signal.getsignal(number)
    ended, _ = play(screen, script, HEAD, events=number == signal.SIGTERM)
    assert ended == code
    assert signal.getsignal(number) is before
    assert screen.titles() == []


def test_a_window_that_is_closed_ends_the_session(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        exact(stage)
        core = screen.connection.core
        names = ("WM_PROTOCOLS", "WM_DELETE_WINDOW")
        protocols, delete = (core.InternAtom(False, len(name), name).reply().atom for name in names)
        data = xcffib.xproto.ClientMessageData.synthetic([delete, 0, 0, 0, 0], "IIIII")
        for window in core.QueryTree(screen.root.root).reply().children.list:
            message = xcffib.xproto.ClientMessageEvent.synthetic(32, window, protocols, data)
            core.SendEvent(False, window, 0, message.pack())
        screen.connection.flush()
        ended_by_itself(stage)

    code, stage = play(screen, script, HEAD)
    assert code == 0
    assert stage.events()[-1] == {"event": "closed", "exit_code": 0, "error": None}


def test_a_session_that_fails(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    def script(stage: Stage) -> None:
        exact(stage)
        stage.session.end(UnreachableError("the hospital side is gone; start again"))

    code, stage = play(screen, script, HEAD)
    assert code == 10
    assert stage.events()[-1]["error"] == "the hospital side is gone; start again"
    assert capsys.readouterr().err == "radterm: the hospital side is gone; start again\n"


def test_time_is_over_once_all_is_exact(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        stage.session.show(noise(HEAD))
        threading.Event().wait(0.6)
        stage.session.say(State.EXACT)
        ended_by_itself(stage)

    started = time.monotonic()
    code, _ = play(screen, script, HEAD, seconds=0.3)
    assert code == 0
    assert 0.6 <= time.monotonic() - started < 0.3 + SETTLE_SECONDS


def test_updates_that_wait_at_the_end_are_let_go(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        exact(stage)
        os.kill(os.getpid(), signal.SIGTERM)
        for seed in range(20):
            stage.session.show(noise(HEAD, seed), wait=False)
        stage.session.wait(lambda: len(stage.session.released) == 21)

    play(screen, script, HEAD)


def test_a_wrong_display_is_one_sentence_and_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4242")
    session, stream = FakeSession(HEAD), io.StringIO()
    with pytest.raises(ViewerError, match=":4242") as raised:
        run_viewer(session.connect, ViewerOptions(events=True), stream=stream)
    assert raised.value.exit_code == 30
    assert not session.connected.is_set()
    last = json.loads(stream.getvalue().splitlines()[-1])
    assert last == {"event": "closed", "exit_code": 30, "error": str(raised.value)}


def test_a_connection_that_fails(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(listener: object) -> FakeSession:
        raise UnreachableError("nobody there")

    monkeypatch.setenv("DISPLAY", screen.display)
    stream = io.StringIO()
    with pytest.raises(UnreachableError):
        run_viewer(refuse, ViewerOptions(events=True), stream=stream)
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["hello", "closed"]


def test_a_screen_that_is_too_shallow() -> None:
    with xvfb(200, 150, 16) as shallow, pytest.raises(ViewerError, match="24 or 30 bits"):
        play(shallow, ended_by_itself, HEAD)


def test_an_idle_viewer_sleeps(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        exact(stage)
        wait_for(lambda: not any(row.any() for row in screen.grab() ^ noise(HEAD)), what="no badge")
        before, started = time.process_time(), time.monotonic()
        threading.Event().wait(1.0)
        assert time.process_time() - before < 0.1 * (time.monotonic() - started)

    play(screen, script, HEAD, fullscreen=True, events=False)
