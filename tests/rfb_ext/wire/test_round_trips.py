"""Whatever one end may send, the other receives as the same value, however the bytes are cut."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rfb_ext.errors import LocalProtocolError
from rfb_ext.wire import server_messages as s
from rfb_ext.wire.connection import Role
from rfb_ext.wire.fields import Message
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.rectangles import LastRectangle, Rectangle
from rfb_ext.wire.types import CANONICAL_8
from tests.rfb_ext.wire import strategies as make
from tests.rfb_ext.wire.ends import EVERYTHING, SERVER_HELLO, Pair, bytewise

BOUNDED = settings(suppress_health_check=[HealthCheck.too_slow])


def expected(message: Message) -> list[object]:
    if not isinstance(message, s.FramebufferUpdate):
        return [message]
    ends = bool(message.rectangles) and isinstance(message.rectangles[-1], LastRectangle)
    count = None if ends else len(message.rectangles)
    return [s.UpdateStarted(count), *message.rectangles, s.UpdateEnded()]


@BOUNDED
@given(st.lists(make.client_message, min_size=1, max_size=5))
def test_client_messages(messages: list[Message]) -> None:
    assert Pair().open_radterm().from_client(*messages) == messages


@BOUNDED
@given(make.client_settings)
def test_client_settings(message: Message) -> None:
    pair = Pair().open()
    pair.from_server(SERVER_HELLO)
    assert pair.from_client(message) == [message]
    assert pair.client.pixel_format == pair.server.pixel_format
    assert pair.client.encodings == pair.server.encodings


@BOUNDED
@given(st.lists(make.server_message, min_size=1, max_size=5))
def test_server_messages(messages: list[Message]) -> None:
    assert Pair().open_radterm().from_server(*messages) == messages


@BOUNDED
@given(make.server_hello)
def test_server_hello(message: Message) -> None:
    assert Pair().open().from_server(message) == [message]


@BOUNDED
@given(st.builds(s.ServerInit, st.integers(1, 8192), st.integers(1, 8192), make.pixel_format, make.text))
def test_server_init(message: s.ServerInit) -> None:
    pair = Pair()
    pair.shake()
    assert pair.from_server(message) == [message]
    assert pair.client.framebuffer == pair.server.framebuffer == (message.width, message.height)


@BOUNDED
@given(make.updates(make.plain_rectangle | make.radterm_rectangle | make.resize), st.booleans())
def test_updates(update: s.FramebufferUpdate, cut: bool) -> None:
    pair = Pair(cut=bytewise) if cut else Pair()
    pair.open_radterm()
    try:
        found = pair.from_server(update)
    except LocalProtocolError as error:  # a size came in front of a rectangle that then lies outside
        if "outside the framebuffer" not in str(error):
            raise
        return
    assert found == expected(update)
    assert b"".join(update.buffers()) == update.pack()
    assert pair.client.framebuffer == pair.server.framebuffer


MESSAGES: st.SearchStrategy[tuple[Role, Message | Rectangle]] = st.one_of(
    st.tuples(st.just(Role.CLIENT), make.client_message | make.client_settings),
    st.tuples(st.just(Role.CLIENT), st.just(s.Bell()) | make.raw()),
    st.tuples(
        st.just(Role.SERVER),
        make.server_message
        | make.server_hello
        | make.updates(make.plain_rectangle | make.radterm_rectangle)
        | make.updates(make.resize)
        | st.just(s.ServerInit(640, 480, CANONICAL_8, "again")),
    ),
)


@BOUNDED
@given(
    st.lists(MESSAGES, max_size=25),
    st.sampled_from([EVERYTHING, (0,), (0, int(Encoding.RADTERM), int(Encoding.LAST_RECT))]),
)
def test_two_ends_never_disagree(messages: list[tuple[Role, Message]], listed: tuple[int, ...]) -> None:
    """In any order: either send() refuses, or the other end takes it and both know the same."""
    pair = Pair().open(listed)
    for role, message in messages:
        try:
            found = pair.from_client(message) if role is Role.CLIENT else pair.from_server(message)
        except LocalProtocolError:
            continue
        assert found == expected(message)
        client, server = pair.client, pair.server
        assert client.state is server.state
        assert client.framebuffer == server.framebuffer
        assert client.pixel_format == server.pixel_format
        assert client.encodings == server.encodings
