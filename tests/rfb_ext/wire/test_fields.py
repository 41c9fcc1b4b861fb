"""The queue of received bytes, and the primitives everything is read with."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.wire.fields import (
    COALESCE,
    ByteQueue,
    Fields,
    check_seal,
    foreign_text,
    pack_text,
    sealed,
    within,
)


@given(
    st.lists(st.binary(max_size=30) | st.integers(COALESCE - 1, COALESCE + 1).map(bytes), max_size=12),
    st.lists(st.integers(0, 6000), max_size=20),
)
def test_the_queue_gives_what_was_put_in(pieces: list[bytes], counts: list[int]) -> None:
    queue, model = ByteQueue(), b""
    for turn in range(max(len(pieces), len(counts))):
        if turn < len(pieces):
            queue.put(pieces[turn])
            model += pieces[turn]
        if turn < len(counts) and counts[turn] <= len(model):
            assert queue.take(counts[turn]) == model[: counts[turn]]
            model = model[counts[turn] :]
        assert len(queue) == len(model)
    assert queue.take(len(model)) == model


@pytest.mark.parametrize("size", [10, COALESCE, 100_000])
def test_what_the_owner_may_write_to_is_copied(size: int) -> None:
    queue, owned = ByteQueue(), bytearray(b"a" * size)
    queue.put(owned)
    queue.put(memoryview(owned))
    owned[:] = b"b" * size
    assert queue.take(2 * size) == b"a" * 2 * size


def test_words_are_taken_as_bytes() -> None:
    queue = ByteQueue()
    queue.put(memoryview(bytes(range(8))).cast("I"))
    assert len(queue) == 8
    assert queue.take(8) == bytes(range(8))


def test_single_bytes_cost_bytes() -> None:
    queue = ByteQueue()
    tracemalloc.start()
    try:
        for _ in range(1 << 19):
            queue.put(b"x")
        assert tracemalloc.get_traced_memory()[0] < 1 << 20
    finally:
        tracemalloc.stop()


def test_cleared() -> None:
    queue = ByteQueue()
    queue.put(b"abc")
    queue.put(bytes(COALESCE))
    queue.clear()
    assert len(queue) == 0
    queue.put(b"de")
    assert queue.take(2) == b"de"


def test_fields_end_where_the_payload_ends() -> None:
    fields = Fields(b"abc")
    assert fields.take(2) == b"ab"
    with pytest.raises(ValueError, match="shorter"):
        fields.take(2)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\2a", b"\x10\1" + b"a" * 4097, b"\0\1\xff", b"\0\2\xc3"])
def test_a_text_that_is_none(data: bytes) -> None:
    with pytest.raises(ValueError):
        Fields(data).text()


def test_a_text() -> None:
    assert pack_text("Röntgen") == b"\0\x08R\xc3\xb6ntgen"
    assert Fields(pack_text("é" * 2048)).text() == "é" * 2048


@pytest.mark.parametrize(
    ("data", "shown"),
    [(b"caf\xe9", "caf?"), ("caf\u00e9 \ufffd".encode(), "café \ufffd"), (b"\xf0\x9f\x98", "?")],
)
def test_foreign_text_never_grows(data: bytes, shown: str) -> None:
    assert foreign_text(data) == shown
    assert len(shown.encode()) <= len(data)


def test_a_seal() -> None:
    data = sealed(b"123456789")
    assert data[-4:] == b"\xcb\xf4\x39\x26"  # the check value of CRC-32
    check_seal("it", data[:3], data[3:])
    with pytest.raises(ValueError, match="the checksum of it is wrong"):
        check_seal("it", b"x" + data[1:])


@pytest.mark.parametrize(("value", "fits"), [(0, False), (1, True), (3, True), (4, False)])
def test_within(value: int, fits: bool) -> None:
    if fits:
        within("it", value, 1, 3)
    else:
        with pytest.raises(ValueError, match=f"it {value} is outside 1..3"):
            within("it", value, 1, 3)
