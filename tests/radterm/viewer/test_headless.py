"""Viewing without a window: updates go at once, and it ends when it should."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from radterm.client.base import State
from radterm.viewer.headless import SETTLE_SECONDS, run_headless
from radterm.viewer.options import ViewerOptions
from rfb_ext.errors import RemoteProtocolError, UnreachableError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.types import Rect
from tests.kit.fake_session import FakeSession

HEAD = Head(1, Rect(0, 0, 8, 8), 8, "left")
PICTURE = np.zeros((8, 8), "<u4")


def view(
    script: Callable[[FakeSession], None], *, seconds: float | None = 20.0
) -> tuple[int, FakeSession, list[dict]]:
    session, stream, running = FakeSession(HEAD), io.StringIO(), threading.Event()
    failures: list[BaseException] = []

    def clock() -> float:
        running.set()
        return time.monotonic()

    def run() -> None:
        try:
            assert running.wait(10)
            script(session)
        except BaseException as failure:
            failures.append(failure)
            session.end()

    player = threading.Thread(target=run)
    player.start()
    options = ViewerOptions(seconds=seconds, events=True)
    code = run_headless(session.connect, options, stream=stream, clock=clock)
    player.join(10)
    assert not failures, failures
    return code, session, [json.loads(line) for line in stream.getvalue().splitlines()]


def test_updates_are_let_go_at_once_and_states_are_told_once() -> None:
    def script(session: FakeSession) -> None:
        session.announce()
        for _ in range(5):
            session.show(PICTURE)
            session.say(State.EXACT)
        session.say(State.STALE, "silent")
        session.end()

    code, session, lines = view(script)
    assert code == 0
    assert session.released == [(number, True) for number in range(1, 6)]
    states = [line["state"] for line in lines if line["event"] == "state"]
    assert states == ["EXACT", "STALE"]
    assert [line["event"] for line in lines][:2] == ["hello", "heads"]
    assert lines[-1] == {"event": "closed", "exit_code": 0, "error": None}


def test_a_session_that_ends_not_exact_says_32(capsys: pytest.CaptureFixture[str]) -> None:
    def script(session: FakeSession) -> None:
        session.figures["exact"] = False
        session.announce()
        session.end()

    code, _, lines = view(script)
    assert code == 32
    assert lines[-1]["exit_code"] == 32
    assert capsys.readouterr().err.count("\n") == 1


def test_it_ends_when_the_time_is_over_and_all_is_exact() -> None:
    def script(session: FakeSession) -> None:
        session.announce()
        session.show(PICTURE)
        session.say(State.EXACT)

    started = time.monotonic()
    code, session, lines = view(script, seconds=1.2)
    assert 1.2 <= time.monotonic() - started < 1.2 + SETTLE_SECONDS
    assert code == 0
    assert session.is_closed
    figures = [line for line in lines if line["event"] == "figures"]
    assert figures
    assert figures[0]["shown"] == 1


def test_it_waits_a_little_for_what_is_not_exact_yet() -> None:
    def script(session: FakeSession) -> None:
        session.announce()
        session.say(State.CATCHING_UP)
        time.sleep(0.5)
        session.say(State.EXACT)

    started = time.monotonic()
    view(script, seconds=0.1)
    assert 0.5 <= time.monotonic() - started < 0.1 + SETTLE_SECONDS


def test_it_does_not_wait_for_ever() -> None:
    started = time.monotonic()
    view(lambda session: session.announce(), seconds=0.1)
    assert 0.1 + SETTLE_SECONDS <= time.monotonic() - started < 10


def test_a_session_that_fails_gives_its_code_and_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, lines = view(lambda session: session.end(RemoteProtocolError("they said nonsense")))
    assert code == 20
    assert lines[-1] == {"event": "closed", "exit_code": 20, "error": "they said nonsense"}
    assert capsys.readouterr().err == "radterm: they said nonsense\n"


def test_a_connection_that_fails_is_raised_and_told() -> None:
    def refuse(listener: object) -> FakeSession:
        raise UnreachableError("nobody there")

    stream = io.StringIO()
    with pytest.raises(UnreachableError):
        run_headless(refuse, ViewerOptions(events=True), stream=stream)
    assert json.loads(stream.getvalue().splitlines()[-1])["exit_code"] == 10


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_signals_end_it_in_good_order(number: int, code: int) -> None:
    def script(session: FakeSession) -> None:
        session.announce()
        session.show(PICTURE)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    ended, session, lines = view(script)
    assert ended == code
    assert session.is_closed
    assert lines[-1]["exit_code"] == code
    assert signal.getsignal(number) is before


def test_a_signal_ends_a_connection_that_is_being_made() -> None:
    def connect(listener: object) -> FakeSession:
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(10)
        raise AssertionError("still here")

    with pytest.raises(KeyboardInterrupt):
        run_headless(connect, ViewerOptions())


def test_it_never_loads_sdl() -> None:
    code = "import sys, radterm.viewer.headless, radterm.viewer.process; print('sdl2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
