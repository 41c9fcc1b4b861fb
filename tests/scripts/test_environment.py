"""What scripts/ promise to a fresh machine, without making an environment."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """scripts/environment.py with a folder of its own."""
    monkeypatch.setenv("RADTERM_VENV", str(tmp_path / "venv"))
    spec = importlib.util.spec_from_file_location("environment", SCRIPTS / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["run", "test", "check", "fuzz", "lock", "in-venv"])
def test_scripts_can_be_run_by_any_sh(name: str) -> None:
    assert os.access(SCRIPTS / name, os.X_OK)
    assert (SCRIPTS / name).read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", SCRIPTS / name], check=True)


def test_an_environment_that_is_ready_starts_within_a_second(environment: ModuleType) -> None:
    """What scripts/run adds to radterm's own start: a look at the stamp. Best of three."""
    (environment.FOLDER / "bin").mkdir(parents=True)
    environment.PYTHON.symlink_to(Path(sys.executable).resolve())
    environment.STAMP.write_text(environment.wanted_stamp())
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        done = subprocess.run(
            [SCRIPTS / "run", "--help"], env=variables, capture_output=True, text=True, check=True
        )
        taken.append(time.perf_counter() - begin)
        assert done.stdout.startswith("usage: radterm demo")
        assert done.stderr == ""
    assert min(taken) < 1.0


@pytest.mark.parametrize("changed", ["LOCK", "ROOT"])
def test_another_lock_or_place_makes_it_anew(environment: ModuleType, changed: str, tmp_path: Path) -> None:
    environment.FOLDER.mkdir()
    environment.STAMP.write_text(environment.wanted_stamp())
    assert environment.is_ready(environment.wanted_stamp())
    other = tmp_path / "other"
    shutil.copy(environment.LOCK, other)
    with other.open("a") as file:
        file.write("# changed\n")
    setattr(environment, changed, other)
    assert not environment.is_ready(environment.wanted_stamp())


STARTS = """
import sys
sys.path.insert(0, sys.argv[1])
import environment, pathlib

def make(stamp, lock):
    with open(environment.FOLDER / "made", "a") as made:
        made.write("x")
    sys.stdin.readline()  # the test lets it go on once all have started
    environment.STAMP.write_text(stamp)

environment.make = make
print("starting", flush=True)
environment.ensure()
"""


def test_starts_at_once_make_it_once(environment: ModuleType) -> None:
    starts = [
        subprocess.Popen(
            [sys.executable, "-B", "-c", STARTS, SCRIPTS],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    try:
        for start in starts:
            assert start.stdout is not None
            assert start.stdout.readline() == "starting\n"
        for start in starts:
            assert start.stdin is not None
            start.stdin.write("go on\n")
            start.stdin.close()
            start.stdin = None
        said = [start.communicate(timeout=20)[1] for start in starts]
    finally:
        for start in starts:
            start.kill()
            start.wait()
    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert (environment.FOLDER / "made").read_text() == "x"


def test_what_was_left_half_made_is_not_used(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip fails: its words are shown, no stamp is written, and the next start begins from nothing."""
    environment.FOLDER.mkdir()
    (environment.FOLDER / "left over").mkdir()
    monkeypatch.setattr(environment.venv, "create", lambda *_, **__: (environment.FOLDER / "bin").mkdir())
    monkeypatch.setattr(environment, "PYTHON", shutil.which("false"))
    assert environment.main(["-m", "radterm"]) == 1
    assert not environment.STAMP.exists()
    assert not (environment.FOLDER / "left over").exists()


def test_too_old_a_python_is_told_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [SCRIPTS / "run"],
        env={"PATH": os.environ["PATH"], "RADTERM_PYTHON": "false", "RADTERM_VENV": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert "install one" in done.stderr
