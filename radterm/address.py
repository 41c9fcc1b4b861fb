"""HOST:PORT as people write it, and whether it stays on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from rfb_ext.errors import UsageError

MAX_HOST = 253
MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """A host (name, IPv4, or IPv6 without brackets) and a TCP port; 0 lets the system choose one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True for 127.0.0.0/8, ::1 and the name localhost; any other name could lead elsewhere."""
        import ipaddress

        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str, lowest_port: int = 1) -> Address:
    """`text` is HOST:PORT or [IPV6]:PORT. `lowest_port`: 0 where the system may choose the port.

    Raises UsageError with a sentence that names what is wrong.
    """
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or not rest.startswith(":"):
            raise UsageError(f"{text!r} is no address: write [IPV6]:PORT, for example [::1]:5900")
        _check_ipv6(host)
        port = rest[1:]
    else:
        host, colon, port = text.rpartition(":")
        if not colon:
            raise UsageError(f"{text!r} has no port: write HOST:PORT, for example 127.0.0.1:5900")
        if ":" in host:
            raise UsageError(f"{text!r} is no address: IPv6 stands in brackets, for example [::1]:5900")
        _check_name(host, text)
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and lowest_port <= int(port) <= MAX_PORT):
        raise UsageError(f"{port!r} is no port: write a number from {lowest_port} to {MAX_PORT}")
    return Address(host, int(port))


def _check_ipv6(host: str) -> None:
    import ipaddress

    try:
        ipaddress.IPv6Address(host)
    except ValueError as error:
        raise UsageError(f"{host!r} is no IPv6 address") from error


def _check_name(host: str, text: str) -> None:
    if not host:
        raise UsageError(f"{text!r} has no host: write HOST:PORT, for example 127.0.0.1:5900")
    if len(host) > MAX_HOST or not all(c.isalnum() or c in "-._" for c in host):
        raise UsageError(f"{host!r} is no host name or address")
