"""What several subcommands read the same way: bounded numbers, sizes, and how results are written."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from rfb_ext.wire.numbers import MAX_SCREENS, MAX_SIDE

Subcommands = Any
"""What argparse's add_subparsers returns; it has no public name."""

MAX_SECONDS = 86400.0
DESKTOPS = ("testcard", "reading", "x11")


def seconds(text: str) -> float:
    """A time from more than 0 to MAX_SECONDS."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write seconds, at most {MAX_SECONDS:.0f}")
    return value


def heads(text: str) -> int:
    """A number of monitors from 1 to MAX_SCREENS."""
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MAX_SCREENS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of heads from 1 to {MAX_SCREENS}")
    return int(text)


def size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT in pixels, each from 16 to MAX_SIDE."""
    sides = [int(side) for side in text.split("x") if side.isascii() and side.isdigit() and len(side) < 6]
    if len(sides) != 2 or text.count("x") != 1 or not all(16 <= side <= MAX_SIDE for side in sides):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size: write WIDTHxHEIGHT, each side from 16 to {MAX_SIDE}"
        )
    return sides[0], sides[1]


def add_desktop(parser: argparse.ArgumentParser, default: str | None) -> None:
    """The options that choose what is shared; `serve` and `demo` have them all."""
    parser.add_argument(
        "--desktop",
        choices=DESKTOPS,
        default=default,
        required=default is None,
        help="what is shared: a test picture, the built-in DICOM reading room, or an X display",
    )
    parser.add_argument("--display", metavar=":N", help="the X display to share (x11)")
    parser.add_argument("--dicom", type=Path, metavar="DIR", help="a folder of DICOM images (reading)")
    parser.add_argument("--heads", type=heads, default=1, metavar="N", help="how many monitors")
    parser.add_argument("--size", type=size, metavar="WxH", help="size of each monitor in pixels")
    parser.add_argument("--depth", type=int, choices=(8, 10), default=8, help="bits a colour channel")
    parser.add_argument("--codec", metavar="NAME", help="use this codec for everything")


def add_viewing(parser: argparse.ArgumentParser) -> None:
    """The options of a viewer; `view` and `demo` have them all."""
    parser.add_argument("--fullscreen", action="store_true", help="one full screen window for each head")
    parser.add_argument("--view-only", action="store_true", help="send no keys and no pointer")
    parser.add_argument("--headless", action="store_true", help="decode and verify without a window")
    parser.add_argument("--seconds", type=seconds, metavar="N", help="end after this time")
    parser.add_argument("--events", action="store_true", help="one JSON object a line while it runs")


def print_json(result: dict[str, Any]) -> None:
    """One JSON object on one line of stdout, at once."""
    print(json.dumps(result, separators=(",", ":"), allow_nan=False), flush=True)


def say(sentence: str) -> None:
    """A sentence for people, on stderr."""
    print(sentence, file=sys.stderr, flush=True)
