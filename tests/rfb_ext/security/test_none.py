"""None: no bytes, both ends accept."""

from __future__ import annotations

import pytest

from rfb_ext.security.none import NoneSecurity
from rfb_ext.wire.handshake import Accepted, SecuritySteps
from rfb_ext.wire.numbers import Security


@pytest.mark.parametrize("steps", [NoneSecurity().server(), NoneSecurity().client()])
def test_nothing_is_exchanged(steps: SecuritySteps) -> None:
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == Accepted()


def test_its_number() -> None:
    assert (NoneSecurity.number, NoneSecurity.name) == (Security.NONE, "None")
