"""Files that hold secrets: read only if nobody else can, written so that nobody else can."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from rfb_ext.errors import ConfigError, NotFoundError

MAX_FILE = 1 << 20
_OTHERS = 0o077
_OTHERS_BUT_THE_GROUP_MAY_READ = 0o037


def read_private(path: Path, what: str, *, group_may_read: bool = False) -> bytes:
    """The whole file, at most MAX_FILE bytes. `what` names it in sentences ("the password file").

    Raises NotFoundError; ConfigError if it is no file, is somebody else's, too long, or open to others
    (more than mode 0600, or 0640 with `group_may_read`).
    """
    try:
        # without O_NONBLOCK a pipe of that name would hold us up for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise NotFoundError(f"{what} {path} cannot be read: {error.strerror}") from None
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{what} {path} is no file")
        if status.st_uid not in (0, os.geteuid()):
            raise ConfigError(f"{what} {path} belongs to another user; it must be yours or root's")
        mode = stat.S_IMODE(status.st_mode)
        if mode & (_OTHERS_BUT_THE_GROUP_MAY_READ if group_may_read else _OTHERS):
            raise ConfigError(f"{what} {path} is open to others (mode {mode:04o}); run chmod 600 {path}")
        data = stack.enter_context(open(descriptor, "rb", closefd=False)).read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise ConfigError(f"{what} {path} is longer than {MAX_FILE} bytes")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Replaces the file as a whole, mode 0600, and makes its folder (0700). Raises ConfigError."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
