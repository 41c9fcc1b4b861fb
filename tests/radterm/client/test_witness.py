"""The witness against a server that shares no code with ours."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from radterm.client.witness import remainder
from rfb_ext.wire.types import Rect
from tests.kit import plain_server

PICTURE = np.random.default_rng(7).integers(0, 256, (60, 100, 3), dtype=np.uint8)

CAPTURE = """
import sys
from radterm.client import witness
try:
    pixels = witness.capture("127.0.0.1", int(sys.argv[1]), float(sys.argv[2]))
    sys.stdout.buffer.write(repr(pixels.shape).encode() + b"\\n" + pixels.tobytes())
except Exception as error:
    print(type(error).__name__, error)
witness.stop()
"""


def capture(port: int, timeout: float = 10.0) -> bytes:
    """What a witness in a process of its own (it owns the process's reactor) says about that port."""
    return subprocess.run(
        [sys.executable, "-c", CAPTURE, str(port), str(timeout)], capture_output=True, check=True, timeout=60
    ).stdout


@pytest.mark.parametrize(
    "updates",
    [
        [[(0, 0, 100, 60)]],
        [[(0, 0, 50, 60), (50, 0, 50, 60)]],
        [[(50, 0, 50, 60)], [(0, 0, 50, 60)]],
        [[(0, 0, 50, 60)], [], [(40, 0, 60, 30)], [(50, 20, 50, 40)]],
    ],
    ids=["whole", "two rectangles", "two updates, right one first", "an empty update, overlaps"],
)
def test_captures_every_pixel(updates: list[list[plain_server.Piece]]) -> None:
    with plain_server.serving(PICTURE, updates) as port:
        assert capture(port) == b"(60, 100, 3)\n" + PICTURE.tobytes()


def test_a_screen_that_never_becomes_whole_is_no_capture() -> None:
    with plain_server.serving(PICTURE, [[(0, 0, 99, 60)]]) as port:
        assert b"RemoteProtocolError" in capture(port)


def silent(peer: socket.socket) -> None:
    peer.recv(1)


def garbage(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    peer.recv(1)


def hangs_up(peer: socket.socket) -> None:
    peer.sendall(b"RFB 003.008\n")


def wants_a_password(peer: socket.socket) -> None:
    peer.sendall(b"RFB 003.008\n")
    plain_server.exactly(peer, 12)
    peer.sendall(b"\x01\x02")
    plain_server.exactly(peer, 1)
    peer.sendall(bytes(16))
    peer.recv(16)


def is_huge(peer: socket.socket) -> None:
    plain_server.shake_hands(peer, 65535, 65535)
    peer.recv(1 << 16)


@pytest.mark.parametrize(
    ("talk_to", "timeout", "says"),
    [
        (silent, 0.5, b"PeerTimeout"),
        (garbage, 3, b"RemoteProtocolError"),
        (hangs_up, 5, b"RemoteProtocolError"),
        (wants_a_password, 5, b"password"),
        (is_huge, 5, b"RemoteProtocolError"),
    ],
)
def test_errors_are_ours(talk_to: Callable[[socket.socket], None], timeout: float, says: bytes) -> None:
    with plain_server.answering(talk_to) as port:
        assert says in capture(port, timeout)


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert b"UnreachableError" in capture(taken.getsockname()[1])


@pytest.mark.parametrize(
    "covered", [Rect(0, 0, 9, 9), Rect(3, 3, 2, 2), Rect(0, 3, 9, 1), Rect(8, 8, 5, 5), Rect(20, 20, 1, 1)]
)
def test_remainder_is_the_rest_once(covered: Rect) -> None:
    counts = np.zeros((40, 40), int)
    for rect in [*remainder(Rect(1, 1, 8, 8), covered), Rect(1, 1, 8, 8).intersect(covered)]:
        counts[rect.y : rect.bottom, rect.x : rect.right] += 1
    whole = np.zeros((40, 40), int)
    whole[1:9, 1:9] = 1
    assert np.array_equal(counts, whole)
