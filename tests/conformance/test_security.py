"""Who may come in, and whom a viewer believes: our two rims on real sockets, the real processes, and
TigerVNC's viewer."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from radterm.client.base import State
from radterm.client.connect import open_session
from rfb_ext.errors import CertificateError, RemoteProtocolError, UnreachableError
from rfb_ext.frame.frames import Head
from rfb_ext.security.attempts import FREE, Attempts
from rfb_ext.security.certificate import ServerCertificate, key_digest, self_signed, to_pem
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.known_servers import KnownServers
from rfb_ext.security.offer import Offer, Way
from rfb_ext.security.password_file import Cost, set_password
from rfb_ext.security.trust import Trust
from rfb_ext.security.vnc_auth import response
from rfb_ext.wire.types import Rect
from tests.conformance.test_glass import picture, xdotool
from tests.conformance.test_others import free_port
from tests.kit import programs
from tests.kit.certificates import DAY, Authority
from tests.kit.glass import RADTERM, ROOT, Lines, process, screen, wait_for
from tests.kit.real_server import Remembering, serving, wait_until
from tests.kit.still_desktop import StillDesktop
from tests.kit.xservers import x_server

HEAD = Head(1, Rect(0, 0, 320, 200))
HELLO = b"RFB 003.008\n"
NOW = datetime.datetime.now(datetime.UTC)
USER, SHARED = Credentials("ana", b"geheim"), Credentials("", b"pass1234")


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


def key_pem(certificate: ServerCertificate) -> bytes:
    return certificate.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def still() -> StillDesktop:
    return StillDesktop((HEAD,), lambda: time.monotonic_ns() // 1000)


@contextlib.contextmanager
def served(offer: Offer, desktop: StillDesktop | None = None) -> Iterator[int]:
    with serving(desktop or still(), offer=offer) as (_, port):
        yield port


def let_in(port: int, host: str = "127.0.0.1", **security: object) -> Remembering:
    """Opens a session and closes it. Raises what open_session raises."""
    listener = Remembering()
    session = open_session(host, port, listener, **security)  # type: ignore[arg-type]
    session.close()
    listener.wait(lambda: listener.is_closed)
    return listener


def pinned(certificate: ServerCertificate) -> Trust:
    return Trust(pin=key_digest(certificate.chain[0]))


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


# --- what somebody in between could try ---


@contextlib.contextmanager
def saying(*pieces: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that says these pieces, each after it was told something, then starts TLS or waits."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    for index, piece in enumerate(pieces):
                        if index:
                            connection.recv(4096)
                        connection.sendall(piece)
                    if tls is not None:
                        connection.recv(4096)
                        tls.wrap_socket(connection, server_side=True)
                    while connection.recv(4096):
                        pass

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
    thread.join(5)


X509_NONE = struct.pack(">BBI", 0, 1, 260)


@pytest.mark.parametrize("offered", [b"\1\1", b"\1\2", b"\2\1\2", b"\1\x12"])
def test_tls_taken_away(offered: bytes) -> None:
    with (
        saying(HELLO, offered) as port,
        pytest.raises(UnreachableError, match=r"the server offers .*; accepted here: VeNCrypt"),
    ):
        let_in(port, trust=Trust(pin=bytes(32)), credentials=USER)


def test_certificates_taken_away() -> None:
    """Anonymous TLS, and Plain in the clear, which would get the password."""
    anonymous = struct.pack(">BBIII", 0, 3, 256, 257, 259)
    with (
        saying(HELLO, b"\1\x13", b"\0\2", anonymous) as port,
        pytest.raises(UnreachableError, match="offers VeNCrypt Plain, TLSNone, TLSPlain; accepted here"),
    ):
        let_in(port, trust=Trust(pin=bytes(32)), credentials=USER)


def test_a_server_s_bytes_before_tls() -> None:
    """Put in by somebody in between, to be taken for what came inside."""
    with (
        saying(HELLO, b"\1\x13", b"\0\2", X509_NONE, b"\1" + bytes(4)) as port,
        pytest.raises(RemoteProtocolError, match="in the clear where TLS has to start"),
    ):
        let_in(port, trust=Trust(pin=bytes(32)))


def load(context: ssl.SSLContext, certificate: ServerCertificate, folder: Path) -> None:
    (folder / "both.pem").write_bytes(key_pem(certificate) + to_pem(certificate.chain))
    context.load_cert_chain(folder / "both.pem")


def lower(context: ssl.SSLContext) -> None:
    """TLS 1.1 and no more, as far as this OpenSSL still can."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1


