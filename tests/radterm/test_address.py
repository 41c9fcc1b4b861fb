"""Addresses as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radterm.address import Address, parse_address
from rfb_ext.errors import UsageError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:5900", "127.0.0.1", 5900),
        ("localhost:1", "localhost", 1),
        ("[::1]:65535", "::1", 65535),
        ("[fe80::1]:5901", "fe80::1", 5901),
        ("ct-room_2.example:5900", "ct-room_2.example", 5900),
    ],
)
def test_reads_and_writes_back(text: str, host: str, port: int) -> None:
    address = parse_address(text)
    assert (address.host, address.port) == (host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "no port"),
        ("host", "no port"),
        (":5900", "no host"),
        ("::1:5900", "brackets"),
        ("[::1]", r"\[IPV6\]:PORT"),
        ("[::1:5900", r"\[IPV6\]:PORT"),
        ("[1.2.3.4]:5900", "no IPv6"),
        ("host:", "no port"),
        ("host:x", "no port"),
        ("host:-1", "no port"),
        ("host:+1", "no port"),
        ("host:0", "from 1 to 65535"),
        ("host:65536", "from 1 to 65535"),
        ("host:٥٩٠٠", "no port"),
        ("host:" + "9" * 5000, "no port"),
        ("a b:1", "no host name"),
        ("a/b:1", "no host name"),
        ("a" * 254 + ":1", "no host name"),
    ],
)
def test_refuses_with_a_sentence(text: str, names: str) -> None:
    with pytest.raises(UsageError, match=names):
        parse_address(text)


def test_the_system_may_choose_the_port_only_where_said() -> None:
    assert parse_address("127.0.0.1:0", lowest_port=0) == Address("127.0.0.1", 0)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_usage_error(text: str) -> None:
    try:
        address = parse_address(text)
    except UsageError:
        return
    assert parse_address(str(address)) == address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.0.9", "::1", "localhost", "LocalHost"])
def test_stays_on_this_machine(host: str) -> None:
    assert Address(host, 1).is_loopback


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "localhost.example", "example", "::ffff:10.0.0.1", "127.1"],
)
def test_could_leave_this_machine(host: str) -> None:
    assert not Address(host, 1).is_loopback
