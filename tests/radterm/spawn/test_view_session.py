"""The session that `view -` reads."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from radterm.spawn.view_session import MAX_SESSION, ViewSession, read_session
from rfb_ext.errors import ConfigError
from rfb_ext.security.credentials import Credentials

EXAMPLE = Path(__file__).resolve().parents[3] / "configs" / "view-session.json"


def read(text: str | bytes) -> ViewSession:
    return read_session(io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def test_the_example_is_valid_and_shows_every_field() -> None:
    session = read_session(io.BytesIO(EXAMPLE.read_bytes()))
    assert session == ViewSession(
        v=1, address="127.0.0.1:5900", view_only=True, trust_on_first_use=True, user="reader",
        password=SecretStr("only-ever-on-stdin"),
    )  # fmt: skip
    assert set(json.loads(EXAMPLE.read_text())) == set(ViewSession.model_fields)


def test_defaults_are_harmless() -> None:
    session = read('{"v": 1, "address": "[::1]:5900"}')
    assert not session.fullscreen
    assert not session.view_only
    assert not session.trust_on_first_use
    assert session.credentials() is None


def test_the_password_is_in_no_repr() -> None:
    session = read('{"v": 1, "address": "[::1]:5900", "user": "ana", "password": "geheim"}')
    assert session.credentials() == Credentials("ana", b"geheim")
    assert "geheim" not in f"{session!r} {session} {session.credentials()!r} {session.model_dump_json()}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[]", "JSON"),
        (b"\xff\xfe", "JSON"),
        ("[" * 60000, "JSON"),
        ('{"address": "127.0.0.1:5900"}', "v"),
        ('{"v": 2, "address": "127.0.0.1:5900"}', "v"),
        ('{"v": 1}', "address"),
        ('{"v": 1, "address": 5900}', "address"),
        ('{"v": 1, "address": ""}', "address"),
        (json.dumps({"v": 1, "address": "h" * 400 + ":1"}), "address"),
        ('{"v": 1, "address": "127.0.0.1:5900", "view_only": "yes"}', "view_only"),
        ('{"v": 1, "address": "127.0.0.1:5900", "password": 5}', "password"),
        ('{"v": 1, "address": "127.0.0.1:5900", "token": "x"}', "token"),
    ],
)
def test_what_is_not_valid_is_named(text: str | bytes, place: str) -> None:
    with pytest.raises(ConfigError, match=f"at {place}: "):
        read(text)


def test_reads_no_more_than_its_bound() -> None:
    stream = io.BytesIO(b" " * (MAX_SESSION + 1000))
    with pytest.raises(ConfigError, match=str(MAX_SESSION)):
        read_session(stream)
    assert stream.tell() == MAX_SESSION + 1