class Raw:
    """A viewer of bare bytes."""

    def __init__(self, port: int) -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.file = self.socket.makefile("rb")

    def to_tls(self, more: bytes = b"") -> None:
        """Up to where TLS has to start."""
        assert self.file.read(12) == HELLO
        self.socket.sendall(HELLO)
        assert self.file.read(2) == b"\1\x13"
        self.socket.sendall(b"\x13")
        assert self.file.read(2) == b"\0\2"
        self.socket.sendall(b"\0\2")
        assert self.file.read(6) == X509_NONE
        self.socket.sendall(struct.pack(">I", 260) + more)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *unused: object) -> None:
        self.file.close()
        self.socket.close()


def test_a_viewer_s_bytes_before_tls(certificate: ServerCertificate) -> None:
    with served(Offer(Way.X509_NONE, certificate)) as port, Raw(port) as raw:
        raw.to_tls(more=b"\1")
        assert raw.file.read() == b"\1"  # go on, and then nothing but the end


@pytest.mark.parametrize("number", [1, 2, 18, 16])
def test_a_type_that_was_not_offered(number: int, certificate: ServerCertificate) -> None:
    with served(Offer(Way.X509_NONE, certificate)) as port, Raw(port) as raw:
        assert raw.file.read(12) == HELLO
        raw.socket.sendall(HELLO)
        assert raw.file.read(2) == b"\1\x13"
        raw.socket.sendall(bytes([number, 1]))
        assert raw.file.read() == b""


@pytest.mark.parametrize("version", ["TLSv1.3", "TLSv1.2", "TLSv1.1"])
def test_tls_versions_of_a_viewer(version: str, certificate: ServerCertificate) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version == "TLSv1.1":
        lower(context)
    elif version == "TLSv1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    with served(Offer(Way.X509_NONE, certificate)) as port, Raw(port) as raw:
        raw.to_tls()
        assert raw.file.read(1) == b"\1"
        if version == "TLSv1.1":
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                context.wrap_socket(raw.socket)
        else:
            with context.wrap_socket(raw.socket) as inside:
                assert inside.version() == version
                assert inside.recv(4) == b"\0\0\0\0"


# --- the real processes ---


@contextlib.contextmanager
def serve(home: Path, *words: str) -> Iterator[dict]:
    command = (*RADTERM, "serve", "--json", "--desktop", "testcard", *words)
    environment = {**os.environ, "RADTERM_HOME": str(home)}
    with process(*command, env=environment, stdout=subprocess.PIPE) as child:
        yield Lines(child).wait(lambda line: line.get("event") == "listening")


def radterm(home: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RADTERM_HOME": str(home)}
    return subprocess.run(
        [*RADTERM, *words], input=stdin, env=environment, cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [(), ("--security", "none"), ("--security", "vncauth")])
def test_no_address_for_others_without_tls(words: tuple[str, ...], tmp_path: Path) -> None:
    done = radterm(tmp_path, "serve", "--desktop", "testcard", "--listen", "0.0.0.0:0", *words)
    assert done.returncode == 4
    assert done.stdout == ""
    assert "may listen on this machine's own addresses only" in done.stderr
    assert "--tls-new" in done.stderr


def test_from_nothing_to_exact(tmp_path: Path) -> None:
    """A password, a certificate of its own, all addresses; then our viewer by pin, by CA, by first use."""
    users = tmp_path / "users"
    assert radterm(tmp_path, "passwd", str(users), "ana", stdin="geheim\n").returncode == 0
    with serve(tmp_path, "--listen", "0.0.0.0:0", "--tls-new", "--password-file", str(users)) as said:
        assert said["security"] == "x509plain"
        session = {"v": 1, "address": f"127.0.0.1:{said['port']}", "user": "ana", "password": "geheim"}
        certificate = tmp_path / "data" / "server-certificate.pem"
        view = ("view", "-", "--headless", "--seconds", "1.5", "--json")
        for trust in (
            ("--pin", said["fingerprint"]),
            ("--ca", str(certificate)),
            ("--trust-on-first-use",),
            ("--trust-on-first-use",),
        ):
            done = radterm(tmp_path, *view, *trust, stdin=json.dumps(session))
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout.splitlines()[-1])["exact"] is True
            assert "geheim" not in done.stdout + done.stderr
        assert said["fingerprint"] in (tmp_path / "data" / "known-servers").read_text()
        for trust, code in ((("--pin", "ab" * 32), 11), ((), 11)):
            done = radterm(tmp_path, *view, *trust, stdin=json.dumps(session))
            assert (done.returncode, done.stdout) == (code, "")
            assert said["fingerprint"] in done.stderr
        wrong = {**session, "password": "Geheim"}
        done = radterm(tmp_path, *view, "--verbose", "--pin", said["fingerprint"], stdin=json.dumps(wrong))
        assert done.returncode == 10
        assert "the password is wrong" in done.stderr
        assert "Geheim" not in done.stderr


