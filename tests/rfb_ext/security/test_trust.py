"""Whose certificate is believed: by CA, by pin, by first use; each way in which that can fail, in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from rfb_ext.errors import CertificateError, ConfigError, NotFoundError, UsageError
from rfb_ext.security.certificate import fingerprint, key_digest, self_signed
from rfb_ext.security.known_servers import KnownServers
from rfb_ext.security.trust import Trust, parse_pin
from tests.kit.certificates import DAY, NOW, Authority

HOST = "reading.hospital.example"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


def believed(trust: Trust, made, host: str = HOST) -> None:
    trust.check(made.chain, host, 5900, NOW)


@pytest.mark.parametrize(
    "names", [(HOST,), ("other", HOST), ("*.hospital.example",), ("READING.hospital.example",)]
)
def test_own_ca(names: tuple[str, ...], authority: Authority, tmp_path: Path) -> None:
    believed(Trust(ca=authority.file(tmp_path)), authority.server(*names))


@pytest.mark.parametrize("address", ["10.1.2.3", "2001:db8::7"])
def test_a_name_may_be_an_address(address: str, authority: Authority, tmp_path: Path) -> None:
    trust = Trust(ca=authority.file(tmp_path))
    believed(trust, authority.server(address), address)
    with pytest.raises(CertificateError, match="another name"):
        believed(trust, authority.server("10.9.9.9"), address)


@pytest.mark.parametrize("names", [("other.example",), ("*.other.example",), ("reading",), (), ("10.1.2.3",)])
def test_another_name(names: tuple[str, ...], authority: Authority, tmp_path: Path) -> None:
    shown = ", ".join(names) or "no name"
    with pytest.raises(CertificateError, match=f"another name: {shown.replace('*', '.')}, not for {HOST}"):
        believed(Trust(ca=authority.file(tmp_path)), authority.server(*names))


def test_another_ca(authority: Authority, tmp_path: Path) -> None:
    """Even one that bears the same name."""
    made = Authority.new().server(HOST)
    with pytest.raises(CertificateError, match="another CA") as raised:
        believed(Trust(ca=authority.file(tmp_path)), made)
    assert fingerprint(made.chain[0]) in str(raised.value)
    assert raised.value.exit_code == 11


def test_signed_by_itself(authority: Authority, tmp_path: Path) -> None:
    for trust in (Trust(ca=authority.file(tmp_path)), Trust()):
        with pytest.raises(CertificateError, match="another CA"):
            believed(trust, self_signed([HOST], NOW))


def test_a_chain(authority: Authority, tmp_path: Path) -> None:
    between = authority.below("between")
    made = between.server(HOST, chain=(between.certificate,))
    believed(Trust(ca=authority.file(tmp_path)), made)
    believed(Trust(ca=between.file(tmp_path)), made)
    with pytest.raises(CertificateError, match="another CA"):
        believed(Trust(ca=authority.file(tmp_path)), between.server(HOST))


def test_who_may_not_sign(authority: Authority, tmp_path: Path) -> None:
    """Else any server of the hospital could pretend to be any other."""
    other = authority.below("another server", ca=False)
    with pytest.raises(CertificateError, match="another CA"):
        believed(Trust(ca=authority.file(tmp_path)), other.server(HOST, chain=(other.certificate,)))


def test_a_ca_that_has_expired(authority: Authority, tmp_path: Path) -> None:
    between = authority.below("between", ends=-DAY / 2)
    made = between.server(HOST, chain=(between.certificate,))
    with pytest.raises(CertificateError, match=r"a CA's certificate .* has expired"):
        believed(Trust(ca=authority.file(tmp_path)), made)


@pytest.mark.parametrize("way", ["ca", "pin", "first use"])
def test_dates_count_whatever_is_believed(way: str, authority: Authority, tmp_path: Path) -> None:
    for times, says in (
        ({"begins": -3 * DAY, "ends": -2 * DAY}, "expired on 2030-01-13"),
        ({"begins": 2 * DAY, "ends": 3 * DAY}, "not valid before 2030-01-17"),
    ):
        made = authority.server(HOST, **times)
        trust = {
            "ca": Trust(ca=authority.file(tmp_path)),
            "pin": Trust(pin=key_digest(made.chain[0])),
            "first use": Trust(known=KnownServers(tmp_path / "known")),
        }[way]
        with pytest.raises(CertificateError, match=says):
            believed(trust, made)
    assert not (tmp_path / "known").exists()


def test_not_made_for_a_server(authority: Authority, tmp_path: Path) -> None:
    trust = Trust(ca=authority.file(tmp_path))
    with pytest.raises(CertificateError, match="not made for a server"):
        believed(trust, authority.server(HOST, use=ExtendedKeyUsageOID.CLIENT_AUTH))
    believed(trust, authority.server(HOST, use=None))


def test_pin() -> None:
    """Of the key or of the certificate; then neither CA nor name is looked at."""
    made = self_signed(["another"], NOW)
    believed(Trust(pin=key_digest(made.chain[0])), made)
    believed(Trust(pin=made.chain[0].fingerprint(SHA256())), made)
    with pytest.raises(CertificateError, match="not the pinned one") as raised:
        believed(Trust(pin=bytes(32)), made)
    assert made.fingerprint in str(raised.value)


def test_ca_and_pin_must_both_hold(authority: Authority, tmp_path: Path) -> None:
    made, other = authority.server(HOST), authority.server(HOST)
    ca = authority.file(tmp_path)
    believed(Trust(ca=ca, pin=key_digest(made.chain[0])), made)
    with pytest.raises(CertificateError, match="pinned"):
        believed(Trust(ca=ca, pin=key_digest(other.chain[0])), made)
    stranger = self_signed([HOST], NOW)
    with pytest.raises(CertificateError, match="another CA"):
        believed(Trust(ca=ca, pin=key_digest(stranger.chain[0])), stranger)


def test_first_use(tmp_path: Path) -> None:
    told: list[str] = []
    trust = Trust(known=KnownServers(tmp_path / "known"), met=told.append)
    made, other = self_signed(["x"], NOW), self_signed(["x"], NOW)
    believed(trust, made)
    believed(trust, made)
    assert len(told) == 1
    assert made.fingerprint in told[0]
    with pytest.raises(CertificateError, match=f"at first use it was {made.fingerprint}"):
        believed(trust, other)
    believed(trust, other, "::1")
    assert "[::1]:5900 sha256:" in (tmp_path / "known").read_text()


def test_no_certificate_at_all() -> None:
    with pytest.raises(CertificateError, match="no certificate"):
        Trust(pin=bytes(32)).check([], HOST, 1, NOW)


def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    made = self_signed([HOST], NOW)
    with pytest.raises(NotFoundError, match="the CA file"):
        believed(Trust(ca=tmp_path / "nothing"), made)
    (tmp_path / "junk").write_text("junk")
    with pytest.raises(ConfigError, match="the CA file"):
        believed(Trust(ca=tmp_path / "junk"), made)


@pytest.mark.parametrize(
    "text",
    ["ab" * 32, "AB" * 32, "sha256:" + "ab" * 32, "SHA256:" + ":".join(["AB"] * 32), f" {'ab' * 32}\n"],
)
def test_pins_as_people_write_them(text: str) -> None:
    assert parse_pin(text) == b"\xab" * 32


@pytest.mark.parametrize("text", ["", "ab" * 31, "ab" * 33, "md5:" + "ab" * 32, "xy" * 32, "ab" * 20])
def test_what_is_no_pin(text: str) -> None:
    with pytest.raises(UsageError, match="64 hexadecimal digits"):
        parse_pin(text)
