"""H.264 lossless (0x52540002) through PyAV: libx264 with qp 0, one stream per rectangle. PROTOCOL.md
section 7.

Lossless H.264 is transform bypass of the High 4:4:4 Predictive profile. Colour goes as planes G, B, R of
yuv444p tagged RGB; RGB *converted* to YUV would lose bits. Grey goes as luma alone. Sizes of one pixel
and odd sides need no padding of ours: libx264 repeats the border and crops by its SPS.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.codec.context import Flags

from rfb_ext.codecs.base import CodecContext
from rfb_ext.codecs.channels import (
    Plane,
    check_input,
    check_output,
    merge_colour,
    merge_grey,
    most_bytes,
    sample_type,
    split_colour,
    split_grey,
)
from rfb_ext.errors import DecodeError, EncodeError
from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect

CONTEXTS = 8
"""Contexts a client holds for one head; who was used last longest ago goes first, on both sides."""
OVERHANG = 64
"""Pixels by which a coded picture may be wider or higher than its rectangle."""
MAX_MACROBLOCKS = 139264
"""Frame size of level 6.2, the highest there is (Rec. H.264 table A-1)."""
MAX_UNITS = 16
"""NAL units in one access unit; libx264 makes at most four."""
HEADER = struct.Struct(">I4B")
RESET = 1
GREY, COLOUR = 0, 1

SLICES = (1, 5)
ALLOWED_UNITS = (1, 5, 6, 7, 8, 9)
"""Slice, IDR slice, SEI, SPS, PPS, access unit delimiter (Rec. H.264 table 7-1)."""

X264 = (
    "qp=0:slices=1:threads=1:sliced-threads=0:bframes=0:rc-lookahead=0:sync-lookahead=0:scenecut=0:"
    "keyint=infinite:repeat-headers=1:annexb=1"
)
INPUT_FORMATS = {
    (GREY, 8): "gray",
    (GREY, 10): "gray10le",
    (COLOUR, 8): "yuv444p",
    (COLOUR, 10): "yuv444p10le",
}
OUTPUT_FORMATS = {
    (GREY, 8): ("gray", "yuvj420p", "yuv420p"),
    (GREY, 10): ("gray10le", "yuv420p10le"),
    (COLOUR, 8): ("gbrp",),
    (COLOUR, 10): ("gbrp10le",),
}
"""What libavcodec calls them; of 4:2:0 only the luma plane counts."""


class H264Encoder:
    """One head's streams, at most CONTEXTS of them."""

    def __init__(self, context: CodecContext) -> None:
        self._depth = context.depth
        self._streams: OrderedDict[Rect, _OutputStream] = OrderedDict()

    def encode(self, pixels: Pixels, rect: Rect) -> bytes:
        """The payload; the first picture of a rectangle, and one that turns from grey to colour or back,
        resets its context. Raises EncodeError for a shape not that of `rect`, a rectangle beyond level
        6.2, a failure of libx264, or a picture that takes more bytes than Raw would."""
        check_input(pixels, rect)
        if -(-rect.w // 16) * -(-rect.h // 16) > MAX_MACROBLOCKS:
            raise EncodeError(f"H.264: {rect} is larger than level 6.2 allows")
        stream = self._streams.pop(rect, None)
        if stream is None or not stream.take(pixels):
            stream = self._opened(pixels, rect)
        reset = RESET if stream.pictures == 0 else 0
        unit = stream.unit()
        length = HEADER.size - 4 + len(unit)
        if length > most_bytes(rect):
            raise EncodeError("H.264: the picture takes more bytes than Raw")
        self._streams[rect] = stream  # not kept after a failure: its next picture resets
        while len(self._streams) > CONTEXTS:
            self._streams.popitem(last=False)
        return HEADER.pack(length, reset, stream.picture, self._depth, 0) + unit

    def close(self) -> None:
        """Frees all streams."""
        self._streams.clear()

    def _opened(self, pixels: Pixels, rect: Rect) -> _OutputStream:
        stream = _OutputStream(rect, GREY, self._depth)
        if not stream.take(pixels):
            stream = _OutputStream(rect, COLOUR, self._depth)
            stream.take(pixels)
        return stream


class _OutputStream:
    """libx264 for one rectangle, opened at its first picture."""

    def __init__(self, rect: Rect, picture: int, depth: int) -> None:
        self.picture = picture
        self.pictures = 0
        self._depth = depth
        self._frame = av.VideoFrame(rect.w, rect.h, INPUT_FORMATS[picture, depth])
        self._planes = [_samples(plane, depth)[: rect.h, : rect.w] for plane in self._frame.planes]
        self._codec: Any = None

    def take(self, pixels: Pixels) -> bool:
        """Puts the pixels into the frame. False if they are of the other kind than this stream."""
        if self.picture == GREY:
            return split_grey(pixels, self._depth, self._planes[0])
        green, blue, red = self._planes
        if self.pictures and split_grey(pixels, self._depth, green):
            return False
        split_colour(pixels, self._depth, red, green, blue)
        return True

    def unit(self) -> bytes:
        """The access unit of the picture taken last."""
        try:
            if self._codec is None:
                self._codec = self._open()
            self._frame.pts = self.pictures
            packets = self._codec.encode(self._frame)
        except (av.FFmpegError, ValueError, OSError) as error:
            raise EncodeError(f"H.264: {error}") from None
        if len(packets) != 1:
            raise EncodeError(f"H.264: one picture became {len(packets)} access units")
        self.pictures += 1
        return bytes(packets[0])

    def _open(self) -> Any:
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height = self._frame.width, self._frame.height
        codec.pix_fmt = INPUT_FORMATS[self.picture, self._depth]
        codec.time_base, codec.framerate = Fraction(1, 60), Fraction(60, 1)
        codec.thread_count = 1
        codec.max_b_frames = 0
        codec.color_range = 2  # full
        if self.picture == COLOUR:
            codec.colorspace = 0  # RGB: matrix GBR
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "qp": "0", "x264-params": X264}
        codec.open()
        return codec


