"""One login of one viewer, server's side: too many failures, then the check itself, then the answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from rfb_ext.security.attempts import Attempts
from rfb_ext.wire.handshake import Accepted, Refused, SecuritySteps, WantAnswer


@dataclass(frozen=True, slots=True)
class Login:
    """Who comes from `peer` (an address), judged by what all have tried before."""

    attempts: Attempts
    peer: str

    def decide(self, user: str, check: Callable[[], bool], wrong: str) -> SecuritySteps:
        """`check` may take its time and is called in another thread; `wrong`: the sentence if it says no."""
        wait = self.attempts.begin(self.peer, user)
        if wait > 0:
            seconds = math.ceil(wait)
            return Refused(f"too many failed logins; try again in {seconds} second{'s' * (seconds > 1)}")
        found: list[bool] = []
        yield WantAnswer(lambda: found.append(check()))
        if found != [True]:
            return Refused(wrong)
        self.attempts.succeeded(self.peer, user)
        return Accepted()
