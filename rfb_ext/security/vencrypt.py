"""Security type VeNCrypt 0.2: TLS with certificates, and who comes in inside it (rfbproto, "VeNCrypt").

Only the X509 subtypes: anonymous TLS proves nobody's identity, plain ones encrypt nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from rfb_ext.errors import RemoteProtocolError
from rfb_ext.wire.fields import within
from rfb_ext.wire.handshake import Accepted, Refused, SecuritySteps, WantTls, Write
from rfb_ext.wire.numbers import Security

MAX_SUBTYPES = 255
VERSION = b"\0\2"
_YES, _NO = b"\0", b"\xff"
_STOP, _START = b"\0", b"\1"


class Subtype(IntEnum):
    """The subtypes spoken here."""

    X509_NONE = 260
    X509_VNC = 261
    X509_PLAIN = 262


Inner = Callable[[], SecuritySteps]


def nothing() -> SecuritySteps:
    """Inner steps of X509None: the certificate is all that is asked for."""
    yield from ()
    return Accepted()


@dataclass(frozen=True, slots=True)
class VeNCrypt:
    """One role's view: `inner` has the subtypes, a server's in the order offered, a client's in order of
    preference, and what follows inside TLS. `tls` goes to the rim with WantTls: a server's certificate, or
    what a client expects of one."""

    inner: Mapping[Subtype, Inner]
    tls: object
    number: int = Security.VENCRYPT

    @property
    def name(self) -> str:
        return f"VeNCrypt ({', '.join(_word(subtype) for subtype in self.inner)})"

    def server(self) -> SecuritySteps:
        yield Write(VERSION)
        if (version := (yield 2)) != VERSION:
            yield Write(_NO)
            raise RemoteProtocolError(
                f"the client speaks VeNCrypt {version[0]}.{version[1]}, but 0.2 is needed; use a newer one"
            )
        offered = struct.pack(f">{len(self.inner)}I", *self.inner)
        yield Write(_YES + bytes([len(self.inner)]) + offered)
        chosen = int.from_bytes((yield 4), "big")
        if chosen not in self.inner:
            yield Write(_STOP)
            raise RemoteProtocolError(f"the client chose VeNCrypt subtype {chosen}, which was not offered")
        yield Write(_START)
        yield WantTls(self.tls)
        return (yield from self.inner[Subtype(chosen)]())

    def client(self) -> SecuritySteps:
        version = yield 2
        if version < VERSION:
            yield Write(b"\0\0")  # rfbproto: no common version
            return Refused(f"the server speaks VeNCrypt {version[0]}.{version[1]}, but 0.2 is needed")
        yield Write(VERSION)
        if (yield 1) != _YES:
            return Refused("the server does not speak VeNCrypt 0.2")
        (count,) = yield 1
        within("number of VeNCrypt subtypes", count, 0, MAX_SUBTYPES)
        offered = struct.unpack(f">{count}I", (yield 4 * count))
        chosen = next((subtype for subtype in self.inner if subtype in offered), None)
        if chosen is None:
            theirs = ", ".join(_word(number) for number in offered) or "nothing"
            return Refused(f"the server offers VeNCrypt {theirs}; accepted here: {self.name}")
        yield Write(struct.pack(">I", chosen))
        if (yield 1) != _START:
            return Refused("the server does not start TLS after all")
        yield WantTls(self.tls)
        return (yield from self.inner[chosen]())


_WORDS = {
    256: "Plain", 257: "TLSNone", 258: "TLSVnc", 259: "TLSPlain", 260: "X509None", 261: "X509Vnc",
    262: "X509Plain", 263: "TLSSASL", 264: "X509SASL",
}  # fmt: skip


def _word(number: int) -> str:
    return _WORDS.get(number, str(int(number)))
