"""`radterm passwd`: sets a user's password in a password file of `radterm serve`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from radterm.commands.arguments import Subcommands, say
from rfb_ext.errors import UsageError

MAX_LINE = 4096


def add(subcommands: Subcommands) -> argparse.ArgumentParser:
    """Adds the subcommand and its options."""
    parser: argparse.ArgumentParser = subcommands.add_parser(
        "passwd",
        help="set a user's password for serve",
        description="Sets a user's password in a password file (made with mode 0600 if there is none). The "
        "password is asked for, or is the first line of stdin.",
        allow_abbrev=False,
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("user", metavar="USER")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Asks, derives, writes. Raises UsageError and ConfigError."""
    from rfb_ext.security.password_file import check_user, set_password

    check_user(arguments.user)
    new = set_password(arguments.file, arguments.user, _password().encode())
    say(f"radterm: {arguments.user} {'may come in now' if new else 'has a new password'} ({arguments.file})")
    return 0


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline(MAX_LINE).rstrip("\r\n")

    import getpass

    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise UsageError("the two passwords are not the same; nothing was changed")
    return password
