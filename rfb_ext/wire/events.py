"""What a connection tells: the messages that arrived, and what is no message of RFB."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from rfb_ext.wire.client_messages import FromClient
from rfb_ext.wire.handshake import AnswerWanted, HandshakeDone, SecurityFailed, TlsWanted
from rfb_ext.wire.rectangles import Rectangle
from rfb_ext.wire.server_messages import FromServer, UpdateEnded, UpdateStarted


class NeedData(Enum):
    """Nothing can be said before more has arrived."""

    NEED_DATA = auto()


NEED_DATA: Final = NeedData.NEED_DATA


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ConnectionEnded:
    """The other side closed the connection between two messages."""


Event = (
    HandshakeDone
    | SecurityFailed
    | TlsWanted
    | AnswerWanted
    | ConnectionEnded
    | UpdateStarted
    | UpdateEnded
    | FromClient
    | FromServer
    | Rectangle
)
