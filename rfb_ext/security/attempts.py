"""Failed logins are slowed, for each address and for each user: pure, with a clock.

Nobody is kept waiting on an open connection; who comes too early is told how long to wait, and the
password is not looked at. A waiting time doubles with each failure and has a limit, so that nobody is
locked out for good; a user who was let in from an address before does not wait there because of what
others try from elsewhere.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE = 3
"""So many failures cost nothing: people mistype."""
FIRST_SECONDS = 1.0
MOST_SECONDS = 60.0
FORGOTTEN_SECONDS = 900.0
MOST_REMEMBERED = 4096
"""Addresses and users; beyond it the one heard of longest ago is forgotten."""

_Key = tuple[str, str]


@dataclass(slots=True)
class _Count:
    failures: int = 0
    last: float = 0.0

    def free_again(self) -> float:
        if self.failures < FREE:
            return self.last
        return self.last + min(FIRST_SECONDS * 2.0 ** min(self.failures - FREE, 32), MOST_SECONDS)


class Attempts:
    """The logins of one server. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: OrderedDict[_Key, _Count] = OrderedDict()
        self._known: OrderedDict[_Key, None] = OrderedDict()

    def begin(self, address: str, user: str) -> float:
        """Somebody tries. Returns 0.0: go on; the attempt counts as failed until succeeded() says
        otherwise, so that many at once gain nothing. Else the seconds to wait; then nothing is counted."""
        now = self._clock()
        network = _network(address)
        keys = [("address", network)]
        if (network, user) not in self._known:
            keys.append(("user", user))
        counts = [self._count(key, now) for key in keys]
        wait = max(count.free_again() - now for count in counts)
        if wait > 0:
            return wait
        for count in counts:
            count.failures += 1
            count.last = now
        return 0.0

    def succeeded(self, address: str, user: str) -> None:
        """The attempt that began last with these was right."""
        network = _network(address)
        count = self._counts.get(("address", network))
        if count is not None:  # only its own: one right password does not excuse an address's wrong ones
            count.failures -= 1
        self._counts.pop(("user", user), None)
        self._known[network, user] = None
        self._known.move_to_end((network, user))
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    def _count(self, key: _Key, now: float) -> _Count:
        count = self._counts.get(key)
        if count is None or now - count.last > FORGOTTEN_SECONDS:
            count = self._counts[key] = _Count(last=now)
        self._counts.move_to_end(key)
        while len(self._counts) > MOST_REMEMBERED:
            self._counts.popitem(last=False)
        return count


def _network(address: str) -> str:
    """An IPv6 host has 2^64 addresses of its own: they count as one. IPv4 inside IPv6 is IPv4."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
