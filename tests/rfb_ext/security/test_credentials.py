"""Bounds, and that nothing shows the password."""

from __future__ import annotations

import pytest

from rfb_ext.security.credentials import MAX_PASSWORD, MAX_USER, Credentials


def test_never_shown() -> None:
    credentials = Credentials("ana", b"geheim")
    assert "geheim" not in f"{credentials} {credentials!r} {[credentials]}"


@pytest.mark.parametrize(("user", "password"), [("ü" * 128, b""), ("", b"x" * (MAX_PASSWORD + 1))])
def test_too_long(user: str, password: bytes) -> None:
    with pytest.raises(ValueError, match="is longer than") as raised:
        Credentials(user, password)
    assert "xxx" not in str(raised.value)


def test_as_long_as_may_be() -> None:
    assert Credentials("u" * MAX_USER, b"x" * MAX_PASSWORD).user
