"""Runs security steps without a wire: two generators against each other, or one against bytes."""

from __future__ import annotations

from collections.abc import Callable

from rfb_ext.wire.handshake import Accepted, Refused, SecuritySteps, WantAnswer, WantTls, Write

Outcome = Accepted | Refused


class End:
    """One end. `inbox` is what has arrived; `sent` what it has said; `tls` what it wanted TLS with."""

    def __init__(
        self, steps: SecuritySteps, ask: Callable[[Callable[[], None]], None] = lambda q: q()
    ) -> None:
        self._steps = steps
        self._ask = ask
        self._wants: object = None
        self.inbox = b""
        self.sent = b""
        self.tls: list[object] = []
        self.outcome: Outcome | None = None
        self._next(None)

    def run(self) -> bool:
        """As far as the inbox allows; True if it moved."""
        moved = False
        while self.outcome is None:
            if isinstance(self._wants, Write):
                self.sent += self._wants.data
                self._next(b"")
            elif isinstance(self._wants, WantTls):
                self.tls.append(self._wants.context)
                self._next(b"")
            elif isinstance(self._wants, WantAnswer):
                self._ask(self._wants.question)
                self._next(b"")
            elif isinstance(self._wants, int) and len(self.inbox) >= self._wants:
                data, self.inbox = self.inbox[: self._wants], self.inbox[self._wants :]
                self._next(data)
            else:
                return moved
            moved = True
        return moved

    def _next(self, data: bytes | None) -> None:
        try:
            self._wants = next(self._steps) if data is None else self._steps.send(data)
        except StopIteration as end:
            self.outcome = end.value


def against(server: SecuritySteps, client: SecuritySteps) -> tuple[End, End]:
    """Both ends, run until neither moves."""
    ends = End(server), End(client)
    heard = [0, 0]
    moved = True
    while moved:
        moved = False
        for index, end in enumerate(ends):
            other = ends[1 - index]
            end.inbox += other.sent[heard[index] :]
            heard[index] = len(other.sent)
            moved |= end.run()
    return ends


def fed(steps: SecuritySteps, data: bytes) -> End:
    """One end that is told `data`."""
    end = End(steps)
    end.inbox = data
    end.run()
    return end
