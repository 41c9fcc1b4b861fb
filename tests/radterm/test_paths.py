"""Where things are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from radterm import paths


def test_one_folder_for_all_when_asked() -> None:
    environ = {"RADTERM_HOME": "/somewhere"}
    assert paths.config(environ) == Path("/somewhere/config")
    assert paths.state(environ) == Path("/somewhere/state")
    assert paths.data(environ) == Path("/somewhere/data")
    assert paths.cache(environ) == Path("/somewhere/cache")


def test_the_system_says_where_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert paths.config({}).name == "radterm"
    assert paths.config({}) != paths.state({}) != paths.cache({})
