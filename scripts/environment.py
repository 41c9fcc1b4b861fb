"""Makes `.venv` from the lock, once, and starts a program in it. Standard library only.

    python environment.py -m MODULE [ARGUMENT ...]     ensure, then become that program
    python environment.py                              ensure only

Nothing of the project itself is installed: a .pth file names this tree, and `.venv/bin/radterm` calls
the entry point of setup.cfg. No build step can fail or fetch anything, and a second start has nothing to
look at but the stamp. What the lock names is installed as a whole, tests included, so that what was
tested is what runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "scripts" / "requirements.lock"
FOLDER = Path(os.environ.get("RADTERM_VENV") or ROOT / ".venv")
PYTHON = FOLDER / "bin" / "python"
STAMP = FOLDER / "radterm.stamp"
LOG = FOLDER / "install.log"

BUILD_TOOLS = ("setuptools", "cffi", "pycparser")
"""Installed first: xcffib comes as source only, and is built with these instead of unpinned ones."""

ENTRY = """#!{python}
import sys

from radterm.cli import main

sys.exit(main())
"""


class InstallError(Exception):
    """The environment could not be made."""


def say(text: str) -> None:
    print(f"radterm: {text}", file=sys.stderr, flush=True)


def wanted_stamp() -> str:
    """What `.venv` was made from: the lock, this file, the tree's place, the Python."""
    text = "\n".join((LOCK.read_text(), Path(__file__).read_text(), str(ROOT), sys.version))
    return hashlib.sha256(text.encode()).hexdigest()


def is_ready(stamp: str) -> bool:
    """True if `.venv` was made whole from the same things."""
    try:
        return STAMP.read_text() == stamp
    except FileNotFoundError:
        return False


@contextmanager
def alone() -> Iterator[int]:
    """Waits until no other start is making the same environment. Yields the descriptor that holds the lock:
    pip gets it too, so that a pip whose start was killed keeps the next start waiting."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "radterm.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another start is installing; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def ensure() -> None:
    """Makes `.venv` unless it is ready. Raises InstallError."""
    stamp = wanted_stamp()
    if is_ready(stamp):
        return
    with alone() as lock:
        if not is_ready(stamp):
            make(stamp, lock)


def make(stamp: str, lock: int) -> None:
    """Makes `.venv` from nothing; the stamp is written last, so that a broken one is never used."""
    begin = time.monotonic()
    for old in FOLDER.iterdir():
        if old.name == "radterm.lock":
            continue
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()
    total = len(re.findall(r"^\S+==", LOCK.read_text(), re.MULTILINE))
    say(f"installing {total} packages into {FOLDER.name} with Python {sys.version.split()[0]}, once")
    venv.create(FOLDER, symlinks=True)
    run(["ensurepip", "--default-pip"], lock, total)
    tools = FOLDER / "build-tools.txt"
    tools.write_text("".join(block for block in blocks() if re.split("[= ]", block)[0] in BUILD_TOOLS))
    options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--prefer-binary"]
    options += ["--no-deps", "--require-hashes", "--no-build-isolation"]
    for requirements in (tools, LOCK):
        run(["pip", "install", *options, "-r", str(requirements)], lock, total)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(FOLDER)}))
    (packages / "radterm.pth").write_text(f"{ROOT}\n")
    entry = FOLDER / "bin" / "radterm"
    entry.write_text(ENTRY.format(python=PYTHON))
    entry.chmod(0o755)
    part = STAMP.with_suffix(".part")
    part.write_text(stamp)
    part.replace(STAMP)
    say(f"ready after {time.monotonic() - begin:.0f} s")


def blocks() -> list[str]:
    """The lock's packages, each with its hashes."""
    return re.split(r"^(?=[^\s#])", LOCK.read_text(), flags=re.MULTILINE)[1:]


def run(module: list[str], lock: int, total: int) -> None:
    """Runs a module quietly: what it says goes to the log, and is shown only when it fails. Raises
    InstallError."""
    command = [str(PYTHON), "-I", "-m", *module]
    said: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=(lock,)
    ) as process:
        found = 0
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("Collecting "):
                found += 1
                if sys.stderr.isatty():
                    print(f"\r  fetched {found} of {total} ", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    with open(LOG, "a") as log:
        log.writelines(said)
    if process.returncode:
        sys.stderr.writelines(said[-25:])
        if module[0] == "ensurepip":
            raise InstallError("this Python has no pip to install; on Debian: apt-get install python3-venv")
        raise InstallError(f"pip failed; check the network and start again (all it said: {LOG})")


def main(arguments: list[str]) -> int:
    try:
        ensure()
    except InstallError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next start begins again")
        return 130
    except OSError as error:
        say(f"{FOLDER} cannot be made: {error}")
        return 1
    if arguments:
        os.execv(PYTHON, [str(PYTHON), "-P", *arguments])  # noqa: S606 - the program replaces this one
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
