"""Servers that were met before."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from rfb_ext.errors import ConfigError
from rfb_ext.security.known_servers import KnownServers

ONE, TWO = (f"sha256:{word * 32}" for word in ("ab", "cd"))


def test_met_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "known"
    assert KnownServers(path).meet("h:1", ONE) is None
    assert KnownServers(path).meet("h:1", ONE) == ONE
    assert KnownServers(path).meet("h:1", TWO) == ONE
    assert KnownServers(path).meet("h:2", TWO) is None
    assert path.read_text() == f"h:1 {ONE}\nh:2 {TWO}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_at_once(tmp_path: Path) -> None:
    path = tmp_path / "known"
    told: list[str | None] = []
    threads = [
        threading.Thread(target=lambda n=n: told.append(KnownServers(path).meet(f"h:{n % 4}", ONE)))
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, told)) == ["None"] * 4 + [ONE] * 12
    assert len(path.read_text().splitlines()) == 4


@pytest.mark.parametrize("text", ["h:1", f"h:1  {ONE}", f"h:1 {ONE}0", f"h:1 {ONE.upper()}", "", " "])
def test_lines_that_must_not_be(text: str, tmp_path: Path) -> None:
    path = tmp_path / "known"
    path.write_text(f"h:0 {ONE}\n{text}\n")
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="line 2"):
        KnownServers(path).meet("h:1", ONE)
    assert path.read_text() == f"h:0 {ONE}\n{text}\n"


def test_open_to_others(tmp_path: Path) -> None:
    """Whoever could write it could put himself in."""
    path = tmp_path / "known"
    path.write_text(f"h:0 {ONE}\n")
    path.chmod(0o666)
    with pytest.raises(ConfigError, match="open to others"):
        KnownServers(path).meet("h:0", ONE)
