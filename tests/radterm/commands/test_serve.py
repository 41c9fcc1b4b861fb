"""Where `radterm serve` may listen, and how it ends with who started it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from radterm.address import Address
from radterm.commands.serve import listen_address
from rfb_ext.errors import PolicyRefused


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("127.0.0.2:5900", Address("127.0.0.2", 5900)),
        ("[::1]:5900", Address("::1", 5900)),
        ("localhost:5900", Address("127.0.0.1", 5900)),
    ],
)
def test_this_machine_only(text: str, address: Address) -> None:
    assert listen_address(text, "none") == address


@pytest.mark.parametrize("text", ["0.0.0.0:0", "[::]:0", "10.1.2.3:5900", "example:5900"])
def test_never_open_to_others(text: str) -> None:
    with pytest.raises(PolicyRefused, match=r"use --listen 127\.0\.0\.1"):
        listen_address(text, "none")


@pytest.mark.parametrize("text", ["0.0.0.0:5900", "[::]:5900", "10.1.2.3:5900"])
@pytest.mark.parametrize("word", ["none", "vncauth"])
def test_any_address_but_loopback_needs_tls(word: str, text: str) -> None:
    with pytest.raises(PolicyRefused, match=rf"--security {word}.*or TLS \(--tls-new"):
        listen_address(text, word)


@pytest.mark.parametrize("word", ["x509none", "x509vnc", "x509plain"])
def test_with_tls_any_address_will_do(word: str) -> None:
    assert listen_address("0.0.0.0:5900", word) == Address("0.0.0.0", 5900)


def test_ends_when_its_stdin_ends() -> None:
    code = (
        "from radterm.commands.serve import end_with; print('reading', flush=True); end_with(0); print('no')"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"reading\n"
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(10) == -signal.SIGTERM
        assert process.stdout.read() == b""
    finally:
        process.kill()
        process.wait()
