"""Two ends of a connection on an in-memory link, and the states tests start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rfb_ext.security.none import NoneSecurity
from rfb_ext.wire.client_messages import ClientHello, SetEncodings
from rfb_ext.wire.connection import NEED_DATA, Connection, Role
from rfb_ext.wire.handshake import SecurityType
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.server_messages import ServerHello, ServerInit
from rfb_ext.wire.types import CANONICAL_8, Rect, Screen, ScreenLayout

VECTORS = Path(__file__).parents[2] / "vectors"
WIDTH, HEIGHT = 640, 480
EVERYTHING = tuple(int(encoding) for encoding in Encoding)
INIT = ServerInit(WIDTH, HEIGHT, CANONICAL_8, "desk")
SERVER_HELLO = ServerHello(1, 99, 3, (0, Encoding.PLANES), "server")
CLIENT_HELLO = ClientHello(1, 0, (0, Encoding.PLANES), "client")
LAYOUT = ScreenLayout(800, 600, (Screen(5, Rect(0, 0, 800, 600), 9),))

Cut = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    if data:
        yield data


def bytewise(data: bytes) -> Iterator[bytes]:
    for value in data:
        yield bytes([value])


def events(connection: Connection) -> list[object]:
    """Everything the connection has to say now."""
    found: list[object] = []
    while (event := connection.next_event()) is not NEED_DATA:
        found.append(event)
    return found


def fed(connection: Connection, data: bytes, cut: Cut = whole) -> list[object]:
    found: list[object] = []
    for piece in cut(data):
        connection.receive_data(piece)
        found += events(connection)
    return found


class Pair:
    """A client and a server, and all events of each."""

    def __init__(
        self,
        security: Sequence[SecurityType] = (NoneSecurity(),),
        accepted: Sequence[SecurityType] = (NoneSecurity(),),
        shared: bool = True,
        cut: Cut = whole,
    ) -> None:
        self.client = Connection(Role.CLIENT, accepted, shared)
        self.server = Connection(Role.SERVER, security)
        self.client_events: list[object] = []
        self.server_events: list[object] = []
        self._cut = cut

    def shake(self) -> None:
        """Carries what both ends say by themselves, until they are silent."""
        while (there := self.server.data_to_send()) + (back := self.client.data_to_send()):
            self.client_events += fed(self.client, there, self._cut)
            self.server_events += fed(self.server, back, self._cut)

    def from_client(self, *messages: object) -> list[object]:
        data = b"".join(b"".join(self.client.send(m)) for m in messages)  # type: ignore[arg-type]
        return fed(self.server, data, self._cut)

    def from_server(self, *messages: object) -> list[object]:
        data = b"".join(b"".join(self.server.send(m)) for m in messages)  # type: ignore[arg-type]
        return fed(self.client, data, self._cut)

    def open(self, encodings: tuple[int, ...] = EVERYTHING) -> Pair:
        """Up to state OPEN, with `encodings` listed."""
        self.shake()
        self.client_events += self.from_server(INIT)
        self.server_events += self.from_client(SetEncodings(encodings))
        return self

    def open_radterm(self, encodings: tuple[int, ...] = EVERYTHING) -> Pair:
        self.open(encodings)
        self.client_events += self.from_server(SERVER_HELLO)
        self.server_events += self.from_client(CLIENT_HELLO)
        return self


def vectors(name: str) -> list[tuple[str, str, bytes]]:
    """Name, kind and bytes of each line (see tests/vectors/INDEX.md)."""
    lines = (VECTORS / f"{name}.hex").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return [(row[0], row[1], bytes.fromhex(row[2])) for row in rows]


def named(rows: list[tuple[str, str, bytes]]) -> list[str]:
    return [f"{name}-{kind}-{number}" for number, (name, kind, _) in enumerate(rows)]
