"""`radterm --version`: the version, and with --verbose what it stands on and which codecs work here."""

from __future__ import annotations

import argparse
import platform
from typing import Any

from radterm.commands.arguments import print_json
from rfb_ext import __version__

FOUNDATIONS = ("av", "imagecodecs", "numpy", "PySDL2", "pysdl2-dll", "pydicom", "Twisted", "xcffib", "xxhash")


def run(arguments: argparse.Namespace) -> int:
    """Prints the version. Exit code 31 if --verbose finds a codec that fails its own test."""
    if not arguments.verbose:
        if arguments.json:
            print_json({"version": __version__})
        else:
            print(f"radterm {__version__}")
        return 0
    from rfb_ext.errors import CodecError

    result = collect()
    if arguments.json:
        print_json(result)
    else:
        _print_words(result)
    return 0 if all(codec["ok"] for codec in result["codecs"]) else CodecError.exit_code


def collect() -> dict[str, Any]:
    """Versions of what radterm stands on, and each codec's self-test on this machine."""
    from importlib import metadata

    from rfb_ext.codecs.registry import self_test_report

    return {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "foundations": {name: metadata.version(name) for name in FOUNDATIONS},
        "codecs": [
            {"name": name, "ok": ok, "sentence": sentence} for name, ok, sentence in self_test_report()
        ],
    }


def _print_words(result: dict[str, Any]) -> None:
    print(f"radterm {result['version']}")
    print(f"Python {result['python']} on {result['system']}")
    for name, version in result["foundations"].items():
        print(f"  {name} {version}")
    print("codecs")
    for codec in result["codecs"]:
        print(f"  {codec['name']}: {'works' if codec['ok'] else 'FAILS, not offered'}. {codec['sentence']}")
