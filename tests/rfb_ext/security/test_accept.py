"""What a viewer accepts, in which order, and what it never does."""

from __future__ import annotations

import pytest

from rfb_ext.security.accept import accepted
from rfb_ext.security.client_tls import ClientTls
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.trust import Trust

TLS = ClientTls("h", 1, Trust(pin=bytes(32)))
USER, SHARED = Credentials("ana", b"geheim"), Credentials("", b"pass1234")


@pytest.mark.parametrize(
    ("credentials", "clear_text", "names"),
    [
        (None, True, ["None", "VeNCrypt (X509None)"]),
        (SHARED, True, ["VncAuth", "None", "VeNCrypt (X509Vnc, X509None)"]),
        (USER, True, ["VeNCrypt (X509Plain, X509None)", "None"]),
        (None, False, ["VeNCrypt (X509None)"]),
        (SHARED, False, ["VeNCrypt (X509Vnc, X509None)"]),
        (USER, False, ["VeNCrypt (X509Plain, X509None)"]),
    ],
)
def test_what_is_accepted(credentials: Credentials | None, clear_text: bool, names: list[str]) -> None:
    kinds = accepted(TLS, credentials, clear_text=clear_text)
    assert [kind.name for kind in kinds] == names
    assert "geheim" not in repr(kinds)
    assert "pass1234" not in repr(kinds)
