"""One login: slowed, asked elsewhere, answered."""

from __future__ import annotations

import pytest

from rfb_ext.errors import ConfigError
from rfb_ext.security.attempts import FREE, Attempts
from rfb_ext.security.login import Login
from rfb_ext.wire.handshake import Accepted, Refused
from tests.rfb_ext.security.steps import End, fed


def test_right_and_wrong() -> None:
    login = Login(Attempts(lambda: 0.0), "10.0.0.1")
    assert fed(login.decide("ana", lambda: True, "wrong"), b"").outcome == Accepted()
    assert fed(login.decide("ana", lambda: False, "wrong"), b"").outcome == Refused("wrong")


def test_the_password_is_not_looked_at_when_it_is_too_early() -> None:
    login = Login(Attempts(lambda: 0.0), "10.0.0.1")
    looked = []
    for _ in range(FREE + 5):
        outcome = fed(login.decide("ana", lambda: bool(looked.append(1)), "wrong"), b"").outcome
    assert len(looked) == FREE
    assert outcome == Refused("too many failed logins; try again in 1 second")


def test_a_question_that_nobody_called_is_no_yes() -> None:
    end = End(
        Login(Attempts(lambda: 0.0), "").decide("ana", lambda: True, "wrong"), ask=lambda question: None
    )
    end.run()
    assert end.outcome == Refused("wrong")


def test_what_the_check_raises_is_the_askers() -> None:
    def broken() -> bool:
        raise ConfigError("the file is gone")

    with pytest.raises(ConfigError):
        fed(Login(Attempts(lambda: 0.0), "").decide("ana", broken, "wrong"), b"")
