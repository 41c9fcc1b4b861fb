"""X servers for tests: Xvfb, Xorg with the dummy driver, Xtigervnc, each on a free display of its own.

Each is a child of the test, known by its process and ended by it, stopped or not, whatever the test did.
`needs` marks a test with the programs of a kind: a missing one is named, and a failure in CI.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit import programs

PROGRAMS = {
    "Xvfb": ("Xvfb",),
    "Xorg": ("Xorg", "dummy_drv.so"),
    "Xtigervnc": ("Xtigervnc",),
}
START_SECONDS = 20.0
END_SECONDS = 5.0

XORG_CONF = """
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "AutoEnableDevices" "false"
    Option "DontVTSwitch" "true"
    Option "AllowMouseOpenFail" "true"
EndSection
Section "Device"
    Identifier "dummy"
    Driver "dummy"
    VideoRam 256000
EndSection
Section "Monitor"
    Identifier "monitor"
    HorizSync 1-1000
    VertRefresh 1-1000
    Modeline "{mode}" 100 {w} {w1} {w2} {w3} {h} {h1} {h2} {h3}
EndSection
Section "Screen"
    Identifier "screen"
    Device "dummy"
    Monitor "monitor"
    DefaultDepth {depth}
    SubSection "Display"
        Depth {depth}
        Modes "{mode}"
        Virtual {w} {h}
    EndSubSection
EndSection
"""


@dataclass(frozen=True, slots=True)
class XServer:
    """A running X server: its display's name and its process."""

    display: str
    process: subprocess.Popen[bytes]

    def hang(self) -> None:
        """It stops in the middle of whatever it does."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def needs(*kinds: str) -> pytest.MarkDecorator:
    """The mark of a test that starts these kinds of X servers."""
    return pytest.mark.needs(*(name for kind in kinds for name in PROGRAMS[kind]))


@contextlib.contextmanager
def x_server(
    kind: str = "Xvfb", width: int = 640, height: int = 480, depth: int = 24, *more: str
) -> Iterator[XServer]:
    """Starts one of PROGRAMS, waits until it takes connections, ends it behind the test. `more`: words."""
    with tempfile.TemporaryDirectory(prefix="xserver") as folder:
        read, write = os.pipe()
        log = Path(folder, "said")
        words = [programs.path(kind), "-displayfd", str(write), "-noreset", "-nolisten", "tcp"]
        words += [*_arguments(kind, width, height, depth, Path(folder)), *more]
        with log.open("wb") as said:
            process = subprocess.Popen(
                words, pass_fds=(write,), stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=folder
            )
        os.close(write)
        try:
            yield XServer(f":{_display_number(read, process, log)}", process)
        finally:
            os.close(read)
            _end(process)


def _arguments(kind: str, width: int, height: int, depth: int, folder: Path) -> list[str]:
    if kind == "Xvfb":
        return ["-screen", "0", f"{width}x{height}x{depth}"]
    if kind == "Xtigervnc":
        return ["-geometry", f"{width}x{height}", "-depth", str(depth), "-SecurityTypes", "None",
                "-rfbport", "-1", "-rfbunixpath", str(folder / "rfb")]  # fmt: skip
    sides = {
        "mode": f"{width}x{height}", "depth": depth,
        "w": width, "w1": width + 8, "w2": width + 16, "w3": width + 32,
        "h": height, "h1": height + 3, "h2": height + 6, "h3": height + 12,
    }  # fmt: skip
    conf = folder / "xorg.conf"
    conf.write_text(XORG_CONF.format(**sides))
    return ["-config", str(conf), "-logfile", str(folder / "log"), "-novtswitch", "-sharevts"]


def _display_number(read: int, process: subprocess.Popen[bytes], log: Path) -> int:
    ready, _, _ = select.select([read], [], [], START_SECONDS)
    line = os.read(read, 64).strip() if ready else b""
    if not line:
        process.kill()
        process.wait()
        raise AssertionError(f"{process.args[0]} did not start: {log.read_text(errors='replace')[-2000:]}")
    return int(line)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
