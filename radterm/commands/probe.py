"""`radterm probe`: what an independent client sees of a desktop."""

from __future__ import annotations

import argparse
from pathlib import Path

from radterm.address import parse_address
from radterm.commands.arguments import Subcommands, print_json, say, seconds
from rfb_ext.errors import NotFoundError


def add(subcommands: Subcommands) -> argparse.ArgumentParser:
    """Adds the subcommand and its options."""
    parser: argparse.ArgumentParser = subcommands.add_parser(
        "probe",
        help="capture a desktop with an independent client",
        description="Captures a desktop once with vncdotool, which shares no code with radterm, and prints "
        "its size and the SHA-256 of its pixels (RGB, 8 bits each, row by row).",
        allow_abbrev=False,
    )
    parser.add_argument("address", metavar="HOST:PORT")
    parser.add_argument("--save", type=Path, metavar="FILE.png", help="write the picture there")
    parser.add_argument("--timeout", type=seconds, default=10.0, metavar="N", help="seconds (%(default)g)")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Captures and reports. Raises what witness.capture raises, NotFoundError for a --save that cannot be
    written."""
    address = parse_address(arguments.address)

    import hashlib

    from radterm.client import witness

    try:
        pixels = witness.capture(address.host, address.port, arguments.timeout)
    finally:
        witness.stop()
    height, width, _ = pixels.shape
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    if arguments.save is not None:
        from PIL import Image

        try:
            Image.fromarray(pixels).save(arguments.save, format="PNG")
        except OSError as error:
            raise NotFoundError(f"{arguments.save} cannot be written: {error.strerror or error}") from error
        say(f"radterm: saved {arguments.save}")
    if arguments.json:
        print_json({"address": str(address), "width": width, "height": height, "sha256": digest})
    else:
        print(f"{width}x{height} sha256 {digest}")
    return 0
