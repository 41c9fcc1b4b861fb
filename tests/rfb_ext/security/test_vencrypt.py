"""VeNCrypt 0.2: byte for byte, each subtype, and what must not be."""

from __future__ import annotations

import pytest

from rfb_ext.errors import RemoteProtocolError
from rfb_ext.security.vencrypt import Subtype, VeNCrypt, nothing
from rfb_ext.wire.handshake import Accepted, Refused
from rfb_ext.wire.numbers import Security
from tests.rfb_ext.security.steps import against, fed

NONE = {Subtype.X509_NONE: nothing}
ALL = dict.fromkeys(Subtype, nothing)


def test_bytes() -> None:
    """rfbproto, "VeNCrypt"."""
    server, client = against(VeNCrypt(ALL, "certificate").server(), VeNCrypt(NONE, "trust").client())
    assert server.sent == b"\0\2" + b"\0" + b"\3\0\0\1\4\0\0\1\5\0\0\1\6" + b"\1"
    assert client.sent == b"\0\2" + b"\0\0\1\4"
    assert (server.tls, client.tls) == (["certificate"], ["trust"])
    assert server.outcome == client.outcome == Accepted()


def test_the_client_prefers() -> None:
    mine = {Subtype.X509_PLAIN: nothing, Subtype.X509_NONE: nothing}
    _, client = against(VeNCrypt(ALL, 1).server(), VeNCrypt(mine, 2).client())
    assert client.sent[-4:] == b"\0\0\1\6"


@pytest.mark.parametrize("chosen", [0, 256, 257, 258, 261, 262, 0xFFFFFFFF])
def test_a_subtype_that_was_not_offered(chosen: int) -> None:
    """Nor may anybody choose Plain without TLS, or TLS without a certificate."""
    kind = VeNCrypt(NONE, 1)
    with pytest.raises(RemoteProtocolError, match=f"subtype {chosen}, which was not offered"):
        fed(kind.server(), b"\0\2" + chosen.to_bytes(4, "big"))


@pytest.mark.parametrize("offered", [[], [256], [257, 258, 259], [263, 264]])
def test_a_server_without_certificates_is_refused(offered: list[int]) -> None:
    told = b"\0\2\0" + bytes([len(offered)]) + b"".join(n.to_bytes(4, "big") for n in offered)
    end = fed(VeNCrypt(ALL, 1).client(), told)
    assert isinstance(end.outcome, Refused)
    assert "accepted here: VeNCrypt (X509None, X509Vnc, X509Plain)" in end.outcome.reason
    assert end.sent == b"\0\2"
    assert end.tls == []


@pytest.mark.parametrize("version", [b"\0\1", b"\0\0"])
def test_older_versions(version: bytes) -> None:
    assert isinstance(fed(VeNCrypt(NONE, 1).client(), version).outcome, Refused)
    with pytest.raises(RemoteProtocolError, match=r"0\.2 is needed"):
        fed(VeNCrypt(NONE, 1).server(), version)


@pytest.mark.parametrize("told", [b"\0\2\1", b"\0\2\0\1\0\0\1\4\0"])
def test_a_server_that_thinks_again(told: bytes) -> None:
    end = fed(VeNCrypt(NONE, 1).client(), told)
    assert isinstance(end.outcome, Refused)
    assert end.tls == []


def test_its_number() -> None:
    assert VeNCrypt(NONE, 1).number == Security.VENCRYPT
