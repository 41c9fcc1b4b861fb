"""A small RFB 3.8 server that shares no code with ours: a picture, sent in the pieces a test asks for."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

Rgb = npt.NDArray[np.uint8]
Piece = tuple[int, int, int, int]
"""x, y, width, height."""

PIXEL_FORMAT = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
SIZES = {0: 20, 3: 10, 4: 8, 5: 6}
"""Client messages of fixed length, by their first byte (RFC 6143 section 7.5)."""


def update(picture: Rgb, pieces: Sequence[Piece]) -> bytes:
    """One FramebufferUpdate of Raw rectangles."""
    parts = [struct.pack(">BxH", 0, len(pieces))]
    for x, y, w, h in pieces:
        words = np.zeros((h, w, 4), np.uint8)
        words[:, :, :3] = picture[y : y + h, x : x + w, ::-1]
        parts.append(struct.pack(">HHHHi", x, y, w, h, 0) + words.tobytes())
    return b"".join(parts)


def exactly(peer: socket.socket, size: int) -> bytes:
    """`size` bytes. Raises EOFError if the peer has gone."""
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def shake_hands(peer: socket.socket, width: int, height: int) -> None:
    """The server's side of RFC 6143 section 7.1 to 7.3, security type None."""
    peer.sendall(b"RFB 003.008\n")
    exactly(peer, 12)
    peer.sendall(b"\x01\x01")
    exactly(peer, 1)
    peer.sendall(bytes(4))
    exactly(peer, 1)
    peer.sendall(struct.pack(">HH", width, height) + PIXEL_FORMAT + struct.pack(">I", 5) + b"plain")


def talk(peer: socket.socket, picture: Rgb, updates: Sequence[Sequence[Piece]]) -> None:
    """Answers each update request with the next of `updates`, then hangs up at the first one too many."""
    shake_hands(peer, picture.shape[1], picture.shape[0])
    waiting = list(updates)
    while True:
        kind = exactly(peer, 1)[0]
        if kind == 2:
            (count,) = struct.unpack(">xH", exactly(peer, 3))
            exactly(peer, 4 * count)
            continue
        exactly(peer, SIZES[kind] - 1)
        if kind == 3:
            if not waiting:
                return
            peer.sendall(update(picture, waiting.pop(0)))


@contextmanager
def serving(picture: Rgb, updates: Sequence[Sequence[Piece]]) -> Iterator[int]:
    """Serves one client on loopback; yields the port."""
    with answering(lambda peer: talk(peer, picture, updates)) as port:
        yield port


@contextmanager
def answering(talk_to: object) -> Iterator[int]:
    """Accepts one client and gives its socket to `talk_to` in a thread; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def run() -> None:
        try:
            peer, _ = listener.accept()
        except OSError:  # closed before anybody came
            return
        accepted.append(peer)
        with peer:
            try:
                talk_to(peer)  # type: ignore[operator]
            except (EOFError, OSError):  # the client went away, or the test is over
                return

    thread = threading.Thread(target=run, name="plain server")
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for peer in accepted:
            if peer.fileno() >= 0:
                peer.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        assert not thread.is_alive()
