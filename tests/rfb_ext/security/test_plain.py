"""Plain: byte for byte, and lengths that a stranger chooses."""

from __future__ import annotations

import pytest

from rfb_ext.security.attempts import Attempts
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.login import Login
from rfb_ext.security.plain import WRONG, plain_client, plain_server
from rfb_ext.wire.handshake import Accepted, Refused
from tests.rfb_ext.security.steps import against, fed


def check(user: str, password: bytes) -> bool:
    return (user, password) == ("ana", b"geheim")


def login() -> Login:
    return Login(Attempts(lambda: 0.0), "127.0.0.1")


def test_bytes() -> None:
    sent = fed(plain_client(Credentials("ana", b"geheim")), b"").sent
    assert sent == b"\0\0\0\3\0\0\0\6anageheim"
    assert fed(plain_server(login(), check), sent).outcome == Accepted()


@pytest.mark.parametrize(
    "credentials", [Credentials("ana", b"Geheim"), Credentials("bo", b"geheim"), Credentials()]
)
def test_wrong(credentials: Credentials) -> None:
    server, client = against(plain_server(login(), check), plain_client(credentials))
    assert server.outcome == Refused(WRONG)
    assert client.outcome == Accepted()


@pytest.mark.parametrize("data", [b"\0\0\1\0\0\0\0\0", b"\0\0\0\0\0\0\4\0", b"\xff" * 8])
def test_hostile_lengths(data: bytes) -> None:
    with pytest.raises(ValueError, match="length of the"):
        fed(plain_server(login(), check), data)


def test_a_name_that_is_no_utf_8_is_nobodys() -> None:
    end = fed(plain_server(login(), check), b"\0\0\0\3\0\0\0\6\xff\xfe\0geheim")
    assert end.outcome == Refused(WRONG)
