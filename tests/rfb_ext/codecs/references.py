"""Decoders written from the texts, pixel by pixel in plain Python, sharing nothing with ours.

Each gives rows of pixels as numbers of the viewer's format, bits outside the channels included.
"""

from __future__ import annotations

import zlib

from rfb_ext.wire.types import PixelFormat


class Input:
    """Bytes from the front."""

    def __init__(self, data: bytes) -> None:
        self.data = bytes(data)

    def take(self, count: int) -> bytes:
        assert len(self.data) >= count, "too short"
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def pixel(self, f: PixelFormat) -> int:
        """RFC 6143 section 7.4."""
        return int.from_bytes(self.take(f.bits_per_pixel // 8), "big" if f.big_endian else "little")

    def cpixel(self, f: PixelFormat) -> int:
        """RFC 6143 section 7.7.5."""
        order = "big" if f.big_endian else "little"
        used = f.red_max << f.red_shift | f.green_max << f.green_shift | f.blue_max << f.blue_shift
        if f.bits_per_pixel == 32 and f.depth <= 24:
            if used <= 0x00FFFFFF:
                return int.from_bytes(self.take(3), order)
            if used & 0xFF == 0:
                return int.from_bytes(self.take(3), order) << 8
        return self.pixel(f)

    def tpixel(self, f: PixelFormat) -> int:
        """rfbproto, Tight Encoding."""
        if f.bits_per_pixel == 32 and f.depth == 24 and f.red_max == f.green_max == f.blue_max == 255:
            red, green, blue = self.take(3)
            return red << f.red_shift | green << f.green_shift | blue << f.blue_shift
        return self.pixel(f)


def raw(data: Input, w: int, h: int, f: PixelFormat) -> list[list[int]]:
    return [[data.pixel(f) for _ in range(w)] for _ in range(h)]


def rre(payload: bytes, w: int, h: int, f: PixelFormat) -> list[list[int]]:
    data = Input(payload)
    count = data.u32()
    background = data.pixel(f)
    rows = [[background] * w for _ in range(h)]
    for _ in range(count):
        colour, x, y, sw, sh = data.pixel(f), data.u16(), data.u16(), data.u16(), data.u16()
        for row in rows[y : y + sh]:
            assert x + sw <= w
            row[x : x + sw] = [colour] * sw
    assert not data.data
    return rows


def hextile(payload: bytes, w: int, h: int, f: PixelFormat) -> list[list[int]]:
    data = Input(payload)
    rows = [[-1] * w for _ in range(h)]
    background = foreground = None
    for ty in range(0, h, 16):
        for tx in range(0, w, 16):
            tw, th = min(16, w - tx), min(16, h - ty)
            flags = data.u8()
            if flags & 1:
                for y, row in enumerate(raw(data, tw, th, f)):
                    rows[ty + y][tx : tx + tw] = row
                background = foreground = None  # the strictest reading: a raw tile leaves nothing behind
                continue
            if flags & 2:
                background = data.pixel(f)
            if flags & 4:
                assert not flags & 16
                foreground = data.pixel(f)
            assert background is not None
            for y in range(th):
                rows[ty + y][tx : tx + tw] = [background] * tw
            for _ in range(data.u8() if flags & 8 else 0):
                colour = data.pixel(f) if flags & 16 else foreground
                assert colour is not None
                xy, wh = data.u8(), data.u8()
                x, y, sw, sh = xy >> 4, xy & 15, (wh >> 4) + 1, (wh & 15) + 1
                assert x + sw <= tw
                assert y + sh <= th
                for row in rows[ty + y : ty + y + sh]:
                    row[tx + x : tx + x + sw] = [colour] * sw
    assert not data.data
    return rows


class Zlib:
    """zlib, "zlib Encoding": one stream."""

    def __init__(self) -> None:
        self.stream = zlib.decompressobj()

    def inflated(self, payload: bytes) -> Input:
        data = Input(payload)
        count = data.u32()
        assert count == len(data.data)
        return Input(self.stream.decompress(data.data))

    def decode(self, payload: bytes, w: int, h: int, f: PixelFormat) -> list[list[int]]:
        data = self.inflated(payload)
        rows = raw(data, w, h, f)
        assert not data.data
        return rows


class Zrle(Zlib):
    """RFC 6143 sections 7.7.5 and 7.7.6."""

    def __init__(self) -> None:
        super().__init__()
        self.ways: set[int] = set()

    def decode(self, payload: bytes, w: int, h: int, f: PixelFormat) -> list[list[int]]:
        data = self.inflated(payload)
        rows = [[-1] * w for _ in range(h)]
        for ty in range(0, h, 64):
            for tx in range(0, w, 64):
                tw, th = min(64, w - tx), min(64, h - ty)
                pixels = self.tile(data, tw, th, f)
                assert len(pixels) == tw * th
                for y in range(th):
                    rows[ty + y][tx : tx + tw] = pixels[y * tw : y * tw + tw]
        assert not data.data
        return rows

    def tile(self, data: Input, w: int, h: int, f: PixelFormat) -> list[int]:
        way = data.u8()
        self.ways.add(way)
        if way == 0:
            return [data.cpixel(f) for _ in range(w * h)]
        if way == 1:
            return [data.cpixel(f)] * (w * h)
        pixels: list[int] = []
        if way <= 16:
            palette = [data.cpixel(f) for _ in range(way)]
            bits = 1 if way == 2 else 2 if way <= 4 else 4
            for _ in range(h):
                row = "".join(f"{byte:08b}" for byte in data.take((w * bits + 7) // 8))
                pixels += [palette[int(row[i * bits : i * bits + bits], 2)] for i in range(w)]
            return pixels
        assert way == 128 or way >= 130
        palette = [data.cpixel(f) for _ in range(way - 128)]
        while len(pixels) < w * h:
            if way == 128:
                colour, longer = data.cpixel(f), True
            else:
                index = data.u8()
                colour, longer = palette[index & 127], index > 127
            length = 1
            while longer:
                byte = data.u8()
                length += byte
                longer = byte == 255
            pixels += [colour] * length
        return pixels


class Tight:
    """rfbproto, Tight Encoding: four streams."""

    def __init__(self) -> None:
        self.streams = [zlib.decompressobj() for _ in range(4)]
        self.ways: set[str] = set()

    def decode(self, payload: bytes, w: int, h: int, f: PixelFormat) -> list[list[int]]:
        data = Input(payload)
        control = data.u8()
        for i in range(4):
            if control & 1 << i:
                self.streams[i] = zlib.decompressobj()
        if control >> 4 == 8:
            self.ways.add("fill")
            colour = data.tpixel(f)
            rows = [[colour] * w for _ in range(h)]
        else:
            assert control < 0x80
            rows = self.basic(data, control, w, h, f)
        assert not data.data
        return rows

    def basic(self, data: Input, control: int, w: int, h: int, f: PixelFormat) -> list[list[int]]:
        stream = self.streams[control >> 4 & 3]
        kind = data.u8() if control & 0x40 else 0
        if kind == 1:
            colours = data.u8() + 1
            palette = [data.tpixel(f) for _ in range(colours)]
            bits = 1 if colours == 2 else 8
            self.ways.add(f"palette of {bits}")
            unpacked = Input(self.data(data, stream, (w * bits + 7) // 8 * h))
            rows = []
            for _ in range(h):
                row = "".join(f"{byte:08b}" for byte in unpacked.take((w * bits + 7) // 8))
                rows.append([palette[int(row[i * bits : i * bits + bits], 2)] for i in range(w)])
            return rows
        self.ways.add(("copy", "", "gradient")[kind])
        three = f.bits_per_pixel == 32 and f.depth == 24 and f.red_max == f.green_max == f.blue_max == 255
        unpacked = Input(self.data(data, stream, w * h * (3 if three else f.bits_per_pixel // 8)))
        rows = [[unpacked.tpixel(f) for _ in range(w)] for _ in range(h)]
        if kind == 2:
            ungradient(rows, f)
        return rows

    def data(self, data: Input, stream: zlib._Decompress, size: int) -> bytes:
        if size < 12:
            return data.take(size)
        length = data.u8()
        if length & 0x80:
            length = length & 0x7F | data.u8() << 7
            if length & 0x4000:
                length = length & 0x3FFF | data.u8() << 14
        inflated = stream.decompress(data.take(length))
        assert len(inflated) == size
        return inflated


def ungradient(rows: list[list[int]], f: PixelFormat, sign: int = 1) -> None:
    """rfbproto, "Tight Encoding", gradient filter: differences to pixels, in place; with sign -1 the other
    way round (then from the end, so that neighbours are still pixels)."""
    channels = ((f.red_max, f.red_shift), (f.green_max, f.green_shift), (f.blue_max, f.blue_shift))
    places = [(x, y) for y in range(len(rows)) for x in range(len(rows[0]))]
    for x, y in places[::sign]:
        total = 0
        for top, shift in channels:

            def value(i: int, j: int, top: int = top, shift: int = shift) -> int:
                return rows[j][i] >> shift & top if i >= 0 and j >= 0 else 0

            predicted = value(x - 1, y) + value(x, y - 1) - value(x - 1, y - 1)
            predicted = max(0, min(top, predicted))
            total |= (value(x, y) + sign * predicted & top) << shift
        rows[y][x] = total
