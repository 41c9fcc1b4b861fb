"""Failed logins, on a clock of the test's own."""

from __future__ import annotations

import pytest

from rfb_ext.security import attempts as module
from rfb_ext.security.attempts import FORGOTTEN_SECONDS, FREE, MOST_SECONDS, Attempts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fail(attempts: Attempts, address: str, user: str, times: int = 1) -> None:
    for _ in range(times):
        assert attempts.begin(address, user) == 0


def test_waiting_times_double_up_to_a_limit(clock: Clock) -> None:
    attempts = Attempts(clock)
    fail(attempts, "10.0.0.1", "ana", FREE)
    waits = []
    for _ in range(9):
        waits.append(attempts.begin("10.0.0.1", "ana"))
        clock.now += waits[-1]
        fail(attempts, "10.0.0.1", "ana")
    assert waits == [1, 2, 4, 8, 16, 32, MOST_SECONDS, MOST_SECONDS, MOST_SECONDS]


def test_who_comes_too_early_is_not_counted(clock: Clock) -> None:
    attempts = Attempts(clock)
    fail(attempts, "10.0.0.1", "ana", FREE)
    assert [attempts.begin("10.0.0.1", "ana") for _ in range(50)] == [1.0] * 50
    clock.now += 0.25
    assert attempts.begin("10.0.0.1", "ana") == 0.75
    clock.now += 0.75
    fail(attempts, "10.0.0.1", "ana")


def test_many_at_once_gain_nothing(clock: Clock) -> None:
    """None of them was found wrong yet."""
    attempts = Attempts(clock)
    assert [attempts.begin("10.0.0.1", "ana") for _ in range(FREE + 2)] == [0.0] * FREE + [1.0] * 2


def test_one_address_many_users(clock: Clock) -> None:
    attempts = Attempts(clock)
    for user in ("ana", "bo", "cy"):
        fail(attempts, "10.0.0.1", user)
    assert attempts.begin("10.0.0.1", "dee") > 0
    fail(attempts, "10.0.0.2", "dee")


def test_one_user_many_addresses(clock: Clock) -> None:
    attempts = Attempts(clock)
    for last in range(FREE):
        fail(attempts, f"10.0.0.{last}", "ana")
    assert attempts.begin("10.0.9.9", "ana") > 0
    fail(attempts, "10.0.9.9", "bo")


def test_others_cannot_keep_a_user_out_where_he_is_known(clock: Clock) -> None:
    attempts = Attempts(clock)
    fail(attempts, "10.0.0.1", "ana")
    attempts.succeeded("10.0.0.1", "ana")
    for last in range(FREE):
        fail(attempts, f"192.0.2.{last}", "ana")
    assert attempts.begin("192.0.2.77", "ana") > 0
    fail(attempts, "10.0.0.1", "ana")


def test_success_does_not_excuse_an_address(clock: Clock) -> None:
    """Else whoever has one password could try those of all others."""
    attempts = Attempts(clock)
    for user in ("bo", "cy"):
        fail(attempts, "10.0.0.1", user)
    for _ in range(20):
        fail(attempts, "10.0.0.1", "ana")
        attempts.succeeded("10.0.0.1", "ana")
    fail(attempts, "10.0.0.1", "dee")
    assert attempts.begin("10.0.0.1", "eve") > 0


def test_forgotten_in_the_end(clock: Clock) -> None:
    attempts = Attempts(clock)
    fail(attempts, "10.0.0.1", "ana", FREE)
    clock.now += FORGOTTEN_SECONDS + 1
    fail(attempts, "10.0.0.1", "ana", FREE)
    assert attempts.begin("10.0.0.1", "ana") == 1.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("", "10.0.0.2", False),
    ],
)
def test_what_one_address_is(one: str, other: str, same: bool, clock: Clock) -> None:
    attempts = Attempts(clock)
    for user in ("a", "b", "c"):
        fail(attempts, one, user)
    assert (attempts.begin(other, "d") > 0) is same


def test_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 10)
    attempts = Attempts(clock)
    for number in range(100):
        fail(attempts, f"10.0.1.{number}", f"user {number}")
        attempts.succeeded(f"10.0.1.{number}", f"user {number}")
    assert len(attempts._counts) <= 10
    assert len(attempts._known) <= 10
