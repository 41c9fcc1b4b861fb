"""`radterm view`: shows one session; with --headless it decodes and verifies without a window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from radterm.address import Address, parse_address
from radterm.commands.arguments import Subcommands, add_viewing, print_json, say
from radterm.commands.security import add_trust, trust_of

if TYPE_CHECKING:
    from rfb_ext.security.credentials import Credentials
    from rfb_ext.security.trust import Trust

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Viewing:
    """What to view and how. `seconds` None: until it is closed. `trust`, `credentials`: see open_session."""

    address: Address
    fullscreen: bool = False
    view_only: bool = False
    headless: bool = False
    seconds: float | None = None
    json: bool = False
    events: bool = False
    trust: Trust | None = None
    credentials: Credentials | None = None


def add(subcommands: Subcommands) -> argparse.ArgumentParser:
    """Adds the subcommand and its options."""
    parser: argparse.ArgumentParser = subcommands.add_parser(
        "view",
        help="view a shared desktop",
        description="Views a shared desktop. Exit code 32 when it ends not proven exact.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "address",
        metavar="HOST:PORT",
        help="where it is served; - reads the session as one JSON object from stdin",
    )
    add_viewing(parser)
    add_trust(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Views until the end. Raises what open_session and the viewer raise."""
    return show(viewing_of(arguments))


def viewing_of(arguments: argparse.Namespace) -> Viewing:
    """The arguments, and for - the session on stdin; a flag counts wherever it stands. Raises UsageError
    and ConfigError."""
    text, fullscreen, view_only = arguments.address, arguments.fullscreen, arguments.view_only
    ca, pin, first_use = arguments.ca, arguments.pin, arguments.trust_on_first_use
    credentials = None
    if text == STDIN:
        from radterm.spawn.view_session import read_session

        session = read_session(sys.stdin.buffer)
        text = session.address
        fullscreen, view_only = fullscreen or session.fullscreen, view_only or session.view_only
        ca = Path(session.ca) if ca is None and session.ca is not None else ca
        pin, first_use = pin or session.pin, first_use or session.trust_on_first_use
        credentials = session.credentials()
    return Viewing(
        address=parse_address(text),
        fullscreen=fullscreen,
        view_only=view_only,
        headless=arguments.headless,
        seconds=arguments.seconds,
        json=arguments.json,
        events=arguments.events,
        trust=trust_of(ca, pin, first_use),
        credentials=credentials,
    )


def show(viewing: Viewing) -> int:
    """Connects, shows until the end, and prints the session's report. Returns the viewer's exit code.

    Raises what open_session and the viewer raise.
    """
    from radterm.client.base import Session, SessionListener
    from radterm.client.connect import open_session
    from radterm.viewer.options import ViewerOptions

    if viewing.headless:
        from radterm.viewer.headless import run_headless as run_viewer
    else:
        from radterm.viewer.process import run_viewer

    sessions: list[Session] = []

    def connect(listener: SessionListener) -> Session:
        session = open_session(
            viewing.address.host,
            viewing.address.port,
            listener,
            trust=viewing.trust,
            credentials=viewing.credentials,
        )
        sessions.append(session)
        return session

    options = ViewerOptions(
        fullscreen=viewing.fullscreen,
        view_only=viewing.view_only,
        seconds=viewing.seconds,
        events=viewing.events,
    )
    code: int = run_viewer(connect, options)
    if not sessions:
        return code
    report = sessions[-1].report()
    if viewing.json:
        print_json(report)
    else:
        say(summary(report))
    return code


def summary(report: Mapping[str, Any]) -> str:
    """The report in one sentence."""
    word = "exact" if report["exact"] else "NOT EXACT"
    return (
        f"radterm: {word} at the end; {report['updates']} updates, {report['rectangles']} rectangles, "
        f"{report['mismatches']} mismatches, {report['decode_errors']} decode errors, "
        f"{report['resyncs']} resyncs, {report['unverified_pixels']} pixels unverified"
    )
