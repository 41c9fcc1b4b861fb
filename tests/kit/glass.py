"""From glass to glass: X screens that are read and drawn on by plain GetImage and PutImage, through a hand of
the test's own, and the product's real processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xcffib
import xcffib.xproto

from tests.kit.xservers import x_server

ROOT = Path(__file__).resolve().parents[2]
RADTERM = (sys.executable, "-m", "radterm")


@contextlib.contextmanager
def process(*words: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A child that is ended behind it, stopped or not."""
    child = subprocess.Popen(words, cwd=ROOT, **options)
    try:
        yield child
    finally:
        if child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGCONT)
            child.terminate()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        for stream in (child.stdout, child.stderr, child.stdin):
            if stream is not None:
                stream.close()


@contextlib.contextmanager
def screen(width: int, height: int, depth: int = 24, kind: str = "Xvfb") -> Iterator[Screen]:
    """An X server of its own on a free display."""
    with x_server(kind, width, height, depth) as server:
        made = Screen(server.display, server.process)
        try:
            yield made
        finally:
            made.close()


class Screen:
    """One X display: what stands on it, drawing on it, and the titles of its windows."""

    def __init__(self, display: str, server: subprocess.Popen[bytes]) -> None:
        self.display = display
        self.server = server
        self._connection = xcffib.connect(display=display)
        self._setup = self._connection.get_setup().roots[0]
        self.size = (self._setup.width_in_pixels, self._setup.height_in_pixels)
        self.bits = 10 if self._setup.root_depth == 30 else 8
        self._gc: int | None = None
        self._window: int | None = None

    def close(self) -> None:
        with contextlib.suppress(xcffib.ConnectionException):
            self._connection.disconnect()

    def grab(self) -> np.ndarray:
        """The root window as it stands, uint32 (h, w), padding cleared."""
        width, height = self.size
        core = self._connection.core
        reply = core.GetImage(2, self._setup.root, 0, 0, width, height, 0xFFFFFFFF).reply()
        words = np.frombuffer(reply.data.buf(), dtype="<u4").reshape(height, width)
        return words & np.uint32((1 << 3 * self.bits) - 1)

    def draw(self, x: int, y: int, pixels: np.ndarray) -> None:
        """Puts pixels on a window that covers the screen; returns when the server has drawn them."""
        core, proto = self._connection.core, xcffib.xproto
        if self._window is None:
            self._window, self._gc = self._connection.generate_id(), self._connection.generate_id()
            core.CreateWindow(
                self._setup.root_depth,
                self._window,
                self._setup.root,
                0,
                0,
                *self.size,
                0,
                proto.WindowClass.InputOutput,
                self._setup.root_visual,
                proto.CW.BackPixel | proto.CW.OverrideRedirect,
                [0, 1],
            )
            core.MapWindow(self._window)
            core.CreateGC(self._gc, self._window, 0, [])
        height, width = pixels.shape
        rows = max(1, (1 << 17) // (4 * width))
        for top in range(0, height, rows):
            part = np.ascontiguousarray(pixels[top : top + rows])
            core.PutImage(
                2, self._window, self._gc, width, part.shape[0], x, y + top, 0, self._setup.root_depth,
                part.nbytes, part.tobytes(),
            )  # fmt: skip
        core.GetInputFocus().reply()

    def titles(self) -> list[str]:
        """Titles of all top windows."""
        core = self._connection.core
        found = []
        atoms = [core.InternAtom(False, len(n), n).reply().atom for n in ("_NET_WM_NAME", "WM_NAME")]
        pending = [self._setup.root]
        while pending:
            window = pending.pop()
            with contextlib.suppress(xcffib.xproto.WindowError):
                pending += core.QueryTree(window).reply().children.list
                for atom in atoms:
                    value = core.GetProperty(False, window, atom, 0, 0, 1024).reply()
                    if value.value_len:
                        found.append(value.value.buf().decode("utf-8", "replace"))
                        break
        return found

    def title_says(self, word: str) -> bool:
        """True if a viewer's title begins with that state."""
        return any(title.startswith(word) for title in self.titles())


def wait_for(condition: Callable[[], bool], seconds: float = 10.0, what: str = "") -> float:
    """Looks every few milliseconds, for what other processes do; returns the seconds it took."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"{what or 'it'} did not happen within {seconds:g} s")
        threading.Event().wait(0.005)
    return time.monotonic() - started


class Lines:
    """The JSON lines a process prints, as they come."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.lines: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(child.stdout,), daemon=True)
        self._thread.start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            with self._changed:
                self.lines.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, fits: Callable[[dict[str, Any]], bool], seconds: float = 15.0) -> dict[str, Any]:
        """The first line that fits, now or later."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or any(map(fits, self.lines)), seconds)
            for line in self.lines:
                if fits(line):
                    return line
        raise AssertionError(f"no such line within {seconds:g} s; there were {self.lines[-5:]}")

    def last(self) -> dict[str, Any]:
        """The last line, once the process has closed its stdout."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._ended, 30.0)
        return self.lines[-1]


@contextlib.contextmanager
def serve(*words: str) -> Iterator[int]:
    """`radterm serve WORDS` on a free port of loopback; yields the port."""
    command = (*RADTERM, "serve", "--listen", "127.0.0.1:0", "--json", *words)
    with process(*command, stdout=subprocess.PIPE) as child:
        yield Lines(child).wait(lambda line: line.get("event") == "listening")["port"]


@contextlib.contextmanager
def view(port: int, display: str | None, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Lines]]:
    """`radterm view 127.0.0.1:PORT --events --json WORDS` on a display."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    if display is not None:
        environment["DISPLAY"] = display
    command = (*RADTERM, "view", f"127.0.0.1:{port}", "--events", "--json", *words)
    with process(*command, stdout=subprocess.PIPE, env=environment) as child:
        yield child, Lines(child)
