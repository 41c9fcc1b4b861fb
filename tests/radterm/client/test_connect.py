"""Real sockets, real lanes, several viewers at once."""

import contextlib
import socket
import threading
import time

import numpy as np
import pytest

from radterm.client.base import State
from radterm.client.connect import open_session
from rfb_ext.errors import PeerTimeout, RadtermError, RemoteProtocolError, UnreachableError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.types import Rect
from tests.kit.real_server import Remembering, serving, wait_until
from tests.kit.still_desktop import StillDesktop

HEADS = (Head(1, Rect(0, 0, 640, 400), name="left"), Head(2, Rect(640, 0, 333, 301), depth=10))


def clock() -> int:
    return time.monotonic_ns() // 1000


def noise(head: Head, seed: int) -> np.ndarray:
    """Blocks of 4x4 pixels in random colours."""
    height, width = head.rect.h, head.rect.w
    blocks = np.random.default_rng(seed).integers(0, 1 << 3 * head.depth, (height, width), dtype="<u4")
    return np.kron(blocks[: -(-height // 4), : -(-width // 4)], np.ones((4, 4), "<u4"))[:height, :width]


@contextlib.contextmanager
def opened(port: int, listener: Remembering):
    session = open_session("127.0.0.1", port, listener)
    try:
        yield session
    finally:
        session.close()
        listener.wait(lambda: listener.is_closed)


class Beating:
    """Beats for a StillDesktop, as its capture thread would."""

    def __init__(self, desktop: StillDesktop) -> None:
        self._desktop = desktop
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            self._desktop.beat()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *unused: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.parametrize("codec", ["planes", "h264", "raw"])
def test_two_viewers_get_every_pixel(codec):
    desktop = StillDesktop(HEADS, clock)
    first, second = Remembering(), Remembering()
    with serving(desktop, codec=codec) as (_, port), Beating(desktop), opened(port, first) as session:
        with opened(port, second):
            for step in range(8):
                for head in HEADS:
                    desktop.show(head.id, noise(head, step))
                for listener in (first, second):
                    listener.wait(
                        lambda listener=listener: all(
                            listener.is_exact(head.id, desktop.pixels[head.id]) for head in HEADS
                        )
                    )
        report = session.report()
    assert report["exact"]
    assert report["mismatches"] == report["resyncs"] == 0
    assert list(report["codecs"]) == [codec]
    assert first.error is None


def test_a_viewer_that_does_not_let_go_does_not_slow_another():
    desktop = StillDesktop(HEADS, clock)
    slow, fast = Remembering(), Remembering()
    slow.hold = True
    with serving(desktop) as (_, port), Beating(desktop), opened(port, slow), opened(port, fast):
        for step in range(20):
            for head in HEADS:
                desktop.show(head.id, noise(head, step))
            fast.wait(lambda: all(fast.is_exact(head.id, desktop.pixels[head.id]) for head in HEADS))
        assert len(slow.updates) <= 2, "one picture a head is on its way to the glass, nothing more"
        slow.hold = False
        for update in slow.updates[:]:
            update.release(True)
        slow.wait(lambda: all(slow.is_exact(head.id, desktop.pixels[head.id]) for head in HEADS))


def test_a_viewer_that_stops_reading_costs_bounded_memory_and_no_one_else():
    desktop = StillDesktop(HEADS, clock)
    fast = Remembering()
    with serving(desktop, codec="raw") as (host, port), Beating(desktop), opened(port, fast):
        deaf = socket.create_connection(("127.0.0.1", port))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(b"RFB 003.008\n\x01\x01")
        wait_until(lambda: len(host.protocols) == 2)
        full = bytes([3, 0]) + bytes(4) + (973).to_bytes(2, "big") + (400).to_bytes(2, "big")
        for step in range(30):
            deaf.sendall(full)
            for head in HEADS:
                desktop.show(head.id, noise(head, step))
            fast.wait(lambda: all(fast.is_exact(head.id, desktop.pixels[head.id]) for head in HEADS))
        unsent = [
            len(p.transport.dataBuffer) + sum(map(len, p.transport._tempDataBuffer)) for p in host.protocols
        ]
        assert max(unsent) < 4 * 973 * 400 * 2, "at most one update waits for a viewer"
        deaf.close()
        wait_until(lambda: len(host.protocols) == 1)


def test_a_server_that_goes_away_in_the_middle_of_an_update_is_said_and_is_not_exact():
    desktop = StillDesktop(HEADS[:1], clock)
    listener = Remembering()
    with serving(desktop) as (host, port), Beating(desktop):
        session = open_session("127.0.0.1", port, listener)
        desktop.show(1, noise(HEADS[0], 1))
        listener.wait(lambda: listener.is_exact(1, desktop.pixels[1]))
        (protocol,) = host.protocols
        from twisted.internet import reactor

        def cut() -> None:
            protocol.transport.write(b"\x00\x00\xff\xff\x00\x00")
            protocol.transport.loseConnection()

        reactor.callFromThread(cut)
        listener.wait(lambda: listener.is_closed)
    assert isinstance(listener.error, UnreachableError)
    assert not session.report()["exact"]


def test_silence_of_the_capture_thread_is_stale_within_a_second_and_a_beat_heals():
    desktop = StillDesktop(HEADS[:1], clock)
    listener = Remembering()
    with serving(desktop) as (_, port), opened(port, listener):
        desktop.show(1, noise(HEADS[0], 1))
        desktop.beat()
        listener.wait(lambda: listener.is_exact(1, desktop.pixels[1]))
        silent = time.monotonic()
        listener.wait(lambda: listener.states[1].state is State.STALE)
        assert 0.8 < time.monotonic() - silent < 1.3
        desktop.beat()
        listener.wait(lambda: listener.states[1].state is State.EXACT)


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(UnreachableError, match="check the address"):
        open_session("127.0.0.1", port, Remembering(), timeout=2)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", PeerTimeout),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", RemoteProtocolError),
        (b"RFB 003.008\n\x00\x00\x00\x00\x04full", RadtermError),
        (b"RFB 003.008\n\x01\x13", RadtermError),
    ],
)
def test_something_else_there(answer, error):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = []

        def serve() -> None:
            connection, _ = server.accept()
            taken.append(connection)
            connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        listener = Remembering()
        with pytest.raises(error) as caught:
            open_session("127.0.0.1", server.getsockname()[1], listener, timeout=1)
        thread.join()
        taken[0].close()
    assert str(caught.value)
    assert not listener.is_closed


