"""The command `radterm`: reads the arguments and calls one subcommand. Imports nothing heavy.

Data goes to stdout, words for people to stderr. Each subcommand is a module of radterm.commands with
`add(subcommands)` and `run(arguments) -> exit code`.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Never

from radterm.commands import demo, launcher, passwd, probe, serve, version, view
from rfb_ext.errors import RadtermError, UsageError

INTERRUPTED = 130
STDOUT_CLOSED = 141

EPILOG = """exit codes: 0 done, 1 unexpected, 2 wrong arguments, 4 refused by policy, 5 not found,
7 wrong settings, 10 unreachable, 11 certificate, 12 timeout, 13 cannot listen, 20 protocol, 21 screen lost,
30 viewer, 31 codec, 32 not exact, 130 interrupted"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are our own: one sentence, no usage text before it."""

    def error(self, message: str) -> Never:
        raise UsageError(f"{message}; see {self.prog} --help")


def build_parser() -> Parser:
    """The whole command line."""
    parser = Parser(
        prog="radterm",
        description="Lossless remote desktop for radiology. Without a command: the launcher.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version; more with --verbose")
    _add_common(parser, default=False)
    parser.set_defaults(run=None)
    subcommands = parser.add_subparsers(metavar="COMMAND")
    for command in (demo, serve, view, probe, passwd):
        subparser = command.add(subcommands)
        _add_common(subparser, default=argparse.SUPPRESS)
        subparser.set_defaults(run=command.run)
    return parser


def _add_common(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument("--json", action="store_true", default=default, help="the result as one JSON object")
    parser.add_argument("--verbose", action="store_true", default=default, help="say more, with tracebacks")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line (None: that of this process) and returns the exit code.

    An error of ours becomes one sentence on stderr and the exit code of its cause.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    verbose = "--verbose" in words
    if arguments is None and not verbose:
        sys.excepthook = _say_unexpected
    try:
        parsed = build_parser().parse_args(words)
        if parsed.version:
            return version.run(parsed)
        if parsed.run is None:
            return launcher.run(parsed)
        code: int = parsed.run(parsed)
        sys.stdout.flush()
        return code
    except RadtermError as error:
        if verbose:
            traceback.print_exc()
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # who read us has gone; without this the interpreter would complain once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return STDOUT_CLOSED


def _say(sentence: str) -> None:
    print(f"radterm: {' '.join(sentence.split())}", file=sys.stderr, flush=True)


def _say_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """sys.excepthook: a fault of ours in one sentence; the process ends with code 1."""
    _say(f"unexpected {kind.__name__}: {error}; run again with --verbose and report the last lines")
