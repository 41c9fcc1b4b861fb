"""A TCP relay between viewer and server that can flip one bit, go deaf, or stall. In threads, bounded."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType

CHUNK = 1 << 16


class Relay:
    """Listens on 127.0.0.1:`port`, passes everything to 127.0.0.1:`target`. A context.

    `deaf`: what comes from the viewer is thrown away. `flip_in(n, bit)`: the n-th byte from now on its
    way to the viewer arrives with one bit flipped; `flipped` is set when it has.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.deaf = False
        self.to_viewer = 0
        self.flipped = threading.Event()
        self._flip: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = [self._listening]
        self._threads: list[threading.Thread] = []

    def flip_in(self, distance: int, bit: int) -> None:
        with self._lock:
            self.flipped.clear()
            self._flip = (self.to_viewer + distance, bit)

    def __enter__(self) -> Relay:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            sockets = list(self._sockets)
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True, name="relay")  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                viewer, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            for one in (viewer, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets += [viewer, server]
            self._start(self._pass, server, viewer, True)
            self._start(self._pass, viewer, server, False)

    def _pass(self, source: socket.socket, sink: socket.socket, to_viewer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if to_viewer:
                    data = self._tampered(data)
                elif self.deaf:
                    continue
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _tampered(self, data: bytes) -> bytes:
        with self._lock:
            start, self.to_viewer = self.to_viewer, self.to_viewer + len(data)
            if self._flip is None or not start <= self._flip[0] < self.to_viewer:
                return data
            changed = bytearray(data)
            changed[self._flip[0] - start] ^= 1 << self._flip[1]
            self._flip = None
            self.flipped.set()
            return bytes(changed)
