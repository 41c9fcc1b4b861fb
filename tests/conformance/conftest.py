"""What a secure server needs: a certificate, users with passwords, one shared password."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfb_ext.security.certificate import ServerCertificate, self_signed
from rfb_ext.security.password_file import Cost, set_password
from tests.kit.secure_server import NOW


@pytest.fixture(scope="module")
def certificate() -> ServerCertificate:
    return self_signed(["localhost", "127.0.0.1"], NOW)


@pytest.fixture
def users(tmp_path: Path) -> Path:
    set_password(tmp_path / "users", "ana", b"geheim", cost=Cost(log2n=10, r=1, p=1))
    return tmp_path / "users"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    path = tmp_path / "shared"
    path.write_text("pass1234\n")
    path.chmod(0o600)
    return path
