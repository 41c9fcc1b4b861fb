"""Nothing is left out unseen: tests/conftest.py and tests/kit/programs.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import programs

ROOT = Path(__file__).resolve().parent.parent

TESTS = """
import pytest

@pytest.mark.needs("Xvfb")
def test_with_a_program():
    pass

@pytest.mark.skip(reason="no time")
def test_skipped():
    pass

@pytest.mark.xfail
def test_known_to_fail():
    raise ValueError

def test_plain():
    pass
"""

WHOLE_FILE = "import pytest; pytest.skip('not today', allow_module_level=True)"


def run_pytest(folder: Path, ci: str) -> str:
    """What pytest says of the tests above with this project's conftest and no program in PATH."""
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    environment = {"PATH": str(folder), "PYTHONPATH": str(ROOT), "CI": ci, "HOME": os.environ.get("HOME", "")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "-c", ROOT / "setup.cfg",
         "--rootdir", folder, folder],
        env=environment, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip


def test_a_missing_program_fails_in_ci(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    said = run_pytest(tmp_path, "true")
    assert "1 passed, 1 xfailed, 2 errors" in said
    assert "needs Xvfb (xvfb)" in said
    assert "no time" in said


def test_it_is_named_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    said = run_pytest(tmp_path, "")
    assert "1 passed, 2 skipped, 1 xfailed" in said
    assert "needs Xvfb (xvfb)" in said


@pytest.mark.parametrize(("ci", "closing"), [("true", "1 error"), ("", "1 skipped")])
def test_a_whole_file_is_no_exception(ci: str, closing: str, tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(WHOLE_FILE)
    said = run_pytest(tmp_path, ci)
    assert closing in said.splitlines()[-1]
    assert "not today" in said


def test_every_program_is_known_once() -> None:
    names = [program.name for program in programs.PROGRAMS]
    assert len(names) == len(set(names))
    assert all(program.package and program.purpose for program in programs.PROGRAMS)


def test_a_program_that_is_not_listed_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        programs.missing(("no-such-program",))


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_missing_programs_are_named(
    ci: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.main([]) == code
    assert "xdotool is missing (Debian package xdotool)" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError, match="xdotool"):
        programs.path("xdotool")


def test_only_what_is_missing_is_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A made-up apt-get writes down what it was asked for."""
    said = tmp_path / "said"
    apt_get = tmp_path / "apt-get"
    apt_get.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >>"{said}"\n')
    apt_get.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.install([programs.find("xeyes"), programs.find("xwd"), programs.find("xterm")])
    update, install = said.read_text().splitlines()
    assert update.startswith("noninteractive")
    assert update.endswith(" update")
    assert install.endswith(" install --no-install-recommends x11-apps xterm")
    assert "x11-apps xterm" in capsys.readouterr().err
