"""What goes wrong at the command line: an exit code by cause, and one sentence that says what to do."""

import os
import socket
import subprocess
from pathlib import Path

import pydicom
import pytest

from tests.kit.glass import RADTERM, ROOT, serve


def fails(*words: str, display: str | None = None) -> tuple[int, str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    if display is not None:
        environment["DISPLAY"] = display
    done = subprocess.run(
        (*RADTERM, *words), cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False
    )
    said = done.stderr.decode()
    assert done.stdout == b""
    assert "Traceback" not in said
    return done.returncode, said


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = fails("serve", "--desktop", "testcard", "--listen", f"127.0.0.1:{port}")
    assert code == 13
    assert f"127.0.0.1:{port}" in said
    assert "--listen" in said


def test_a_display_that_does_not_exist():
    code, said = fails("serve", "--desktop", "x11", "--display", ":7654", "--listen", "127.0.0.1:0")
    assert code == 5
    assert ":7654" in said


def test_no_display_for_the_windows():
    with serve("--desktop", "testcard") as port:
        code, said = fails("view", f"127.0.0.1:{port}", display=":7654")
        assert code == 30
        assert "--headless" in said
        code, said = fails("view", f"127.0.0.1:{port}")
        assert code == 30


@pytest.mark.parametrize("kind", ["empty", "missing", "corrupt"])
def test_a_folder_without_images(tmp_path: Path, kind: str):
    folder = tmp_path if kind != "missing" else tmp_path / "nowhere"
    if kind == "corrupt":
        whole = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
        (tmp_path / "half.dcm").write_bytes(whole.read_bytes()[:2000])
        (tmp_path / "noise.dcm").write_bytes(os.urandom(5000))
    code, said = fails("serve", "--desktop", "reading", "--dicom", str(folder), "--listen", "127.0.0.1:0")
    assert code == 5
    assert str(folder) in said


def test_a_server_that_is_not_there():
    code, said = fails("view", "127.0.0.1:1", "--headless")
    assert code == 10
    assert "127.0.0.1:1" in said


def test_a_server_that_is_something_else():
    with socket.create_server(("127.0.0.1", 0)) as other:
        import threading

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                connection.recv(100)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        code, said = fails("view", f"127.0.0.1:{other.getsockname()[1]}", "--headless")
        thread.join(5)
    assert code == 20
    assert said.count("\n") == 1


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:5900"])
def test_without_security_only_loopback_is_listened_on(address):
    code, said = fails("serve", "--desktop", "testcard", "--listen", address, "--security", "none")
    assert code == 4
    assert "own addresses only" in said


def test_too_many_heads():
    code, said = fails("serve", "--desktop", "testcard", "--heads", "5", "--listen", "127.0.0.1:0")
    assert code == 2
    assert "1 to 4 heads" in said
