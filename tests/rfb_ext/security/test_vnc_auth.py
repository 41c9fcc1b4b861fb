"""VncAuth: known challenges and responses of other programs, and both ends."""

from __future__ import annotations

import pytest

from rfb_ext.security.attempts import Attempts
from rfb_ext.security.login import Login
from rfb_ext.security.vnc_auth import WRONG, VncAuth, response
from rfb_ext.wire.handshake import Accepted, Refused
from rfb_ext.wire.numbers import Security
from tests.rfb_ext.security.steps import against, fed

# recorded between other makers' viewers and servers (test vectors published with John the Ripper)
KNOWN = [
    ("2F7532B3EFD17EEA5DD3A0949FFDF1D8", "0EB42D4D9AC1EF1B6EF6647B9594A621", b"1234567890"),
    ("7963F9BB7BA6A42A085763808156F570", "475B10D05648E4110D77F03916106F98", b"123"),
    ("84076F040550EEA9341967633B5F3855", "DD96D21781A70DA49443279975404DD0", b"pass1234"),
    ("0805B790B58E967F2A350A0C99DE3881", "AECB26FAEAAA62D79636A5934BAC1078", b"Password"),
    ("ADDC021F444F999B8E27144C0DCE7389", "AFAF1BB57588784333962A124668A2C6", b"openwall"),
    ("84076F040550EEA9341967633B5F3855", "807575689582379F7D807F736DE9E434", "pass£".encode()),
]


def login() -> Login:
    return Login(Attempts(lambda: 0.0), "127.0.0.1")


@pytest.mark.parametrize(("challenge", "answer", "password"), KNOWN)
def test_known_answers(challenge: str, answer: str, password: bytes) -> None:
    assert response(password, bytes.fromhex(challenge)) == bytes.fromhex(answer)
    server = VncAuth(password, login(), random=lambda count: bytes.fromhex(challenge)[:count])
    end = fed(server.server(), bytes.fromhex(answer))
    assert end.sent == bytes.fromhex(challenge)
    assert end.outcome == Accepted()
    assert fed(server.client(), bytes.fromhex(challenge)).sent == bytes.fromhex(answer)


def test_both_ends() -> None:
    server, client = against(VncAuth(b"geheim", login()).server(), VncAuth(b"geheim").client())
    assert server.outcome == client.outcome == Accepted()
    server, _ = against(VncAuth(b"geheim", login()).server(), VncAuth(b"gehein").client())
    assert server.outcome == Refused(WRONG)


def test_no_challenge_comes_twice() -> None:
    kind = VncAuth(b"geheim", login())
    assert fed(kind.server(), b"").sent != fed(kind.server(), b"").sent


@pytest.mark.parametrize("place", range(16))
def test_each_byte_counts(place: int) -> None:
    answer = bytearray(response(b"geheim", bytes(16)))
    answer[place] ^= 1
    server = VncAuth(b"geheim", login(), random=bytes)
    assert fed(server.server(), bytes(answer)).outcome == Refused(WRONG)


def test_a_server_without_logins_lets_nobody_in() -> None:
    assert isinstance(fed(VncAuth(b"geheim").server(), bytes(16)).outcome, Refused)


def test_its_number_and_no_secret_in_its_repr() -> None:
    kind = VncAuth(b"geheim", login())
    assert (kind.number, kind.name) == (Security.VNC_AUTH, "VncAuth")
    assert "geheim" not in repr(kind)
