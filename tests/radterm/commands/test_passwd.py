"""`radterm passwd`: a user's password from stdin into the file."""

from __future__ import annotations

import getpass
import io
import stat
import sys
from pathlib import Path

import pytest

from radterm import cli
from rfb_ext.security.password_file import check_password


def test_from_a_pipe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pw"
    for word in ("first", "geheim é"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{word}\n"))
        assert cli.main(["passwd", str(file), "ana"]) == 0
    assert check_password(file, "ana", "geheim é".encode())
    assert not check_password(file, "ana", b"first")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = capsys.readouterr()
    assert told.out == ""
    assert "ana may come in now" in told.err
    assert "geheim" not in told.err + file.read_text()


@pytest.mark.parametrize(("answers", "code"), [(["a", "a"], 0), (["a", "b"], 2), (["", ""], 2)])
def test_asked_twice(answers: list[str], code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: answers.pop(0))
    assert cli.main(["passwd", str(tmp_path / "pw"), "ana"]) == code
    assert (tmp_path / "pw").exists() == (code == 0)


@pytest.mark.parametrize("user", ["", "a:b", "#a", " a", "a\n", "ü" * 200])
def test_names_that_could_not_stand_in_the_file(user: str, tmp_path: Path) -> None:
    assert cli.main(["passwd", str(tmp_path / "pw"), user]) == 2
