"""`radterm serve`: shares one desktop on one address."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from typing import Any

from radterm.address import Address, parse_address
from radterm.commands.arguments import Subcommands, add_desktop, print_json, say
from radterm.commands.security import add_offer, check_reach, offer_of, security_word
from rfb_ext.errors import UsageError

DEFAULT_LISTEN = "127.0.0.1:5900"


def add(subcommands: Subcommands) -> argparse.ArgumentParser:
    """Adds the subcommand and its options."""
    parser: argparse.ArgumentParser = subcommands.add_parser(
        "serve",
        help="share a desktop",
        description="Shares a desktop. The first line of stdout is the address it listens on.",
        allow_abbrev=False,
    )
    add_desktop(parser, default=None)
    parser.add_argument(
        "--listen", default=DEFAULT_LISTEN, metavar="HOST:PORT", help="port 0: any free one (%(default)s)"
    )
    add_offer(parser)
    parser.add_argument("--until-eof", action="store_true", help="end when stdin ends, as `demo` wants it")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM or Ctrl-C. Raises what run_server and open_desktop raise."""
    security = security_word(arguments)
    address = listen_address(arguments.listen, security)
    check_desktop(arguments)
    offer = offer_of(arguments, address, security)

    from rfb_ext.desktop.table import DesktopOptions, open_desktop
    from rfb_ext.server.listener import run_server
    from rfb_ext.server.log import begin_logging

    options = DesktopOptions(
        display=arguments.display,
        dicom=arguments.dicom,
        heads=arguments.heads,
        size=arguments.size,
        depth=arguments.depth,
    )
    desktop = open_desktop(arguments.desktop, options, lambda: time.monotonic_ns() // 1000)

    def on_listening(host: str, port: int) -> None:
        bound = Address(host, port)
        if arguments.json:
            said = {"host": host, "port": port, "desktop": desktop.name, "security": security}
            if offer.certificate is not None:
                said["fingerprint"] = offer.certificate.fingerprint
            print_json({"v": 1, "event": "listening", **said})
        else:
            print(bound, flush=True)
        say(f"radterm: serving {desktop.name} on {bound}; end with Ctrl-C")
        if offer.certificate is not None:
            say(f"radterm: its key is {offer.certificate.fingerprint} (radterm view --pin)")
        if arguments.until_eof:
            threading.Thread(target=end_with, args=(0,), daemon=True, name="stdin").start()

    def on_ended(report: dict[str, Any]) -> None:
        if arguments.json:
            print_json({"v": 1, "event": "session ended", **report})

    begin_logging(sys.stderr, verbose=arguments.verbose)
    run_server(
        desktop,
        host=address.host,
        port=address.port,
        codec=arguments.codec,
        offer=offer,
        on_listening=on_listening,
        on_ended=on_ended,
    )
    return 0


def listen_address(text: str, security: str) -> Address:
    """Where to listen. Raises UsageError, and PolicyRefused for an address that others could reach
    without TLS."""
    address = parse_address(text, lowest_port=0)
    check_reach(address, security)
    return Address("127.0.0.1", address.port) if address.host.lower() == "localhost" else address


def check_desktop(arguments: argparse.Namespace) -> None:
    """Raises UsageError for options that do not belong to the desktop that was named."""
    for option, desktop in (("display", "x11"), ("dicom", "reading")):
        if getattr(arguments, option) is not None and arguments.desktop != desktop:
            raise UsageError(f"--{option} belongs to --desktop {desktop}, not to {arguments.desktop}")
    if arguments.desktop == "x11" and (arguments.size is not None or arguments.heads != 1):
        raise UsageError("an X display has heads and sizes of its own: leave out --heads and --size")


def end_with(descriptor: int) -> None:
    """Ends this process, as SIGTERM does, once that file has ended. Read unbuffered: a thread that sits in
    sys.stdin when the interpreter ends would take it down."""
    while os.read(descriptor, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
