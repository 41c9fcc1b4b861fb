"""The programs that tests start, where they come from, and how to find them. Standard library only.

    python -m tests.kit.programs            names what is missing
    python -m tests.kit.programs install    as root on Debian installs it first

With CI=true the exit code is 1 if anything is missing in the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

DRIVERS = (Path("/usr/lib/xorg/modules/drivers"), Path("/usr/lib64/xorg/modules/drivers"))


@dataclass(frozen=True, slots=True)
class Program:
    """A program (or X driver, `name` ending in _drv.so), its Debian package, and what is tested with it."""

    name: str
    package: str
    purpose: str

    @property
    def path(self) -> str | None:
        """Where it is, None if it is not installed."""
        if self.name.endswith("_drv.so"):
            return next((str(place / self.name) for place in DRIVERS if (place / self.name).is_file()), None)
        return shutil.which(self.name)


PROGRAMS = (
    Program("Xvfb", "xvfb", "X desktops in memory, depth 24 and 30"),
    Program("Xorg", "xserver-xorg-core", "a real X server without a screen"),
    Program("dummy_drv.so", "xserver-xorg-video-dummy", "the driver of that server"),
    Program("Xtigervnc", "tigervnc-standalone-server", "another server to view"),
    Program("xtigervncviewer", "tigervnc-viewer", "another viewer of our server"),
    Program("xdotool", "xdotool", "keys, pointer and window titles"),
    Program("xeyes", "x11-apps", "windows that draw shapes"),
    Program("xwd", "x11-apps", "a second reader of the screen"),
    Program("xwininfo", "x11-utils", "windows as the X server knows them"),
    Program("xev", "x11-utils", "clicks as a program sees them"),
    Program("xprop", "x11-utils", "window titles"),
    Program("xrandr", "x11-xserver-utils", "other layouts"),
    Program("xsetroot", "x11-xserver-utils", "a plain desktop"),
    Program("aeskulap", "aeskulap", "a DICOM viewer as the shared program"),
    Program("tmux", "tmux", "the launcher in a terminal"),
    Program("xterm", "xterm", "typing that reaches a program"),
)


def find(name: str) -> Program:
    """The program of that name. Raises KeyError if this list does not have it: add it here first."""
    return {program.name: program for program in PROGRAMS}[name]


def missing(names: tuple[str, ...] | None = None) -> list[Program]:
    """Those of `names` (None: all) that are not installed."""
    chosen = PROGRAMS if names is None else tuple(find(name) for name in names)
    return [program for program in chosen if program.path is None]


def path(name: str) -> str:
    """Where a program is. Raises FileNotFoundError; a test that may run without it says
    `@pytest.mark.needs(name)` and never comes here."""
    program = find(name)
    if program.path is None:
        raise FileNotFoundError(f"{name} is not installed (Debian package {program.package})")
    return program.path


def may_install() -> bool:
    """True for root on a Debian system."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def install(programs: list[Program]) -> bool:
    """Installs the packages of `programs` with apt-get, quietly; shows what it said if it fails."""
    packages = sorted({program.package for program in programs})
    print(f"radterm: installing for the tests: {' '.join(packages)}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt_get = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-q", "-y"]
    for command in (["update"], ["install", "--no-install-recommends", *packages]):
        done = subprocess.run(
            apt_get + command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.stderr.writelines(done.stdout.splitlines(keepends=True)[-25:])
            return False
    return True


def main(arguments: list[str]) -> int:
    """The command line of this module."""
    absent = missing()
    if absent and arguments == ["install"] and may_install():
        install(absent)
        absent = missing()
    for program in absent:
        print(
            f"radterm: {program.name} is missing (Debian package {program.package}): "
            f"not tested without it: {program.purpose}",
            file=sys.stderr,
        )
    return 1 if absent and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
