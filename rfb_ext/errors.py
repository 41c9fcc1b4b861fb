"""Every error the product raises on purpose.

The docstring of a class is the sentence a user reads when nothing more precise was given: what
happened and what to do. `exit_code` groups causes for scripts (see README, "Exit codes").
"""

from __future__ import annotations


class RadtermError(Exception):
    """Something unexpected happened; run again with --verbose and report the last lines."""

    exit_code = 1

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "").strip()


class UsageError(RadtermError):
    """The arguments do not fit together; see --help."""

    exit_code = 2


class PolicyRefused(RadtermError):
    """The policy in force forbids this; ask the administrator of this session."""

    exit_code = 4


class LossRefused(PolicyRefused):
    """A codec that is not declared lossless was asked for on a diagnostic head; choose a lossless one."""


class NotFoundError(RadtermError):
    """A file, folder, display or desktop that was named does not exist; check its name."""

    exit_code = 5


class ConfigError(RadtermError):
    """A setting or a file of settings is not valid; correct the place named."""

    exit_code = 7


class UnreachableError(RadtermError):
    """The other side cannot be reached; check the address and that the server runs."""

    exit_code = 10


class CertificateError(RadtermError):
    """The other side could not prove who it is; ask its administrator for the right fingerprint or CA."""

    exit_code = 11


class PeerTimeout(RadtermError):
    """The other side did not answer in time; check the network and try again."""

    exit_code = 12


class ListenError(RadtermError):
    """The address cannot be listened on; another program may use the port: choose another with --listen."""

    exit_code = 13


class ProtocolError(RadtermError):
    """The two sides do not agree on the protocol; compare their versions."""

    exit_code = 20


class LocalProtocolError(ProtocolError):
    """This program tried to send what the protocol does not allow now; please report it."""


class RemoteProtocolError(ProtocolError):
    """The other side sent what the protocol does not allow; the session was closed to be safe."""


class CaptureError(RadtermError):
    """The screen cannot be read; check that its X server runs and that this user may connect to it."""

    exit_code = 21


class CodecError(RadtermError):
    """A codec failed on this machine; see radterm --version --verbose."""

    exit_code = 31


class EncodeError(CodecError):
    """A picture could not be encoded; another lossless codec is used instead."""


class DecodeError(CodecError):
    """A picture could not be decoded; its head is unverified until it has been sent again."""


class NotExactError(RadtermError):
    """The session ended without every head proven exact; see the counts for what failed."""

    exit_code = 32


class ViewerError(RadtermError):
    """The viewer could not open its windows; check DISPLAY, or use --headless."""

    exit_code = 30
