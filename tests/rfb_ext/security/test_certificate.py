"""Certificates of a server: made here, and read from files."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import dsa, rsa

from rfb_ext.errors import ConfigError, NotFoundError
from rfb_ext.security.certificate import (
    RENEWED_DAYS,
    VALID_DAYS,
    fingerprint,
    load,
    own_certificate,
    self_signed,
    to_pem,
)
from rfb_ext.security.trust import Trust
from tests.kit.certificates import DAY, NOW, Authority

NAMES = ("here", "127.0.0.1", "::1")


def files(folder: Path, certificate: bytes, key: bytes, mode: int = 0o600) -> tuple[Path, Path]:
    paths = folder / "certificate", folder / "key"
    for path, data in zip(paths, (certificate, key), strict=True):
        path.write_bytes(data)
    paths[1].chmod(mode)
    return paths


def pem(key: object, password: bytes | None = None) -> bytes:
    how = s.NoEncryption() if password is None else s.BestAvailableEncryption(password)
    return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, how)  # type: ignore[attr-defined]


def test_signed_by_itself() -> None:
    made = self_signed(NAMES, NOW)
    assert re.fullmatch("sha256:[0-9a-f]{64}", made.fingerprint)
    first = made.chain[0]
    assert first.not_valid_before_utc < NOW
    assert first.not_valid_after_utc - NOW == datetime.timedelta(days=VALID_DAYS)
    assert "PrivateKey" not in repr(made)


def test_it_proves_itself_by_its_own_file(tmp_path: Path) -> None:
    made = self_signed(NAMES, NOW)
    (tmp_path / "ca").write_bytes(to_pem(made.chain))
    for name in NAMES:
        Trust(ca=tmp_path / "ca").check(made.chain, name, 5900, NOW)


def test_kept_until_it_is_about_to_end(tmp_path: Path) -> None:
    """The pin outlives the certificate."""
    first = own_certificate(tmp_path, NAMES, NOW)
    assert own_certificate(tmp_path, NAMES, NOW + 300 * DAY).chain == first.chain
    late = NOW + (VALID_DAYS - RENEWED_DAYS + 1) * DAY
    renewed = own_certificate(tmp_path, NAMES, late)
    assert renewed.chain != first.chain
    assert renewed.fingerprint == first.fingerprint
    assert own_certificate(tmp_path, NAMES, late).chain == renewed.chain


def test_another_name_of_this_machine(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, NAMES, NOW)
    more = own_certificate(tmp_path, (*NAMES, "10.1.2.3"), NOW)
    assert more.chain != first.chain
    assert more.fingerprint == first.fingerprint


def test_read_from_files(tmp_path: Path) -> None:
    between = Authority.new().below("between")
    made = between.server("here", chain=(between.certificate,))
    paths = files(tmp_path, to_pem(made.chain), pem(made.key))
    read = load(*paths, NOW)
    assert read.chain == made.chain
    assert read.fingerprint == fingerprint(made.chain[0])


def test_rsa(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    made = self_signed(NAMES, NOW, key)
    assert load(*files(tmp_path, to_pem(made.chain), pem(key)), NOW).for_tls()[2] == []


def test_files_that_must_not_be(tmp_path: Path) -> None:
    made, other = self_signed(NAMES, NOW), self_signed(NAMES, NOW)
    certificate, key = to_pem(made.chain), pem(made.key)
    strange = pem(dsa.generate_private_key(1024))
    for pair, says in (
        ((certificate, pem(other.key)), "does not belong"),
        ((certificate, pem(made.key, b"word")), "is encrypted"),
        ((certificate, b"junk"), "no private key in PEM"),
        ((certificate, strange), "must be RSA, EC or Ed25519"),
        ((b"junk", key), "no certificates in PEM"),
        ((b"", key), "no certificates in PEM"),
        ((certificate * 17, key), "more than 16"),
    ):
        with pytest.raises(ConfigError, match=says):
            load(*files(tmp_path, *pair), NOW)
    with pytest.raises(ConfigError, match="open to others"):
        load(*files(tmp_path, certificate, key, 0o644), NOW)
    with pytest.raises(ConfigError, match="expired on 20"):
        load(*files(tmp_path, certificate, key), NOW + VALID_DAYS * DAY)
    with pytest.raises(NotFoundError):
        load(tmp_path / "nothing", tmp_path / "key", NOW)
