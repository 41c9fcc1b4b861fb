"""What somebody in between, or a stranger, could try before anybody is let in."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfb_ext.errors import RemoteProtocolError, UnreachableError
from rfb_ext.security.certificate import ServerCertificate, to_pem
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.offer import Offer, Way
from rfb_ext.security.trust import Trust
from tests.kit.secure_server import (
    HELLO,
    SHARED,
    USER,
    key_pem,
    let_in,
    pinned,
    served,
)


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


@pytest.mark.parametrize("credentials", [None, USER, SHARED])
def test_elsewhere_nothing_but_tls_will_do(credentials: Credentials | None) -> None:
    """An address that is not known to be loopback, though Linux leads it there; no trust was asked for."""
    with (
        served(Offer()) as port,
        pytest.raises(UnreachableError, match=r"offers 1 \(NONE\); accepted here: VeNCrypt"),
    ):
        let_in(port, "0.0.0.0", credentials=credentials)


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


def test_old_tls_of_a_server(certificate: ServerCertificate, tmp_path: Path) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(old, certificate, tmp_path)
    lower(old)
    with (
        saying(HELLO, b"\1\x13", b"\0\2", X509_NONE, b"\1", tls=old) as port,
        pytest.raises(UnreachableError, match=r"TLS with the server failed .* needs TLS 1\.2 or newer"),
    ):
        let_in(port, trust=pinned(certificate))


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