@pytest.mark.needs("Xvfb", "xtigervncviewer", "xdotool")
@pytest.mark.parametrize("way", ["x509plain"])
def test_tigervnc_s_viewer_through_tls(way: str, tmp_path: Path, users: Path, shared: Path) -> None:
    """On all addresses, its user and password from its own environment; screens equal bit for bit."""
    words = {"x509plain": (str(users), "X509Plain"), "x509vnc": (str(shared), "X509Vnc")}
    file, kind = words.get(way, (None, "X509None"))
    more = () if file is None else ("--password-file", file)
    with screen(800, 600) as a, screen(800, 600) as b:
        command = (*RADTERM, "serve", "--json", "--desktop", "x11", "--display", a.display, "--tls-new")
        command += ("--listen", "0.0.0.0:0", "--security", way, *more)
        environment = {**os.environ, "RADTERM_HOME": str(tmp_path)}
        with process(*command, env=environment, stdout=subprocess.PIPE) as child:
            said = Lines(child).wait(lambda line: line.get("event") == "listening")
            a.draw(0, 0, picture(a, 0))
            xdotool(b.display, "mousemove", "799", "599")
            viewer = (programs.path("xtigervncviewer"), "-FullScreen", "-RemoteResize=0", "-AutoSelect=0")
            viewer += (
                "-NoJPEG=1",
                "-FullColor=1",
                "-MenuKey=",
                "-AlertOnFatalError=0",
                "-ReconnectOnError=0",
            )
            viewer += (f"-SecurityTypes={kind}", f"-X509CA={tmp_path / 'data' / 'server-certificate.pem'}")
            login = {"VNC_USERNAME": "ana", "VNC_PASSWORD": "geheim" if way == "x509plain" else "pass1234"}
            on_b = {**os.environ, **login, "DISPLAY": b.display, "HOME": str(tmp_path)}
            address = f"127.0.0.1::{said['port']}"
            with process(*viewer, address, env=on_b, stderr=subprocess.DEVNULL):
                for seed in range(3):
                    a.draw(0, 0, picture(a, seed))
                    wait_for(lambda: bool((a.grab() == b.grab()).all()), 20, f"equal screens with {kind}")


# its programs keep the password encrypted with a key that everybody knows
KNOWN_KEY = bytes([23, 82, 107, 6, 35, 78, 88, 7])


@pytest.mark.needs("Xtigervnc")
@pytest.mark.parametrize("kind", ["VncAuth", "X509Vnc", "X509None"])
def test_tigervnc_s_server_lets_us_in(kind: str, tmp_path: Path, certificate: ServerCertificate) -> None:
    key, chain, password = tmp_path / "key", tmp_path / "chain", tmp_path / "password"
    key.write_bytes(key_pem(certificate))
    chain.write_bytes(to_pem(certificate.chain))
    password.write_bytes(response(KNOWN_KEY, b"pass1234"))
    port = free_port()
    words = ("-rfbport", str(port), "-localhost", "-SecurityTypes", kind, "-PasswordFile", str(password))
    with x_server("Xtigervnc", 320, 200, 24, *words, "-X509Key", str(key), "-X509Cert", str(chain)):
        trust = pinned(certificate) if kind != "VncAuth" else None
        listener = let_in(port, trust=trust, credentials=None if kind == "X509None" else SHARED)
        assert listener.error is None
        if kind != "X509None":
            with pytest.raises(UnreachableError, match="refused this viewer"):
                let_in(port, trust=trust, credentials=Credentials("", b"wrong"))
