"""A server behind a certificate and passwords, and a viewer that is let in; for tests of both rims."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Iterator

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from radterm.client.connect import open_session
from rfb_ext.frame.frames import Head
from rfb_ext.security.certificate import ServerCertificate, key_digest
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.offer import Offer
from rfb_ext.security.trust import Trust
from rfb_ext.wire.types import Rect
from tests.kit.real_server import Remembering, serving
from tests.kit.still_desktop import StillDesktop

HEAD = Head(1, Rect(0, 0, 320, 200))
HELLO = b"RFB 003.008\n"
NOW = datetime.datetime.now(datetime.UTC)
USER, SHARED = Credentials("ana", b"geheim"), Credentials("", b"pass1234")


def key_pem(certificate: ServerCertificate) -> bytes:
    return certificate.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def still() -> StillDesktop:
    return StillDesktop((HEAD,), lambda: time.monotonic_ns() // 1000)


@contextlib.contextmanager
def served(offer: Offer, desktop: StillDesktop | None = None) -> Iterator[int]:
    with serving(desktop or still(), offer=offer) as (_, port):
        yield port


def let_in(port: int, host: str = "127.0.0.1", **security: object) -> Remembering:
    """Opens a session and closes it. Raises what open_session raises."""
    listener = Remembering()
    session = open_session(host, port, listener, **security)  # type: ignore[arg-type]
    session.close()
    listener.wait(lambda: listener.is_closed)
    return listener


def pinned(certificate: ServerCertificate) -> Trust:
    return Trust(pin=key_digest(certificate.chain[0]))
