"""`radterm demo`: serves a desktop on loopback in a child process and views it in this one."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from radterm.address import Address
from radterm.commands.arguments import Subcommands, add_desktop, add_viewing
from radterm.commands.serve import check_desktop
from radterm.commands.view import Viewing, show
from rfb_ext.errors import PeerTimeout, RadtermError

if TYPE_CHECKING:
    from subprocess import Popen

START_SECONDS = 30.0
END_SECONDS = 5.0
MAX_LINE = 4096


class ServerEnded(RadtermError):
    """The demo's server ended before it served anything; its own sentence stands above."""

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code if exit_code > 0 else RadtermError.exit_code


def add(subcommands: Subcommands) -> argparse.ArgumentParser:
    """Adds the subcommand and its options."""
    parser: argparse.ArgumentParser = subcommands.add_parser(
        "demo",
        help="serve a desktop on this machine and view it",
        description="Serves a desktop on loopback and views it. Demo, not a medical device.",
        allow_abbrev=False,
    )
    add_desktop(parser, default="reading")
    add_viewing(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Views until the end; the server never outlives it. Raises what view raises, and what served does."""
    check_desktop(arguments)
    with served(server_arguments(arguments)) as address:
        return show(
            Viewing(
                address=address,
                fullscreen=arguments.fullscreen,
                view_only=arguments.view_only,
                headless=arguments.headless,
                seconds=arguments.seconds,
                json=arguments.json,
                events=arguments.events,
            )
        )


def server_arguments(arguments: argparse.Namespace) -> list[str]:
    """The command line of `serve` for these arguments of `demo`."""
    words = ["serve", "--desktop", arguments.desktop, "--listen", "127.0.0.1:0", "--json", "--until-eof"]
    if arguments.desktop != "x11":
        words += ["--heads", str(arguments.heads)]
    words += ["--depth", str(arguments.depth)]
    for option in ("display", "dicom", "codec"):
        if getattr(arguments, option) is not None:
            words.append(f"--{option}={getattr(arguments, option)}")
    if arguments.size is not None:
        words += ["--size", "{}x{}".format(*arguments.size)]
    if arguments.verbose:
        words.append("--verbose")
    return words


@contextmanager
def served(
    words: Sequence[str],
    *,
    command: Sequence[str] = (sys.executable, "-P", "-m", "radterm"),
    start_seconds: float = START_SECONDS,
) -> Iterator[Address]:
    """A child process `COMMAND WORDS`; yields the address on its first line and ends it in any case.

    It holds our end of its stdin, so that it ends even if this process is killed. Raises ServerEnded if it
    ends before it listens, PeerTimeout if it does not within `start_seconds`.
    """
    import subprocess

    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    child = subprocess.Popen(
        [*command, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,  # Ctrl-C is ours to pass on
    )
    try:
        yield _listening(child, start_seconds)
    finally:
        _end(child)


def _listening(child: Popen[bytes], start_seconds: float) -> Address:
    """Reads the child's first line, with a time limit."""
    import threading

    if child.stdout is None:
        raise ServerEnded(child.wait())
    lines: list[bytes] = []

    def read(stream: IO[bytes]) -> None:
        lines.append(stream.readline(MAX_LINE))

    reader = threading.Thread(target=read, args=(child.stdout,), daemon=True, name="server line")
    reader.start()
    reader.join(start_seconds)
    if reader.is_alive():
        raise PeerTimeout(f"the demo's server did not listen within {start_seconds:g} s")
    if not lines[0]:
        raise ServerEnded(child.wait(END_SECONDS))
    said = json.loads(lines[0])
    return Address(said["host"], said["port"])


def _end(child: Popen[bytes]) -> None:
    """Ends the child: kindly, then not; waits for it and closes its pipes."""
    import subprocess

    child.terminate()
    try:
        child.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
