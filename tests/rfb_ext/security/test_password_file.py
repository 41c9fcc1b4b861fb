"""The password file: what it holds, and every line that it must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfb_ext.errors import ConfigError, NotFoundError, UsageError
from rfb_ext.security.password_file import (
    Cost,
    Entry,
    check_password,
    derive,
    read_entries,
    read_shared_password,
    set_password,
)

CHEAP = Cost(log2n=10, r=1, p=1)


def written(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "passwords"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def line(user: str, password: bytes = b"geheim") -> str:
    return Entry(CHEAP, bytes(16), derive(password, bytes(16), CHEAP)).line(user)


def test_a_known_key() -> None:
    """RFC 7914 section 12, the third vector; a shorter key is its beginning."""
    key = derive(b"pleaseletmein", b"SodiumChloride", Cost(log2n=14, r=8, p=1))
    assert key.hex() == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"


def test_users_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    assert set_password(path, "ana", b"geheim", cost=CHEAP)
    assert set_password(path, "bo", b"auch", cost=CHEAP)
    assert not set_password(path, "ana", b"neu", cost=CHEAP)
    assert check_password(path, "ana", b"neu")
    assert check_password(path, "bo", b"auch")
    for user, password in (("ana", b"geheim"), ("bo", b"neu"), ("cy", b"neu"), ("", b""), ("ana", b"")):
        assert not check_password(path, user, password)
    assert len(path.read_text().splitlines()) == 2
    assert "geheim" not in path.read_text()


def test_comments_stay(tmp_path: Path) -> None:
    path = written(tmp_path, f"# ours\n\n{line('ana')}\n")
    set_password(path, "bo", b"x", cost=CHEAP)
    assert path.read_text().startswith(f"# ours\n\n{line('ana')}\nbo:scrypt:10:1:1:")


def test_no_salt_comes_twice(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    for user in ("ana", "bo"):
        set_password(path, user, b"geheim", cost=CHEAP)
    first, second = read_entries(path).values()
    assert first.salt != second.salt
    assert first.key != second.key


@pytest.mark.parametrize(
    "text",
    [
        "ana",
        "ana:geheim",
        "ana:plain:10:1:1:AAAAAAAAAAAAAAAAAAAAAA==:AAAA",
        line("ana") + ":more",
        line(""),
        line("ana").replace(":10:", ":9:"),
        line("ana").replace(":10:", ":18:"),
        line("ana").replace(":10:", ":1e1:"),
        line("ana").replace(":10:", ":-10:"),
        line("ana").replace(":1:1:", ":1:9:"),
        line("ana")[:-4],
        line("ana").replace("AAAA", "A*AA", 1),
        b"\xff\xfe" + line("ana").encode(),
    ],
)
def test_lines_that_must_not_be(text: str | bytes, tmp_path: Path) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    path = written(tmp_path, b"# first\n" + line("bo").encode() + b"\n" + data + b"\n")
    with pytest.raises(ConfigError, match="line 3: no USER:scrypt") as raised:
        check_password(path, "bo", b"geheim")
    assert "geheim" not in str(raised.value)


def test_two_lines_for_one_user(tmp_path: Path) -> None:
    path = written(tmp_path, f"{line('ana')}\n{line('ana', b'other')}\n")
    with pytest.raises(ConfigError, match="line 2: this user has a line already"):
        read_entries(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_open_to_others(mode: int, tmp_path: Path) -> None:
    path = written(tmp_path, line("ana"), mode)
    for use in (
        lambda: check_password(path, "ana", b"geheim"),
        lambda: set_password(path, "ana", b"neu", cost=CHEAP),
        lambda: read_shared_password(path),
    ):
        with pytest.raises(ConfigError, match="run chmod 600"):
            use()


def test_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        check_password(tmp_path / "nothing", "ana", b"geheim")


@pytest.mark.parametrize("password", [b"", b"x" * 1024])
def test_passwords_that_are_none(password: bytes, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        set_password(tmp_path / "passwords", "ana", password, cost=CHEAP)
    assert not (tmp_path / "passwords").exists()


def test_nothing_secret_in_a_repr() -> None:
    entry = Entry(CHEAP, b"saltsaltsaltsalt", b"key")
    assert "salt" not in repr(entry)
    assert "key" not in repr(entry)


def test_the_shared_password(tmp_path: Path) -> None:
    assert read_shared_password(written(tmp_path, "pass1234\r\n")) == b"pass1234"
    assert read_shared_password(written(tmp_path, " x ")) == b" x "


@pytest.mark.parametrize("text", ["", "\n", "a\nb\n", "123456789"])
def test_shared_passwords_that_are_none(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_shared_password(written(tmp_path, text))
