"""`radterm` without a command: the launcher."""

from __future__ import annotations

import argparse
import sys

from radterm import paths
from rfb_ext.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Opens the launcher in this terminal. Raises UsageError where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("no command was given, and the launcher needs a terminal; see radterm --help")

    from radterm.profiles.load import load_folder
    from radterm.spawn.viewer import ViewerProcess
    from radterm.tui.app import Launcher

    folder = paths.config() / "sessions"
    launcher = Launcher(load_folder(folder), folder, lambda entry: ViewerProcess(entry.words, entry.session))
    code = launcher.run()
    return 0 if code is None else code
