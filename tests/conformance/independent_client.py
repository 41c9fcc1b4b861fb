"""A client of the radterm extension of RFB, written from PROTOCOL.md and RFC 6143 alone.

It shares no code with the server: that it proves every picture shows that the text is enough. Numbers in
the comments are sections of PROTOCOL.md. Run it with ``python independent_client.py HOST PORT [SECONDS]``.
"""

import socket
import struct
import time
import zlib
from collections import Counter, OrderedDict
from dataclasses import dataclass, field

import av
import imagecodecs
import numpy as np
import xxhash

RAW, PLANES, H264 = 0, 0x52540001, 0x52540002
RADTERM, BEGIN, DIGEST, END = 0x52540100, 0x52540110, 0x52540111, 0x52540112
LAST_RECT, DESKTOP_SIZE, CONTINUOUS = -224, -308, -313
PSEUDO = (RADTERM, BEGIN, DIGEST, END, LAST_RECT, DESKTOP_SIZE, CONTINUOUS)
MISMATCH, DECODE_ERROR, BAD_HEADER, HEAD_DIGEST = 1, 2, 3, 4  # reasons of ResyncRequest
NO_ENCODING = 0x7FFFFFFF


class ProtocolError(Exception):
    """The stream makes no sense any more: close."""


class HeadFailure(Exception):
    """A check failed: the head is unverified, the stream goes on. Arguments: reason, encoding, sentence."""


@dataclass
class Head:
    """One head, its framebuffer and what is known of it."""

    id: int
    box: tuple[int, int, int, int]
    depth: int
    pixels: np.ndarray
    serial: int = 0  # the last proven one, 0 if none
    digest: bytes = b""  # the head digest of that serial; empty while the head is unverified
    contexts: OrderedDict = field(default_factory=OrderedDict)  # H.264 decoders by rectangle


@dataclass
class Result:
    """What a session showed; `pixels` and `serials` by head id, `rectangles` by encoding number."""

    pixels: dict[int, np.ndarray] = field(default_factory=dict)
    serials: dict[int, int] = field(default_factory=dict)
    updates: int = 0
    proven: int = 0  # complete updates whose head digest matched
    complete: int = 0  # complete updates in all
    heartbeats: int = 0  # entries of heartbeats that could be compared with a proven serial
    rectangles: Counter = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def require(condition: object, sentence: str) -> None:
    """Close the session with `sentence` unless `condition` holds."""
    if not condition:
        raise ProtocolError(sentence)


def samples(data: bytes, w: int, h: int, depth: int) -> np.ndarray:
    """The samples of one plane from its bytes (6): depth 10 has all low bytes, then all high bytes."""
    planes = np.frombuffer(data, np.uint8).reshape(-1, h, w).astype(np.uint32)
    plane = planes[0] if depth == 8 else planes[0] | planes[1] << 8
    if plane.max(initial=0) >> depth:
        raise ValueError("a sample is above the depth")
    return plane


def decode_planes(data: bytes, w: int, h: int, head_depth: int) -> list[np.ndarray]:
    """Planes (6): the payload behind its length, to the planes R, G, B."""
    version, count, depth, transform, up, coder, reference, zero = data[:8]
    if (version, depth, reference, zero) != (1, head_depth, 0, 0) or count not in (1, 3):
        raise ValueError("bad Planes header")
    if transform > (count == 3) or up > 1 or coder > 1:
        raise ValueError("reserved value in the Planes header")
    planes, at, size = [], 8, w * h * (1 if depth == 8 else 2)
    for _ in range(count):
        (length,) = struct.unpack_from(">I", data, at)
        coded, at = data[at + 4 : at + 4 + length], at + 4 + length
        raw = bytes(imagecodecs.zstd_decode(coded, out=size + 1)) if coder else coded
        if len(coded) != length or len(raw) != size:
            raise ValueError("a plane has the wrong length")
        plane = samples(raw, w, h, depth)
        planes.append(np.cumsum(plane, axis=0, dtype=np.uint32) & ((1 << depth) - 1) if up else plane)
    if at != len(data):
        raise ValueError("bytes behind the last plane")
    if transform:  # G, R-G, B-G
        green, red, blue = planes
        return [(red + green) & ((1 << depth) - 1), green, (blue + green) & ((1 << depth) - 1)]
    return planes * 3 if count == 1 else planes


