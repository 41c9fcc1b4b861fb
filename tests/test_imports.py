"""Who may know whom: each pure room in a fresh interpreter, the contracts of setup.cfg, the top level."""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

HEAVY = {
    "PIL", "av", "cryptography", "imagecodecs", "numpy", "platformdirs", "pydantic", "pydicom", "sdl2",
    "textual", "twisted", "vncdotool", "xcffib", "xxhash",
}  # fmt: skip

TOP_LEVEL = {
    ".ci", ".gitignore", ".ruff.toml", "LICENSE", "README.md", "configs", "pyproject.toml", "radterm",
    "rfb_ext", "scripts", "setup.cfg", "tests",
}  # fmt: skip


def packages_after(code: str) -> set[str]:
    """Top-level names in sys.modules of a fresh interpreter that ran `code`."""
    end = "\nimport json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", code + end], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def modules_of(folder: str) -> str:
    """Code that imports every module below `folder`."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name != "__main__.py"
    ]
    assert names
    return "import " + ", ".join(names)


def test_the_command_line_loads_nothing_heavy() -> None:
    assert not packages_after("import radterm.cli; radterm.cli.build_parser()") & HEAVY
    assert not packages_after(modules_of("radterm/commands")) & HEAVY


def test_the_wire_needs_the_standard_library_only() -> None:
    before = packages_after("")
    after = packages_after(modules_of("rfb_ext/wire") + ", rfb_ext.errors")
    foreign = after - before - set(sys.stdlib_module_names)
    assert foreign == {"rfb_ext"}


@pytest.mark.parametrize(
    ("room", "never"),
    [
        ("rfb_ext/frame", {"av", "imagecodecs", "twisted", "cryptography", "xcffib", "sdl2"}),
        ("rfb_ext/server/session", {"twisted", "xcffib", "sdl2"}),
        ("radterm/client/session", {"twisted", "vncdotool", "sdl2", "xcffib"}),
    ],
)
def test_a_pure_room_stays_pure(room: str, never: set[str]) -> None:
    assert not packages_after(modules_of(room)) & never


def test_the_hospital_side_never_loads_the_readers_side() -> None:
    assert not packages_after(modules_of("rfb_ext")) & {"radterm", "textual", "sdl2", "vncdotool"}


def test_contracts_of_setup_cfg() -> None:
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_top_level_holds_what_the_house_lists() -> None:
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
    names = {
        path.name
        for path in ROOT.iterdir()
        if path.name != ".git" and not any(fnmatch(path.name, pattern) for pattern in ignored)
    }
    assert names <= TOP_LEVEL, f"not in the house: {sorted(names - TOP_LEVEL)}"
