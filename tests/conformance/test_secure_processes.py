"""Security from nothing, by the real processes; TigerVNC's viewer and server through TLS."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfb_ext.errors import UnreachableError
from rfb_ext.security.certificate import ServerCertificate, to_pem
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.vnc_auth import response
from tests.conformance.test_glass import picture, xdotool
from tests.conformance.test_others import VIEWER, free_port
from tests.kit import programs
from tests.kit.glass import RADTERM, ROOT, Lines, process, screen, wait_for
from tests.kit.secure_server import (
    SHARED,
    key_pem,
    let_in,
    pinned,
)
from tests.kit.xservers import x_server


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
@pytest.mark.parametrize("way", ["x509none", "x509vnc", "x509plain"])
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
            viewer = (programs.path("xtigervncviewer"), *VIEWER, "-AlertOnFatalError=0")
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
