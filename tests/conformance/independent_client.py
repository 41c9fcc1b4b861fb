"""A radterm client written from PROTOCOL.md alone; it imports nothing of ours."""

from __future__ import annotations

import socket
import struct
import time
import zlib
from dataclasses import dataclass, field

import av
import imagecodecs
import numpy as np
import xxhash

RAW, PLANES, H264 = 0, 0x52540001, 0x52540002
RADTERM, BEGIN, DIGEST, END = 0x52540100, 0x52540110, 0x52540111, 0x52540112
LAST_RECT, LAYOUT, CONTINUOUS = -224, -308, -313


@dataclass
class Head:
    rect: tuple[int, int, int, int]
    depth: int
    pixels: np.ndarray
    proven: int = 0
    digest: bytes = b""
    contexts: dict[tuple[int, ...], av.CodecContext] = field(default_factory=dict)


class Client:
    """`rectangles` by encoding; `proven`: complete updates whose head digest matched; `faults`: sentences."""

    def __init__(self, host: str, port: int, encodings: tuple[int, ...]) -> None:
        self.socket = socket.create_connection((host, port), timeout=5)
        self.heads: dict[int, Head] = {}
        self.rectangles: dict[int, int] = {}
        self.faults: list[str] = []
        self.updates = self.proven = self.beats = self.seed = 0
        self.encodings = encodings

    def xxh128(self, data: bytes) -> bytes:
        return xxhash.xxh3_128(data, seed=self.seed).digest()

    def xxh64(self, data: bytes) -> bytes:
        return xxhash.xxh3_64(data, seed=self.seed).digest()

    def read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def unpack(self, form: str) -> tuple:
        return struct.unpack(">" + form, self.read(struct.calcsize(">" + form)))

    def message(self, subtype: int, payload: bytes) -> None:
        body = struct.pack(">BBHI", 82, subtype, 0, len(payload)) + payload
        self.socket.sendall(body + struct.pack(">I", zlib.crc32(body)))

    def open(self) -> None:
        self.read(12)
        self.socket.sendall(b"RFB 003.008\n")
        assert 1 in self.read(self.read(1)[0]), "no security type None"
        self.socket.sendall(b"\x01")
        assert self.unpack("I") == (0,), "refused"
        self.socket.sendall(b"\x01")
        self.size = self.unpack("HH16x")
        self.read(self.unpack("I")[0])
        listed = [*self.encodings, RADTERM, BEGIN, DIGEST, END, LAST_RECT, LAYOUT, CONTINUOUS]
        self.socket.sendall(struct.pack(f">BBH{len(listed)}i", 2, 0, len(listed), *listed))

    def radterm(self) -> None:
        header = self.read(7)
        subtype, payload = header[0], self.read(int.from_bytes(header[3:], "big"))
        crc = self.unpack("I")[0]
        if zlib.crc32(b"\x52" + header + payload) != crc:
            self.faults.append("a message's crc")
        if subtype == 1:
            self.seed = struct.unpack_from(">Q", payload, 4)[0]
        elif subtype == 2:
            at = 1
            for _ in range(payload[0]):
                head, x, y, w, h, depth, _policy, name = struct.unpack_from(">IHHHHBBH", payload, at)
                at += 16 + name
                self.heads[head] = Head((x, y, w, h), depth, np.zeros((h, w), "<u4"))
            count = len(self.encodings)
            hello = struct.pack(f">HHIIB{count}i", 1, 0, 0, 0, count, *self.encodings)
            self.message(1, hello + b"\0\4test")
            self.socket.sendall(struct.pack(">BBHHHH", 150, 1, 0, 0, *self.size))
        elif subtype == 3:
            self.beats += 1
            for at in range(12, 12 + 44 * payload[10], 44):
                head, serial, _captured, _read, digest = struct.unpack_from(">IQQQ16s", payload, at)
                if self.heads[head].proven == serial and self.heads[head].digest != digest:
                    self.faults.append("a heartbeat names another digest")

    def update(self) -> None:
        (count,) = self.unpack("xH")
        begin, named, chain, ok = None, (b"", b""), [], True
        for _ in range(count):
            header = self.read(12)
            x, y, w, h, encoding = struct.unpack(">HHHHi", header)
            rect = (x, y, w, h)
            if encoding == LAST_RECT:
                return
            if encoding == LAYOUT:
                self.read(16 * self.unpack("Bxxx")[0])
            elif encoding in (BEGIN, END):
                body = self.read(40)
                ok &= zlib.crc32(header + body[:36]) == struct.unpack(">I", body[36:])[0]
                if encoding == BEGIN:
                    begin = struct.unpack(">IIQQIB", body[:29])
                    ok &= self.heads[begin[1]].rect == rect
                elif begin is not None:
                    self.finish(begin, body, chain, ok)
            elif encoding == DIGEST:
                named = (self.read(16), self.read(8))
            elif begin is not None:
                head = self.heads[begin[1]]
                left, top = x - head.rect[0], y - head.rect[1]
                view = head.pixels[top : top + h, left : left + w]
                view[:] = self.decode(encoding, head, rect)
                self.rectangles[encoding] = self.rectangles.get(encoding, 0) + 1
                content = self.xxh128(struct.pack(">HHBBH", w, h, head.depth, 0, 0) + view.tobytes())
                place = struct.pack(">IHHIQQI", begin[1], x, y, begin[0], *begin[2:5])
                chain.append(self.xxh64(content + place))
                ok &= (content, chain[-1]) == named
            else:
                self.faults.append(f"pixels outside an update, encoding {encoding}")

    def finish(self, begin: tuple, body: bytes, chain: list[bytes], ok: bool) -> None:
        update, count, flags, digest, chained = struct.unpack(">IHBx16s8s", body[:32])
        head = self.heads[begin[1]]
        ok &= (update, count, chained) == (begin[0], len(chain), self.xxh64(b"".join(chain)))
        if flags & 1:
            bands = [self.xxh128(head.pixels[i : i + 64].tobytes()) for i in range(0, head.rect[3], 64)]
            text = struct.pack(">IHHHHBBHQ", begin[1], *head.rect, head.depth, 0, 0, begin[2])
            ok &= digest == self.xxh128(text + b"".join(bands))
            head.proven, head.digest = begin[2], digest
            self.proven += ok
        self.updates += 1
        if not ok:
            self.faults.append(f"update {update} of head {begin[1]} is not what it says")
        self.message(2, struct.pack(">IIBxxxII", update, begin[1], 3 if ok else 0, 0, 0))

    def decode(self, encoding: int, head: Head, rect: tuple[int, int, int, int]) -> np.ndarray:
        w, h = rect[2:]
        if encoding == RAW:
            return np.frombuffer(self.read(4 * w * h), "<u4").reshape(h, w)
        body = self.read(self.unpack("I")[0])
        planes = self.planes(body, w, h) if encoding == PLANES else self.h264(body, head, rect)
        red, green, blue = planes * (3 // len(planes))
        return red << 2 * head.depth | green << head.depth | blue

    def planes(self, body: bytes, w: int, h: int) -> list[np.ndarray]:
        """Red, green, blue; or one grey plane."""
        _format, count, depth, transform, up, coder, reference = body[:7]
        at, planes = 8 + 16 * reference, []
        for _ in range(count):
            length = struct.unpack_from(">I", body, at)[0]
            coded, at = body[at + 4 : at + 4 + length], at + 4 + length
            data = np.frombuffer(imagecodecs.zstd_decode(coded) if coder else coded, "u1").astype("<u4")
            plane = (data[: w * h] | (data[w * h :] << 8 if depth == 10 else 0)).reshape(h, w)
            planes.append((np.cumsum(plane, axis=0, dtype="<u4") if up else plane) % (1 << depth))
        if transform:
            green, red, blue = planes
            return [(red + green) % (1 << depth), green, (blue + green) % (1 << depth)]
        return planes

    def h264(self, body: bytes, head: Head, rect: tuple[int, ...]) -> list[np.ndarray]:
        if body[0] & 1:
            head.contexts.pop(rect, None)
        if rect not in head.contexts:
            head.contexts[rect] = av.CodecContext.create("h264", "r")
            head.contexts[rect].thread_type = "NONE"  # else pictures are held back
        (frame,) = head.contexts[rect].decode(av.Packet(body[4:]))
        kind, (w, h) = "<u2" if body[2] == 10 else "u1", rect[2:]
        raw = [np.frombuffer(p, kind).reshape(p.height, -1)[:h, :w].astype("<u4") for p in frame.planes]
        return [raw[2], raw[0], raw[1]] if body[1] else [raw[0]]


def watch(host: str, port: int, seconds: float, encodings: tuple[int, ...]) -> Client:
    """Views for `seconds`; the end of time is not a fault."""
    client, end = Client(host, port, encodings), time.monotonic() + seconds
    with client.socket:
        client.open()
        while time.monotonic() < end:
            kind = client.read(1)[0]
            if kind == 82:
                client.radterm()
            elif kind == 0:
                client.update()
            elif kind != 150:
                client.faults.append(f"message {kind} was never asked for")
    return client
