"""THE transition table of a connection, seen from neither side.

A row says: in this state, this role may send this kind of message, and the state is then that. Both ends
walk the same table, each for what it sends and for what it receives. What has no row is a protocol error:
local when we tried it, remote when the other side did. An error closes from any state.
"""

from __future__ import annotations

from enum import Enum, auto


class Role(Enum):
    """Which end of the connection."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def peer(self) -> Role:
        return Role.SERVER if self is Role.CLIENT else Role.CLIENT


class State(Enum):
    """What comes next on the connection."""

    VERSION = auto()
    VERSION_ANSWER = auto()
    SECURITY = auto()
    SECURITY_CHOICE = auto()
    SECURITY_EXCHANGE = auto()
    TLS_WANTED = auto()
    SECURITY_RESULT = auto()
    CLIENT_INIT = auto()
    SERVER_INIT = auto()
    OPEN = auto()
    RADTERM_OFFERED = auto()
    RADTERM_OPEN = auto()
    CLOSED = auto()


class Kind(Enum):
    """Kinds of what is sent; both directions use one name where the message is the same."""

    # handshake
    VERSION = auto()
    SECURITY_TYPES = auto()
    NO_SECURITY_TYPES = auto()
    SECURITY_CHOICE = auto()
    SECURITY_ABANDONED = auto()
    SECURITY_DATA = auto()
    SECURITY_EXCHANGED = auto()
    TLS_WANTED = auto()
    TLS_STARTED = auto()
    SECURITY_ACCEPTED = auto()
    SECURITY_REFUSED = auto()
    CLIENT_INIT = auto()
    SERVER_INIT = auto()
    # either way
    CUT_TEXT = auto()
    FENCE = auto()
    RADTERM_UNKNOWN = auto()
    # client to server
    SET_PIXEL_FORMAT = auto()
    SET_ENCODINGS = auto()
    UPDATE_REQUEST = auto()
    KEY_EVENT = auto()
    POINTER_EVENT = auto()
    ENABLE_CONTINUOUS_UPDATES = auto()
    SET_DESKTOP_SIZE = auto()
    QEMU_KEY_EVENT = auto()
    CLIENT_HELLO = auto()
    UPDATE_ACKNOWLEDGED = auto()
    RESYNC_REQUEST = auto()
    INPUT_TAG = auto()
    # server to client
    UPDATE = auto()
    BELL = auto()
    COLOUR_MAP = auto()
    END_OF_CONTINUOUS_UPDATES = auto()
    SERVER_HELLO = auto()
    HEADS = auto()
    HEARTBEAT = auto()
    NOTICE = auto()
    # rectangles, each sent inside an UPDATE
    RAW_RECTANGLE = auto()
    STANDARD_RECTANGLE = auto()
    PSEUDO_RECTANGLE = auto()
    RADTERM_RECTANGLE = auto()


_C, _S = Role.CLIENT, Role.SERVER

_OPEN_TO_CLIENT = (
    Kind.CUT_TEXT,
    Kind.FENCE,
    Kind.SET_PIXEL_FORMAT,
    Kind.SET_ENCODINGS,
    Kind.UPDATE_REQUEST,
    Kind.KEY_EVENT,
    Kind.POINTER_EVENT,
    Kind.ENABLE_CONTINUOUS_UPDATES,
    Kind.SET_DESKTOP_SIZE,
    Kind.QEMU_KEY_EVENT,
)
_OPEN_TO_SERVER = (
    Kind.CUT_TEXT,
    Kind.FENCE,
    Kind.UPDATE,
    Kind.BELL,
    Kind.COLOUR_MAP,
    Kind.END_OF_CONTINUOUS_UPDATES,
    Kind.PSEUDO_RECTANGLE,
)
_OFFERED_TO_SERVER = (Kind.HEADS, Kind.HEARTBEAT, Kind.NOTICE, Kind.RADTERM_UNKNOWN)
_RADTERM_TO_CLIENT = (
    Kind.UPDATE_ACKNOWLEDGED,
    Kind.RESYNC_REQUEST,
    Kind.INPUT_TAG,
    Kind.RADTERM_UNKNOWN,
)

Row = tuple[State, Role, Kind]


def _stay(states: tuple[State, ...], role: Role, kinds: tuple[Kind, ...]) -> dict[Row, State]:
    return {(state, role, kind): state for state in states for kind in kinds}


_OPEN = (State.OPEN, State.RADTERM_OFFERED, State.RADTERM_OPEN)

TRANSITIONS: dict[Row, State] = {
    (State.VERSION, _S, Kind.VERSION): State.VERSION_ANSWER,
    (State.VERSION_ANSWER, _C, Kind.VERSION): State.SECURITY,
    (State.SECURITY, _S, Kind.SECURITY_TYPES): State.SECURITY_CHOICE,
    (State.SECURITY, _S, Kind.NO_SECURITY_TYPES): State.CLOSED,
    (State.SECURITY_CHOICE, _C, Kind.SECURITY_CHOICE): State.SECURITY_EXCHANGE,
    (State.SECURITY_CHOICE, _C, Kind.SECURITY_ABANDONED): State.CLOSED,
    (State.SECURITY_EXCHANGE, _C, Kind.SECURITY_ABANDONED): State.CLOSED,
    # both ends come to these by themselves, at the same byte of the stream
    **{(State.SECURITY_EXCHANGE, role, Kind.SECURITY_DATA): State.SECURITY_EXCHANGE for role in Role},
    **{(State.SECURITY_EXCHANGE, role, Kind.TLS_WANTED): State.TLS_WANTED for role in Role},
    **{(State.TLS_WANTED, role, Kind.TLS_STARTED): State.SECURITY_EXCHANGE for role in Role},
    **{(State.SECURITY_EXCHANGE, role, Kind.SECURITY_EXCHANGED): State.SECURITY_RESULT for role in Role},
    (State.SECURITY_RESULT, _S, Kind.SECURITY_ACCEPTED): State.CLIENT_INIT,
    (State.SECURITY_RESULT, _S, Kind.SECURITY_REFUSED): State.CLOSED,
    (State.CLIENT_INIT, _C, Kind.CLIENT_INIT): State.SERVER_INIT,
    (State.SERVER_INIT, _S, Kind.SERVER_INIT): State.OPEN,
    **_stay(_OPEN, _C, _OPEN_TO_CLIENT),
    **_stay(_OPEN, _S, _OPEN_TO_SERVER),
    (State.OPEN, _S, Kind.RAW_RECTANGLE): State.OPEN,
    (State.OPEN, _S, Kind.STANDARD_RECTANGLE): State.OPEN,
    (State.OPEN, _S, Kind.SERVER_HELLO): State.RADTERM_OFFERED,
    # between the two hellos: no pixels at all
    **_stay((State.RADTERM_OFFERED, State.RADTERM_OPEN), _S, _OFFERED_TO_SERVER),
    (State.RADTERM_OFFERED, _C, Kind.CLIENT_HELLO): State.RADTERM_OPEN,
    **_stay((State.RADTERM_OPEN,), _C, _RADTERM_TO_CLIENT),
    **_stay((State.RADTERM_OPEN,), _S, (Kind.RAW_RECTANGLE, Kind.RADTERM_RECTANGLE)),
}


def following(state: State, sender: Role, kind: Kind) -> State:
    """The state after `sender` sent `kind`. Raises ValueError where the table has no row."""
    after = TRANSITIONS.get((state, sender, kind))
    if after is None:
        raise ValueError(f"the {sender.value} may not send {kind.name} in state {state.name}")
    return after


def render() -> str:
    """The table as text, one state a paragraph, one row a line; states in the order they are passed."""
    paragraphs = []
    for state in State:
        rows = [(role, kind, after) for (s, role, kind), after in TRANSITIONS.items() if s is state]
        lines = [f"  {role.value:6} {kind.name:26} -> {after.name}" for role, kind, after in rows]
        paragraphs.append("\n".join([state.name, *lines]))
    return "\n\n".join(paragraphs) + "\n"
