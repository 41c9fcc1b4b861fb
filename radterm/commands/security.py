"""The options about security: how viewers get into `serve`, and whom `view` believes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from radterm import paths
from radterm.address import Address
from radterm.commands.arguments import say
from rfb_ext.errors import PolicyRefused, UsageError

if TYPE_CHECKING:
    from rfb_ext.security.certificate import ServerCertificate
    from rfb_ext.security.offer import Offer
    from rfb_ext.security.trust import Trust

WAYS = ("none", "vncauth", "x509none", "x509vnc", "x509plain")
WITH_TLS = ("x509none", "x509vnc", "x509plain")
WITH_PASSWORD = ("vncauth", "x509vnc", "x509plain")

KNOWN_SERVERS = "known-servers"


def add_offer(parser: argparse.ArgumentParser) -> None:
    """The options of `serve`."""
    parser.add_argument(
        "--security",
        choices=WAYS,
        help="x509plain: TLS, each user's own password; x509vnc: TLS, one shared password (8 bytes); "
        "x509none: TLS, and anybody may come in; vncauth (8 bytes of password, DES, nothing is encrypted: "
        "for old viewers) and none are for this machine's own addresses only",
    )
    parser.add_argument(
        "--tls-new", action="store_true", help="a certificate of this machine's own, made when first needed"
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="the certificate and its chain, PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key, PEM, mode 0600")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="mode 0600; `radterm passwd` writes one"
    )


def security_word(arguments: argparse.Namespace) -> str:
    """The word of --security; without one, what the other options mean. Raises UsageError if they do not fit
    together."""
    tls = arguments.tls_new or arguments.tls_cert is not None or arguments.tls_key is not None
    if arguments.tls_new and (arguments.tls_cert or arguments.tls_key):
        raise UsageError("--tls-new makes certificate and key: leave out --tls-cert and --tls-key")
    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        raise UsageError("--tls-cert and --tls-key belong together")
    word: str | None = arguments.security
    if word is None and tls:
        if arguments.password_file is None:
            raise UsageError(
                "say who may come in: --password-file FILE (radterm passwd FILE USER writes one), or "
                "--security x509none to let anybody in"
            )
        word = "x509plain"
    word = word or "none"
    if tls and word not in WITH_TLS:
        raise UsageError(f"--security {word} uses no certificate: choose one of {', '.join(WITH_TLS)}")
    if arguments.password_file is not None and word not in WITH_PASSWORD:
        raise UsageError(f"--security {word} asks for no password: leave out --password-file")
    return word


def check_reach(address: Address, word: str) -> None:
    """Raises PolicyRefused for an address that others could reach without TLS."""
    if word in WITH_TLS or address.is_loopback:
        return
    why = "lets anybody in" if word == "none" else "encrypts nothing and has weak passwords"
    raise PolicyRefused(
        f"--security {word} {why}, so it may listen on this machine's own addresses only, not on "
        f"{address.host}: use --listen 127.0.0.1:{address.port}, or TLS (--tls-new --password-file FILE)"
    )


def offer_of(arguments: argparse.Namespace, address: Address, word: str) -> Offer:
    """What --security and its companions mean. Raises UsageError, NotFoundError, ConfigError."""
    from rfb_ext.security.offer import Offer, Way

    way = Way(word)
    certificate = _certificate(arguments, address) if way.has_tls else None
    offer = Offer(way, certificate, arguments.password_file)
    if way is Way.X509_NONE and not address.is_loopback:
        say(f"radterm: whoever reaches {address.host} may look and type: --security x509none asks nobody")
    if way is Way.VNC_AUTH:
        say("radterm: vncauth is weak: 8 bytes of password, DES, and nothing is encrypted")
    return offer


def _certificate(arguments: argparse.Namespace, address: Address) -> ServerCertificate | None:
    from rfb_ext.security.certificate import load, own_certificate
    from rfb_ext.security.client_tls import utc_now

    if arguments.tls_new:
        return own_certificate(paths.data(), own_names(address), utc_now())
    if arguments.tls_cert is not None:
        return load(arguments.tls_cert, arguments.tls_key, utc_now())
    return None


def own_names(address: Address) -> Sequence[str]:
    """The names of this machine that a certificate of its own is for."""
    import ipaddress
    import socket

    names = ["localhost", "127.0.0.1", "::1"]
    name = socket.gethostname()
    if name and len(name) < 64 and all(c.isascii() and (c.isalnum() or c in "-.") for c in name):
        names.insert(0, name)
    try:
        given = ipaddress.ip_address(address.host)
    except ValueError:
        if address.host.isascii():
            names.append(address.host)
    else:
        if not given.is_unspecified:
            names.append(str(given))
    return list(dict.fromkeys(names))


def add_trust(parser: argparse.ArgumentParser) -> None:
    """The options of `view`."""
    parser.add_argument("--ca", type=Path, metavar="FILE", help="believe certificates of this CA, PEM")
    parser.add_argument(
        "--pin", metavar="SHA256", help="believe this key only: the fingerprint that `serve` printed"
    )
    parser.add_argument(
        "--trust-on-first-use",
        action="store_true",
        help="believe a server that is met for the first time, and later no other in its place",
    )


def trust_of(ca: Path | None, pin: str | None, first_use: bool) -> Trust | None:
    """None if nothing was said: the system's CAs then. Raises UsageError."""
    if ca is None and pin is None and not first_use:
        return None
    if first_use and (ca is not None or pin is not None):
        raise UsageError("--trust-on-first-use believes anybody once: leave it out with --ca or --pin")

    from rfb_ext.security.known_servers import KnownServers
    from rfb_ext.security.trust import Trust, parse_pin

    return Trust(
        ca=ca,
        pin=None if pin is None else parse_pin(pin),
        known=KnownServers(paths.data() / KNOWN_SERVERS) if first_use else None,
        met=lambda sentence: say(f"radterm: {sentence}"),
    )