def test_a_viewer_that_never_finishes_its_handshake_is_let_go(monkeypatch):
    monkeypatch.setattr("rfb_ext.server.protocol.HANDSHAKE_SECONDS", 0.3)
    desktop = StillDesktop(HEADS, clock)
    with serving(desktop) as (host, port), socket.create_connection(("127.0.0.1", port)) as idle:
        assert idle.recv(100) == b"RFB 003.008\n"
        with contextlib.suppress(ConnectionResetError):
            assert idle.recv(100) == b""
        wait_until(lambda: not host.protocols)


def test_a_viewer_that_takes_nothing_is_let_go_whatever_it_says(monkeypatch):
    """Each answer to it is a write, and no write may begin its time anew."""
    monkeypatch.setattr("rfb_ext.server.protocol.SILENT_SECONDS", 1.0)
    desktop = StillDesktop(HEADS, clock)
    with serving(desktop, codec="raw") as (host, port):
        deaf = socket.create_connection(("127.0.0.1", port))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        encodings = (0, -312, -313)
        listed = b"".join(number.to_bytes(4, "big", signed=True) for number in encodings)
        deaf.sendall(b"RFB 003.008\n\x01\x01" + bytes([2, 0, 0, 3]) + listed)
        deaf.sendall(bytes([150, 1, 0, 0, 0, 0]) + (973).to_bytes(2, "big") + (400).to_bytes(2, "big"))
        wait_until(lambda: len(host.protocols) == 1)
        fence = bytes([248, 0, 0, 0, 0x80, 0, 0, 0, 60]) + bytes(60)
        started = time.monotonic()
        step = 0
        with contextlib.suppress(OSError):
            while host.protocols and time.monotonic() - started < 15:
                step += 1
                for head in HEADS:
                    desktop.show(head.id, noise(head, step))
                deaf.sendall(fence * 10)
                threading.Event().wait(0.05)
        wait_until(lambda: not host.protocols)
        assert time.monotonic() - started < 10
        deaf.close()


def test_a_listener_that_fails_ends_the_session_and_is_not_exact():
    class Failing(Remembering):
        def update_ready(self, update) -> None:
            super().update_ready(update)
            if len(self.updates) == 2:
                raise KeyError("a fault of the viewer")

    desktop = StillDesktop(HEADS[:1], clock)
    listener = Failing()
    with serving(desktop) as (_, port), Beating(desktop):
        session = open_session("127.0.0.1", port, listener)
        desktop.show(1, noise(HEADS[0], 1))
        listener.wait(lambda: listener.is_exact(1, desktop.pixels[1]))
        desktop.show(1, noise(HEADS[0], 2))
        listener.wait(lambda: listener.is_closed)
    assert "KeyError" in str(listener.error)
    assert not session.report()["exact"]


def test_letting_go_twice_frees_nothing_and_what_was_not_shown_comes_again():
    desktop = StillDesktop(HEADS[:1], clock)
    listener = Remembering()
    listener.hold = True
    with serving(desktop) as (_, port), Beating(desktop), opened(port, listener):
        pixels = noise(HEADS[0], 1)
        for step in range(3):
            pixels[5, 5] = step  # one tile changes
            desktop.show(1, pixels)
            listener.wait(lambda n=step: len(listener.updates) > n)
            update = listener.updates[-1]
            update.release(step == 2)
            update.release(True)
            if step < 2:
                listener.wait(lambda: listener.states[1].state is State.CATCHING_UP)
        assert Rect(0, 0, 640, 400) in listener.updates[1].region
        listener.wait(lambda: listener.is_exact(1, desktop.pixels[1]))


def test_a_refused_connection_leaves_no_thread():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(UnreachableError):
        open_session("127.0.0.1", port, Remembering(), timeout=2)
    before = threading.active_count()
    for _ in range(3):
        with pytest.raises(UnreachableError):
            open_session("127.0.0.1", port, Remembering(), timeout=2)
    assert threading.active_count() <= before