def decode_h264(data: bytes, head: Head, box: tuple[int, int, int, int]) -> list[np.ndarray]:
    """H.264 lossless (7): the payload behind its length, to the planes R, G, B."""
    reset, colour, depth, zero = data[:4]
    if reset > 1 or colour > 1 or depth != head.depth or zero:
        raise ValueError("bad H.264 header")
    decoder = head.contexts.pop(box, None)  # put back below, so a failure forgets the context
    if reset:
        decoder = av.CodecContext.create("h264", "r")
        decoder.thread_count = 1
    if decoder is None:
        raise ValueError("no context for this rectangle, and no reset")
    frames = decoder.decode(av.Packet(data[4:]))
    if len(frames) != 1 or frames[0].format.components[0].bits != depth:
        raise ValueError(f"{len(frames)} pictures of one rectangle, or of the wrong depth")
    planes, (_, _, w, h) = [], box
    for plane in frames[0].planes[: 3 if colour else 1]:
        rows = np.frombuffer(plane, np.uint8 if depth == 8 else "<u2").reshape(plane.height, -1)
        if not (w <= plane.width <= w + 64 and h <= plane.height <= h + 64):
            raise ValueError("the picture has the wrong size")
        planes.append(rows[:h, :w].astype(np.uint32))
    head.contexts[box] = decoder
    if len(head.contexts) > 8:
        head.contexts.popitem(last=False)
    return [planes[2], planes[0], planes[1]] if colour else planes * 3


class Session:
    """One connection, from the opening to the end of its time."""

    def __init__(self, host: str, port: int, seconds: float, encodings: tuple[int, ...]) -> None:
        self.deadline = time.monotonic() + seconds
        self.sock = socket.create_connection((host, port), timeout=seconds)
        self.encodings = encodings
        self.result = Result()
        self.heads: dict[int, Head] = {}
        self.seed = self.size = None
        self.closing = self.greeted = False

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes, or TimeoutError at the end of the time."""
        data = bytearray()
        while len(data) < count:
            self.sock.settimeout(max(self.deadline - time.monotonic(), 0.001))
            part = self.sock.recv(min(count - len(data), 1 << 18))
            require(part, "the server closed without a word")
            data += part
            if time.monotonic() > self.deadline:
                raise TimeoutError
        return bytes(data)

    def unpack(self, form: str) -> tuple:
        """The fields of `form` from the stream, big-endian."""
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))

    def send(self, form: str, *values: object) -> None:
        """Send the fields of `form`, big-endian."""
        self.sock.sendall(struct.pack(">" + form, *values))

    def message(self, subtype: int, form: str, *values: object) -> None:
        """Send a Radterm message (3)."""
        payload = struct.pack(">" + form, *values)
        data = struct.pack(">BBHI", 82, subtype, 0, len(payload)) + payload
        self.sock.sendall(data + struct.pack(">I", zlib.crc32(data)))

    def hash128(self, data: bytes) -> bytes:
        """XXH3-128 with the seed of the session (4)."""
        return xxhash.xxh3_128_digest(data, self.seed)

    def fault(self, sentence: str) -> None:
        """Note a fault."""
        self.result.faults.append(sentence)

    def open(self) -> None:
        """RFC 6143 up to ServerInit, then SetEncodings (2.1, 2.2)."""
        require(self.take(12) == b"RFB 003.008\n", "not RFB 3.8")
        self.sock.sendall(b"RFB 003.008\n")
        require(1 in self.take(self.take(1)[0]), "security type None is not offered")
        self.send("B", 1)
        require(self.unpack("I") == (0,), "the server refused the security type")
        self.send("B", 1)  # ClientInit: shared
        *self.size, name = self.unpack("HH16xI")
        self.take(name)
        numbers = (*self.encodings, *PSEUDO)
        self.send(f"BxH{len(numbers)}i", 2, len(numbers), *numbers)
