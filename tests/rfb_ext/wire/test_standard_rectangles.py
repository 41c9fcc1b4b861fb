"""Where the encodings of other makers' programs end: byte vectors, walks, and lengths that cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.errors import LocalProtocolError, RemoteProtocolError
from rfb_ext.wire import rectangles as r
from rfb_ext.wire.client_messages import SetPixelFormat
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.server_messages import FramebufferUpdate, UpdateEnded, UpdateStarted
from rfb_ext.wire.standard_rectangles import WALKED, check_walk, parse_hextile, parse_rre, parse_tight
from rfb_ext.wire.types import PixelFormat, Rect
from tests.rfb_ext.wire.ends import Pair, bytewise, fed, named, vectors

ROWS = vectors("standard_rectangles")
VALID = [row for row in ROWS if row[1] == "valid"]
sides = st.integers(0, 40)
ONE = b"\0\0\0\1"
RGB565 = PixelFormat(16, 16, True, True, 31, 63, 31, 11, 5, 0)


def test_every_encoding_has_a_triple() -> None:
    for encoding in (1, 2, 5, 6, 7, 16):
        kinds = {kind for _, kind, data in ROWS if int.from_bytes(data[8:12], "big") == encoding}
        assert kinds == {"valid", "truncated", "hostile"}


@pytest.mark.parametrize(("name", "kind", "data"), ROWS, ids=named(ROWS))
def test_vector(name: str, kind: str, data: bytes) -> None:
    client = Pair().open().client
    if kind == "valid":
        start, rectangle, end = fed(client, ONE + data)
        assert (start, end) == (UpdateStarted(1), UpdateEnded())
        assert isinstance(rectangle, r.PixelRectangle)
        assert rectangle.payload == data[12:]
        assert rectangle.pack() == data
        assert fed(Pair().open().client, ONE + data, bytewise)[1] == rectangle
    elif kind == "truncated":
        assert fed(client, ONE + data) == [UpdateStarted(1)]
        client.receive_eof()
        with pytest.raises(RemoteProtocolError, match="middle"):
            client.next_event()
    else:
        # it may take the bytes of a header to see it, but no byte of what the header announces
        with pytest.raises(RemoteProtocolError):
            fed(client, ONE + data)


@pytest.mark.parametrize(("name", "kind", "data"), VALID, ids=named(VALID))
def test_none_has_a_place_in_radterm_and_the_server_sends_what_a_client_would_read(
    name: str, kind: str, data: bytes
) -> None:
    with pytest.raises(RemoteProtocolError, match="STANDARD_RECTANGLE"):
        fed(Pair().open_radterm().client, ONE + data)
    pair = Pair().open()
    rectangle = fed(Pair().open().client, ONE + data)[1]
    assert isinstance(rectangle, r.PixelRectangle)
    assert pair.from_server(FramebufferUpdate((rectangle,)))[1] == rectangle
    for wrong in (data[12:] + b"\0", data[12:-1]):
        if wrong == data[12:]:
            continue
        bad = r.PixelRectangle(rectangle.rect, rectangle.encoding, wrong)
        with pytest.raises(LocalProtocolError, match="payload"):
            pair.server.send(FramebufferUpdate((bad,)))


def test_only_what_the_client_listed() -> None:
    data = next(data for name, _, data in VALID if name == "TightFill")
    with pytest.raises(RemoteProtocolError, match="did not list"):
        fed(Pair().open((Encoding.ZRLE,)).client, ONE + data)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("0000 0000 0003 0002 00000002", "00000001 aabb ccdd 0000 0000 0001 0001"),
        ("0000 0000 0003 0002 00000005", "0e aabb ccdd 01 0000"),
        ("0000 0000 0003 0002 00000005", "01" + "aabb" * 6),
        ("0000 0000 0003 0002 00000007", "80 aabb"),
        ("0000 0000 0003 0002 00000007", "00 05 0102030405"),
        ("0000 0000 0003 0001 00000007", "00 aabb aabb aabb"),
    ],
)
def test_lengths_keep_to_set_pixel_format(header: str, body: str) -> None:
    pair = Pair().open()
    pair.from_client(SetPixelFormat(RGB565))
    rectangle = fed(pair.client, ONE + bytes.fromhex(header + body))[1]
    assert isinstance(rectangle, r.PixelRectangle)
    assert rectangle.payload == bytes.fromhex(body)
    assert len(pair.from_server(FramebufferUpdate((rectangle,)))) == 3


def test_a_tight_rectangle_has_at_most_2048_pixels_in_a_row() -> None:
    check_walk(parse_tight(Rect(0, 0, 2048, 1), 4, 3), b"\x80\0\0\0")
    with pytest.raises(ValueError, match="width"):
        next(parse_tight(Rect(0, 0, 2049, 1), 4, 3))


@pytest.mark.parametrize("encoding", [Encoding.ZLIB, Encoding.ZRLE, Encoding.RRE, Encoding.HEXTILE])
def test_nothing_larger_than_the_framebuffer_is_awaited(encoding: Encoding) -> None:
    header = r.HEADER.pack(0, 0, 16384, 16384, encoding)
    with pytest.raises(RemoteProtocolError, match="outside the framebuffer"):
        fed(Pair().open().client, ONE + header)


@pytest.mark.parametrize("parse", [parse_rre, parse_hextile, parse_tight])
@given(
    data=st.binary(max_size=400), w=st.integers(0, 40), h=st.integers(0, 40), pixel=st.sampled_from((1, 2, 4))
)
def test_any_bytes(parse, data: bytes, w: int, h: int, pixel: int) -> None:  # type: ignore[no-untyped-def]
    """A walk asks for bounded parts, refuses, or ends; what it took is the payload."""
    rect, tight = Rect(0, 0, w, h), 3 if pixel == 4 else pixel
    walk, at = parse(rect, pixel, tight), 0
    most = max(12 * rect.area, (1 << 22) - 1, 255 * 6)
    taken = None
    try:
        wanted = next(walk)
        while at + wanted <= len(data):
            assert 0 <= wanted <= most
            at += wanted
            wanted = walk.send(data[at - wanted : at])
        assert 0 <= wanted <= most
    except StopIteration as end:
        taken = end.value
    except ValueError:
        return
    if taken is not None:
        assert taken == data[:at]
        check_walk(parse(rect, pixel, tight), taken)
        with pytest.raises(ValueError, match="longer"):
            check_walk(parse(rect, pixel, tight), taken + b"\0")


def test_all_that_is_walked_is_a_standard_rectangle() -> None:
    assert set(WALKED) == {Encoding.RRE, Encoding.HEXTILE, Encoding.TIGHT}
