"""The server that `radterm demo` starts: found, and never left behind."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest

from radterm import cli
from radterm.address import Address
from radterm.commands import demo
from rfb_ext.errors import PeerTimeout

LISTENS = """
import json, os, sys
with open(sys.argv[1], "w") as file:
    file.write(str(os.getpid()))
print(json.dumps({"v": 1, "event": "listening", "host": "127.0.0.1", "port": 4711}), flush=True)
"""
WAITS = LISTENS + "sys.stdin.read()\n"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LISTENS + "signal.pause()\n"


def child(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def fail_while_served(file: Path, code: str) -> None:
    """A view that goes wrong; meanwhile the server runs."""
    with demo.served([str(file)], command=child(code)) as address:
        assert address == Address("127.0.0.1", 4711)
        assert is_alive(int(file.read_text()))
        raise ZeroDivisionError


@pytest.mark.parametrize("code", [WAITS, STUBBORN], ids=["kind", "stubborn"])
def test_the_server_ends_with_the_view(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "END_SECONDS", 0.5)
    with pytest.raises(ZeroDivisionError):
        fail_while_served(tmp_path / "pid", code)
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_a_server_that_says_nothing() -> None:
    with (
        pytest.raises(PeerTimeout),
        demo.served([], command=child("import sys; sys.stdin.read()"), start_seconds=0.3),
    ):
        pytest.fail("nothing listens")


def test_a_server_that_ends_hands_on_its_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    words = ["serve", "--desktop", "testcard", "--listen", "10.0.0.1:1"]
    with pytest.raises(demo.ServerEnded) as ended, demo.served(words):
        pytest.fail("nothing listens")
    assert ended.value.exit_code == 4
    assert "--security none" in capfd.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "--desktop x11 --display :7 --codec planes",
        "--desktop testcard --heads 3 --size 640x480 --depth 10 --verbose",
        "--dicom=-odd",
        "",
    ],
)
def test_the_server_gets_what_the_demo_was_told(line: str) -> None:
    parser = cli.build_parser()
    asked = parser.parse_args(["demo", *line.split()])
    words = demo.server_arguments(asked)
    got: argparse.Namespace = parser.parse_args(words)
    for name in ("desktop", "display", "dicom", "heads", "size", "depth", "codec", "verbose"):
        assert getattr(got, name) == getattr(asked, name), name
    assert (got.listen, got.json, got.until_eof) == ("127.0.0.1:0", True, True)
