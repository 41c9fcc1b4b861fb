"""Who may read a secret, and who may not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rfb_ext.errors import ConfigError, NotFoundError
from rfb_ext.security.private_file import MAX_FILE, read_private, write_private


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(b"geheim")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_private(mode: int, secret: Path) -> None:
    secret.chmod(mode)
    assert read_private(secret, "the file") == b"geheim"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o640, 0o620, 0o644, 0o666, 0o777])
def test_open_to_others(mode: int, secret: Path) -> None:
    secret.chmod(mode)
    with pytest.raises(ConfigError, match=rf"the file .* \(mode 0{mode:o}\); run chmod 600"):
        read_private(secret, "the file")


@pytest.mark.parametrize(("mode", "fine"), [(0o640, True), (0o440, True), (0o660, False), (0o644, False)])
def test_a_group_may_read_a_key(mode: int, fine: bool, secret: Path) -> None:
    secret.chmod(mode)
    if fine:
        assert read_private(secret, "the file", group_may_read=True) == b"geheim"
    else:
        with pytest.raises(ConfigError):
            read_private(secret, "the file", group_may_read=True)


def test_somebody_elses(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(secret, 12345, -1) if os.geteuid() == 0 else monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ConfigError, match="belongs to another user"):
        read_private(secret, "the file")


def test_what_is_no_file(tmp_path: Path) -> None:
    """A pipe that nobody writes to must not hold us up."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigError, match="is no file"):
        read_private(tmp_path / "pipe", "the file")
    with pytest.raises(ConfigError, match="is no file"):
        read_private(tmp_path, "the file")
    with pytest.raises(NotFoundError, match="No such file"):
        read_private(tmp_path / "nothing", "the file")


def test_bounded(secret: Path) -> None:
    secret.write_bytes(bytes(MAX_FILE + 1))
    with pytest.raises(ConfigError, match="longer than"):
        read_private(secret, "the file")


def test_written_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    before = os.umask(0)
    try:
        write_private(path, b"one")
        write_private(path, b"two")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_private(tmp_path / "file" / "secret", b"one")
