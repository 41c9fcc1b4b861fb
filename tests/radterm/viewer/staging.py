"""A viewer in this process, on an X screen of its own: SDL in the main thread, as it must be, and the test's
script in another."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import xcffib
import xcffib.xproto

from radterm.viewer import window
from radterm.viewer.options import ViewerOptions
from radterm.viewer.process import run_viewer
from rfb_ext.frame.frames import Head
from rfb_ext.wire.types import Rect
from tests.kit import programs
from tests.kit.fake_session import FakeSession
from tests.kit.xservers import x_server

MOST_SECONDS = 25.0
SHORT = 0.3


def a_head(
    width: int, height: int, *, number: int = 1, x: int = 0, depth: int = 8, name: str = "left"
) -> Head:
    return Head(number, Rect(x, 0, width, height), depth, name)


def noise(head: Head, seed: int = 1) -> np.ndarray:
    """A picture in which no two neighbours are alike."""
    top = 1 << 3 * head.depth
    return np.random.default_rng(seed).integers(0, top, (head.rect.h, head.rect.w), dtype=np.uint32)


def wait_for(condition: Callable[[], bool], seconds: float = 10.0, what: str = "it") -> None:
    """For what happens on a screen: looks every few milliseconds. Raises AssertionError in the end."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:g} s"
        threading.Event().wait(0.005)


class Screen:
    """An X screen and a reader of it that shares nothing with the viewer: plain GetImage."""

    def __init__(self, display: str) -> None:
        self.display = display
        self.connection = xcffib.connect(display=display)
        self.root = self.connection.get_setup().roots[0]

    def grab(self) -> np.ndarray:
        """All of the screen at one instant, uint32, shape (h, w), padding cleared."""
        size = (self.root.width_in_pixels, self.root.height_in_pixels)
        reply = self.connection.core.GetImage(2, self.root.root, 0, 0, *size, 0xFFFFFFFF).reply()
        words = np.frombuffer(reply.data.buf(), dtype="<u4").reshape(size[::-1])
        return words & np.uint32((1 << self.root.root_depth) - 1)

    def titles(self) -> list[str]:
        """The titles of all windows."""
        core = self.connection.core
        atom = core.InternAtom(False, 12, "_NET_WM_NAME").reply().atom
        pending, found = [self.root.root], []
        while pending:
            window = pending.pop()
            try:
                pending += core.QueryTree(window).reply().children.list
                value = core.GetProperty(False, window, atom, 0, 0, 1024).reply().value
            except xcffib.xproto.WindowError:
                continue  # it has gone meanwhile
            found.append(b"".join(value.list).decode())
        return [title for title in found if title]


@contextlib.contextmanager
def xvfb(width: int, height: int, depth: int = 24) -> Iterator[Screen]:
    """A screen of its own."""
    with x_server("Xvfb", width, height, depth) as server:
        screen = Screen(server.display)
        try:
            yield screen
        finally:
            screen.connection.disconnect()


class Stage:
    """What a script works with: the session it plays, the screen it looks at."""

    def __init__(self, session: FakeSession, screen: Screen, stream: io.StringIO) -> None:
        self.session = session
        self.screen = screen
        self._stream = stream

    def events(self) -> list[dict[str, Any]]:
        """Every line the viewer has written so far."""
        return [
            json.loads(line) for line in self._stream.getvalue().splitlines(keepends=True) if line[-1] == "\n"
        ]

    def title(self, word: str) -> None:
        """Waits until a window's title begins with that word."""
        wait_for(lambda: any(title.startswith(word) for title in self.screen.titles()), what=f"title {word}")

    def sees(self, picture: np.ndarray) -> None:
        """Waits until the top left of the screen is this picture, pixel by pixel."""
        h, w = picture.shape
        wait_for(
            lambda: bool((self.screen.grab()[:h, :w] == picture).all()), what="the picture on the screen"
        )

    def xdotool(self, *words: str, check: bool = True) -> str:
        """What it prints."""
        return subprocess.run(
            [programs.path("xdotool"), *words],
            check=check,
            env={**os.environ, "DISPLAY": self.screen.display},
            timeout=20,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout


def play(
    screen: Screen,
    script: Callable[[Stage], None],
    *heads: Head,
    announce: bool = True,
    badge_seconds: float = SHORT,
    **options: Any,
) -> tuple[int, Stage]:
    """Runs the viewer while `script` plays; the viewer ends with the script. Returns its exit code. The
    badge of EXACT stays for `badge_seconds` only, which spares most tests a second."""
    session = FakeSession(*heads)
    stream = io.StringIO()
    stage = Stage(session, screen, stream)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            assert session.connected.wait(10)
            if announce:
                session.announce()
            script(stage)
        except BaseException as failure:
            failures.append(failure)
        finally:
            session.end()

    player = threading.Thread(target=run, name="script")
    with contextlib.ExitStack() as stack:
        before = os.environ.get("DISPLAY")
        os.environ["DISPLAY"] = screen.display
        stack.callback(lambda: os.environ.update(DISPLAY=before) if before else os.environ.pop("DISPLAY"))
        stack.enter_context(mock.patch.object(window, "BADGE_SECONDS", badge_seconds))
        player.start()
        try:
            given = {"events": True, "seconds": MOST_SECONDS, **options}
            code = run_viewer(session.connect, ViewerOptions(**given), stream=stream)
        finally:
            session.connected.set()
            player.join(MOST_SECONDS)
    if failures:
        raise failures[0]
    return code, stage
