"""setup.cfg, the lock, and what a wheel holds."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import rfb_ext

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "scripts" / "requirements.lock").read_text()


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg")
    return parser


def wanted() -> list[Requirement]:
    """Every requirement of setup.cfg, extras included."""
    cfg = setup_cfg()
    texts = [cfg["options"]["install_requires"], *cfg["options.extras_require"].values()]
    return [Requirement(line) for text in texts for line in text.splitlines() if line]


def locked() -> list[Requirement]:
    """Every pin of the lock, with its marker."""
    return [Requirement(line.rstrip("\\ ")) for line in LOCK.splitlines() if re.match(r"\S+==", line)]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_holds_what_setup_cfg_wants(python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": "linux"}
    pins: dict[str, str] = {}
    for pin in locked():
        if pin.marker is None or pin.marker.evaluate(environment):
            assert canonicalize_name(pin.name) not in pins, f"{pin.name} is pinned twice"
            pins[canonicalize_name(pin.name)] = str(pin.specifier).removeprefix("==")
    for requirement in wanted():
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_every_pin_has_hashes_and_nothing_says_from_where() -> None:
    for block in re.split(r"^(?=\S+==)", LOCK, flags=re.MULTILINE)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]
    assert "://" not in LOCK
    assert not re.search(r"^\s*--(?!hash)|@ | /|\.whl", LOCK, re.MULTILINE)


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    """Built offline from a copy: both packages, the protocol's text, types, the command; no tests."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    (tree / "README.md").write_text("radterm")
    for package in ("radterm", "rfb_ext"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-c", "from setuptools.build_meta import build_wheel; build_wheel('..')"],
        cwd=tree, check=True, capture_output=True,
    )  # fmt: skip
    (file,) = tmp_path.glob("*.whl")
    assert file.name == f"radterm-{rfb_ext.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(file) as wheel:
        names = set(wheel.namelist())
        info = f"radterm-{rfb_ext.__version__}.dist-info"
        assert b"radterm = radterm.cli:main" in wheel.read(f"{info}/entry_points.txt")
        assert b"License: Apache-2.0" in wheel.read(f"{info}/METADATA")
        assert any(name.startswith(info) and name.endswith("LICENSE") for name in names)
    assert {"rfb_ext/wire/PROTOCOL.md", "rfb_ext/py.typed", "radterm/py.typed", "radterm/cli.py"} <= names
    sources = {
        str(path.relative_to(ROOT)) for p in ("radterm", "rfb_ext") for path in (ROOT / p).rglob("*.py")
    }
    assert sources == {name for name in names if name.endswith(".py")}
