"""Hypothesis strategies for every message and rectangle, inside a framebuffer of 640x480."""

from __future__ import annotations

from hypothesis import strategies as st

from rfb_ext.wire import client_messages as c
from rfb_ext.wire import rectangles as r
from rfb_ext.wire import server_messages as s
from rfb_ext.wire.numbers import AckFlag, Encoding, HeadPolicy, ResyncReason
from rfb_ext.wire.types import CANONICAL_10, PixelFormat, Rect, Screen, ScreenLayout
from tests.rfb_ext.wire.ends import HEIGHT, WIDTH

u8, u16 = st.integers(0, 0xFF), st.integers(0, 0xFFFF)
u32, u64 = st.integers(0, 0xFFFFFFFF), st.integers(0, (1 << 64) - 1)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
encoding = st.integers(-(1 << 31), (1 << 31) - 1)
digest, placed = st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8)
RGB565 = PixelFormat(16, 16, True, True, 31, 63, 31, 11, 5, 0)
RGB332 = PixelFormat(8, 8, False, True, 7, 7, 3, 5, 2, 0)
pixel_format = st.sampled_from([CANONICAL_10, RGB565, RGB332])


@st.composite
def rects(draw: st.DrawFn, width: int = WIDTH, height: int = HEIGHT, least: int = 0) -> Rect:
    w, h = draw(st.integers(least, width)), draw(st.integers(least, height))
    return Rect(draw(st.integers(0, width - w)), draw(st.integers(0, height - h)), w, h)


@st.composite
def layouts(draw: st.DrawFn, width: int | None = None, height: int | None = None) -> ScreenLayout:
    w, h = width or draw(st.integers(1, 8192)), height or draw(st.integers(1, 8192))
    ids = draw(st.lists(u32, min_size=1, max_size=4, unique=True))
    return ScreenLayout(w, h, tuple(Screen(i, draw(rects(w, h, 1)), draw(u32)) for i in ids))


def listing(most: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(encoding, max_size=most).map(tuple)


update_acknowledged = st.builds(c.UpdateAcknowledged, u32, u32, u8.map(AckFlag), u32, u32)
resync = st.builds(
    c.ResyncRequest,
    u32,
    rects(),
    st.none() | encoding.filter(lambda e: e != 0x7FFFFFFF),
    st.sampled_from(ResyncReason),
)
client_hello = st.builds(c.ClientHello, st.integers(1, 0xFFFF), u32, listing(20), text, u32)
client_message = st.one_of(
    st.builds(c.FramebufferUpdateRequest, st.booleans(), rects()),
    st.builds(c.KeyEvent, st.booleans(), u32),
    st.builds(c.PointerEvent, u8, u16, u16),
    st.builds(c.ClientCutText, st.binary(max_size=300)),
    st.builds(c.EnableContinuousUpdates, st.booleans(), rects()),
    st.builds(c.ClientFence, u32, st.binary(max_size=64)),
    st.builds(c.SetDesktopSize, layouts()),
    st.builds(c.QemuKeyEvent, st.booleans(), u32, u32),
    update_acknowledged,
    resync,
    st.builds(c.InputTag, u32),
)
client_settings = st.one_of(
    st.builds(c.SetPixelFormat, pixel_format), st.builds(c.SetEncodings, listing(40)), client_hello
)

head = st.builds(
    s.HeadEntry, u32, rects(least=1), st.sampled_from([8, 10]), st.sampled_from(HeadPolicy), text
)
heads = st.lists(head, min_size=1, max_size=4, unique_by=lambda h: h.id).map(tuple)
pulses = st.lists(st.builds(s.PulseEntry, u32, u64, u64, u64, digest), max_size=4).map(tuple)
server_hello = st.builds(s.ServerHello, st.integers(1, 0xFFFF), u64, u32, listing(20), text)
server_message = st.one_of(
    st.builds(s.Bell),
    st.builds(s.ServerCutText, st.binary(max_size=300)),
    st.builds(s.SetColourMapEntries, u16, st.lists(st.tuples(u16, u16, u16), max_size=5).map(tuple)),
    st.builds(s.ServerFence, u32, st.binary(max_size=64)),
    st.builds(s.EndOfContinuousUpdates),
    st.builds(s.Heads, heads),
    st.builds(s.Heartbeat, u64, u16, pulses),
    st.builds(s.Notice, u16, text),
)


@st.composite
def raw(draw: st.DrawFn) -> r.PixelRectangle:
    rect = draw(rects(12, 12))
    size = 4 * rect.area
    return r.PixelRectangle(rect, Encoding.RAW, draw(st.binary(min_size=size, max_size=size)))


@st.composite
def coded(draw: st.DrawFn) -> r.PixelRectangle:
    data = draw(st.binary(max_size=200) | st.just(b"x" * 2000))
    number = draw(st.sampled_from([Encoding.PLANES, Encoding.H264_LOSSLESS]))
    return r.PixelRectangle(draw(rects()), number, len(data).to_bytes(4, "big") + data)


@st.composite
def cursor(draw: st.DrawFn) -> r.Rectangle:
    w, h = draw(st.integers(0, 20)), draw(st.integers(0, 20))
    hot = draw(u16), draw(u16)
    rgba = draw(st.binary(min_size=4 * w * h, max_size=4 * w * h))
    if draw(st.booleans()):
        return r.CursorWithAlphaRectangle(*hot, w, h, rgba)
    size = (w + 7) // 8 * h
    return r.CursorRectangle(*hot, w, h, rgba, draw(st.binary(min_size=size, max_size=size)))


@st.composite
def update_end(draw: st.DrawFn) -> r.UpdateEnd:
    complete = draw(st.booleans())
    head_digest = draw(digest) if complete else bytes(16)
    return r.UpdateEnd(draw(rects()), draw(u32), draw(u16), complete, head_digest, draw(placed))


radterm_rectangle = st.one_of(
    coded(),
    st.builds(r.UpdateBegin, rects(), u32, u32, u64, u64, u32, st.sampled_from([8, 10])),
    st.builds(r.RectangleDigest, rects(), digest, placed),
    update_end(),
)
plain_rectangle = st.one_of(
    raw(),
    cursor(),
    st.builds(r.DesktopNameRectangle, text),
    st.builds(r.QemuKeyRectangle),
)
resize = st.one_of(
    st.builds(r.DesktopSizeRectangle, st.integers(1, 8192), st.integers(1, 8192)),
    st.builds(r.LayoutRectangle, st.sampled_from([0, 2]), st.just(0), layouts()),
    st.builds(r.LayoutRectangle, st.just(1), st.integers(0, 3), layouts()),
)


@st.composite
def updates(draw: st.DrawFn, rectangle: st.SearchStrategy[r.Rectangle]) -> s.FramebufferUpdate:
    rectangles = tuple(draw(st.lists(rectangle, max_size=6)))
    return s.FramebufferUpdate((*rectangles, r.LastRectangle()) if draw(st.booleans()) else rectangles)
