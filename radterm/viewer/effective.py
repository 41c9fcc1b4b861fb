"""What may be said of a head: the session's word, lowered by what this viewer does to the pixels.

The viewer never raises a state. A window that another one covers is not lowered: what is visible is right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from radterm.client.base import Exactness, State

NOTHING_YET = Exactness(State.NOT_FOR_DIAGNOSIS, "nothing has arrived yet")
BITS_LOST = "10-bit pixels are shown with 8 bits"
SCALED = "the picture is scaled"
PARTLY_VISIBLE = "only part of the head is visible"
PARTLY_NEW = "part of a newer picture is shown"


@dataclass(frozen=True, slots=True)
class OnGlass:
    """What the glass does to a head. `bits_lost`: it has fewer bits a channel; `scaled`: not 1:1;
    `partly_visible`: the window does not hold the whole head; `partly_new`: the update shown last did not
    prove the head as a whole."""

    bits_lost: bool = False
    scaled: bool = False
    partly_visible: bool = False
    partly_new: bool = False


def effective_exactness(session: Exactness, glass: OnGlass) -> Exactness:
    """The state to show. STALE stays STALE, and the session's own reason comes first."""
    if session.state in (State.STALE, State.NOT_FOR_DIAGNOSIS):
        return session
    reasons = (
        (glass.scaled, SCALED),
        (glass.bits_lost, BITS_LOST),
        (glass.partly_visible, PARTLY_VISIBLE),
    )
    for is_so, reason in reasons:
        if is_so:
            return replace(session, state=State.NOT_FOR_DIAGNOSIS, reason=reason)
    if session.state is State.EXACT and glass.partly_new:
        return replace(session, state=State.CATCHING_UP, reason=PARTLY_NEW)
    return session