class H264Decoder:
    """One head's streams, at most CONTEXTS of them."""

    def __init__(self, context: CodecContext) -> None:
        self._depth = context.depth
        self._streams: OrderedDict[Rect, _InputStream] = OrderedDict()

    def decode(self, payload: bytes | memoryview, rect: Rect, out: Pixels) -> None:
        """Writes canonical pixels to `out`, shape (rect.h, rect.w). Raises DecodeError for anything but
        one access unit of one slice that yields one picture of the rectangle's size at once, and for a
        context that is not held; then that context is forgotten."""
        check_output(out, rect)
        stream = self._streams.pop(rect, None)  # back at the end, when nothing failed
        if len(payload) < HEADER.size:
            raise DecodeError("H.264: the payload is shorter than its header")
        length, flags, picture, depth, zero = HEADER.unpack_from(payload)
        if length != len(payload) - 4 or flags > RESET or picture > COLOUR or depth != self._depth or zero:
            raise DecodeError("H.264: the header makes no sense")
        if -(-rect.w // 16) * -(-rect.h // 16) > MAX_MACROBLOCKS:
            raise DecodeError(f"H.264: {rect} is larger than level 6.2 allows")
        unit = memoryview(payload)[HEADER.size :]
        _check_units(unit)
        if flags & RESET:
            stream = _InputStream(rect, picture, depth)
        elif stream is None or stream.picture != picture:
            raise DecodeError(f"H.264: no context is held for {rect}")
        stream.decode(unit, out)
        self._streams[rect] = stream
        while len(self._streams) > CONTEXTS:
            self._streams.popitem(last=False)

    def close(self) -> None:
        """Frees all streams."""
        self._streams.clear()


class _InputStream:
    """libavcodec's H.264 decoder for one rectangle: software, one thread, nothing held back."""

    def __init__(self, rect: Rect, picture: int, depth: int) -> None:
        self.picture = picture
        self._depth = depth
        self._rect = rect
        self._codec: Any = None

    def decode(self, unit: memoryview, out: Pixels) -> None:
        """One access unit to one picture."""
        height, width = out.shape
        try:
            if self._codec is None:
                self._codec = self._open()
            frames = self._codec.decode(av.Packet(bytes(unit)))
        except (av.FFmpegError, ValueError, OSError) as error:
            raise DecodeError(f"H.264: {error}") from None
        if len(frames) != 1:
            raise DecodeError(f"H.264: one access unit became {len(frames)} pictures")
        frame = frames[0]
        if frame.format.name not in OUTPUT_FORMATS[self.picture, self._depth] or frame.is_corrupt:
            raise DecodeError(f"H.264: a picture of {frame.format.name} was not announced, or it is damaged")
        if not (0 <= frame.width - width <= OVERHANG and 0 <= frame.height - height <= OVERHANG):
            raise DecodeError(f"H.264: a picture of {frame.width}x{frame.height} is none of {width}x{height}")
        planes = [_samples(plane, self._depth)[:height, :width] for plane in frame.planes]
        if self.picture == GREY:
            merge_grey(planes[0], self._depth, out)
        else:
            green, blue, red = planes
            merge_colour(red, green, blue, self._depth, out)

    def _open(self) -> Any:
        codec = av.CodecContext.create("h264", "r")
        codec.thread_count = 1
        codec.flags |= Flags.low_delay
        # a larger picture is refused before memory is taken (libavcodec counts rows rounded up to 64
        # pixels); an error is one, and nothing is concealed
        most = (self._rect.w + OVERHANG + 64) * (self._rect.h + OVERHANG + 64)
        codec.options = {"max_pixels": str(most), "err_detect": "explode", "ec": "0"}
        codec.open()
        return codec


def _samples(plane: Any, depth: int) -> Plane:
    """A view of a PyAV plane, rows with their padding; it keeps the plane alive."""
    kind = sample_type(depth)
    return np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // kind.itemsize)


def _check_units(unit: memoryview) -> None:
    """Raises DecodeError unless the Annex B bytes hold exactly one slice, and nothing that has no place in
    an access unit of ours. libavcodec would take more, several slices among it."""
    data = bytes(unit)
    kinds: list[int] = []
    at = data.find(b"\0\0\1")
    while at >= 0 and at + 3 < len(data) and len(kinds) <= MAX_UNITS:
        kinds.append(data[at + 3] & 31)
        at = data.find(b"\0\0\1", at + 3)
    if len(kinds) > MAX_UNITS or any(kind not in ALLOWED_UNITS for kind in kinds):
        raise DecodeError("H.264: an access unit with parts that have no place in it")
    if sum(kind in SLICES for kind in kinds) != 1:
        raise DecodeError("H.264: an access unit of other than one slice")
