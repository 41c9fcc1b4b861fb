"""Who may come in, and whom a viewer believes: our two rims on real sockets."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from radterm.client.base import State
from radterm.client.connect import open_session
from rfb_ext.errors import CertificateError, UnreachableError
from rfb_ext.security.attempts import FREE, Attempts
from rfb_ext.security.certificate import ServerCertificate
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.known_servers import KnownServers
from rfb_ext.security.offer import Offer, Way
from rfb_ext.security.trust import Trust
from tests.kit.certificates import DAY, Authority
from tests.kit.real_server import Remembering, wait_until
from tests.kit.secure_server import (
    HEAD,
    NOW,
    SHARED,
    USER,
    let_in,
    pinned,
    served,
    still,
)

# --- both rims ---


@pytest.mark.parametrize("way", Way)
def test_each_way_in_ends_exact(way: Way, certificate: ServerCertificate, users: Path, shared: Path) -> None:
    offer = Offer(
        way,
        certificate if way.has_tls else None,
        {Way.X509_PLAIN: users, Way.X509_VNC: shared, Way.VNC_AUTH: shared}.get(way),
    )
    desktop, listener = still(), Remembering()
    truth = np.random.default_rng(1).integers(0, 1 << 24, (HEAD.rect.h, HEAD.rect.w), dtype="<u4")
    with served(offer, desktop) as port:
        session = open_session(
            "127.0.0.1",
            port,
            listener,
            trust=pinned(certificate) if way.has_tls else None,
            credentials={Way.X509_PLAIN: USER, Way.X509_VNC: SHARED, Way.VNC_AUTH: SHARED}.get(way),
        )
        try:
            desktop.show(1, truth)
            wait_until(lambda: desktop.beat() or listener.is_exact(1, truth))
            assert listener.states[1].state is State.EXACT
        finally:
            session.close()
            listener.wait(lambda: listener.is_closed)


def test_much_and_often_through_tls(certificate: ServerCertificate) -> None:
    """Many records, both ways at once."""
    desktop, listener = still(), Remembering()
    with served(Offer(Way.X509_NONE, certificate), desktop) as port:
        session = open_session("127.0.0.1", port, listener, trust=pinned(certificate))
        try:
            for seed in range(30):
                truth = np.random.default_rng(seed).integers(0, 1 << 24, (200, 320), dtype="<u4")
                desktop.show(1, truth)
                for x in range(20):
                    session.send_pointer(1, x, seed, 0)
            wait_until(lambda: desktop.beat() or listener.is_exact(1, truth))
            wait_until(lambda: any(each[:3] == ("pointer", 19, 29) for each in desktop.injected))
        finally:
            session.close()
            listener.wait(lambda: listener.is_closed)


@pytest.mark.parametrize(
    "credentials", [Credentials("ana", b"wrong"), Credentials("bo", b"geheim"), Credentials("ana", b"")]
)
def test_a_wrong_password(credentials: Credentials, certificate: ServerCertificate, users: Path) -> None:
    with served(Offer(Way.X509_PLAIN, certificate, users)) as port:
        with pytest.raises(UnreachableError, match="name or the password is wrong"):
            let_in(port, trust=pinned(certificate), credentials=credentials)
        let_in(port, trust=pinned(certificate), credentials=USER)


@pytest.mark.parametrize("way", [Way.VNC_AUTH, Way.X509_VNC])
def test_a_wrong_shared_password(way: Way, certificate: ServerCertificate, shared: Path) -> None:
    trust = pinned(certificate) if way.has_tls else None
    with (
        served(Offer(way, certificate if way.has_tls else None, shared)) as port,
        pytest.raises(UnreachableError, match="the password is wrong"),
    ):
        let_in(port, trust=trust, credentials=Credentials("", b"pass1235"))


def test_wrong_passwords_are_slowed(certificate: ServerCertificate, users: Path) -> None:
    """Then not even the right one is looked at before its time."""
    now = [0.0]
    offer = Offer(Way.X509_PLAIN, certificate, users, attempts=Attempts(lambda: now[0]))
    with served(offer) as port:
        for _ in range(FREE):
            with pytest.raises(UnreachableError, match="is wrong"):
                let_in(port, trust=pinned(certificate), credentials=Credentials("ana", b"wrong"))
        for credentials in (Credentials("ana", b"wrong"), USER):
            with pytest.raises(UnreachableError, match="too many failed logins; try again in 1 second"):
                let_in(port, trust=pinned(certificate), credentials=credentials)
        now[0] += 1
        let_in(port, trust=pinned(certificate), credentials=USER)


def test_a_password_file_that_was_opened_to_others(certificate: ServerCertificate, users: Path) -> None:
    """While the server runs: nobody is let in any more."""
    with served(Offer(Way.X509_PLAIN, certificate, users)) as port:
        let_in(port, trust=pinned(certificate), credentials=USER)
        users.chmod(0o644)
        with pytest.raises(UnreachableError, match="closed the connection"):
            let_in(port, trust=pinned(certificate), credentials=USER)


# --- certificates ---


@pytest.mark.parametrize("kind", ["expired", "another name", "another CA", "pinned", "first use"])
def test_a_certificate_that_is_not_believed(kind: str, tmp_path: Path, users: Path) -> None:
    """In words, with its own exit code, and nothing is sent inside: the server counts no login."""
    authority = Authority.new(now=NOW)
    made = authority.server("127.0.0.1")
    trust = Trust(ca=authority.file(tmp_path))
    match kind:
        case "expired":
            made = authority.server("127.0.0.1", begins=-3 * DAY, ends=-DAY)
        case "another name":
            made = authority.server("127.0.0.2")
        case "another CA":
            made = Authority.new(now=NOW).server("127.0.0.1")
        case "pinned":
            trust = Trust(pin=bytes(32))
        case "first use":
            trust = Trust(known=KnownServers(tmp_path / "known"))
    tried: list[str] = []

    class Counting(Attempts):
        def begin(self, address: str, user: str) -> float:
            tried.append(user)
            return super().begin(address, user)

    with served(Offer(Way.X509_PLAIN, made, users, attempts=Counting(time.monotonic))) as port:
        if kind == "first use":
            trust.known.meet(f"127.0.0.1:{port}", f"sha256:{'ab' * 32}")  # type: ignore[union-attr]
        with pytest.raises(CertificateError, match=kind) as raised:
            let_in(port, trust=trust, credentials=USER)
        assert raised.value.exit_code == 11
        assert tried == []
        if kind != "expired":
            let_in(port, trust=pinned(made), credentials=USER)
            assert tried == ["ana"]


def test_own_ca_with_a_chain(tmp_path: Path) -> None:
    authority = Authority.new(now=NOW)
    between = authority.below("between")
    made = between.server("localhost", chain=(between.certificate,))
    with served(Offer(Way.X509_NONE, made)) as port:
        let_in(port, "localhost", trust=Trust(ca=authority.file(tmp_path)))


def test_trust_on_first_use(tmp_path: Path, certificate: ServerCertificate) -> None:
    told: list[str] = []
    trust = Trust(known=KnownServers(tmp_path / "known"), met=told.append)
    with served(Offer(Way.X509_NONE, certificate)) as port:
        let_in(port, trust=trust)
        let_in(port, trust=trust)
    assert len(told) == 1
    assert certificate.fingerprint in told[0]


def test_nobody_is_believed_unasked(certificate: ServerCertificate) -> None:
    with (
        served(Offer(Way.X509_NONE, certificate)) as port,
        pytest.raises(CertificateError, match="another CA"),
    ):
        let_in(port)
