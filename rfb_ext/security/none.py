"""Security type None: nobody is asked anything (RFC 6143 section 7.2.1)."""

from __future__ import annotations

from rfb_ext.wire.handshake import Accepted, SecuritySteps
from rfb_ext.wire.numbers import Security


class NoneSecurity:
    """Both roles; the smallest security type, and the pattern for the others."""

    number: int = Security.NONE
    name: str = "None"

    def server(self) -> SecuritySteps:
        return _nothing()

    def client(self) -> SecuritySteps:
        return _nothing()


def _nothing() -> SecuritySteps:
    yield from ()
    return Accepted()
