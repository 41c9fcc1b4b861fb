"""System V shared memory (shmget(2), shmat(2), shmctl(2)), which the MIT-SHM extension reads screens into.

xcffib passes no file descriptors, so this older kind it is. The segment is marked for removal as soon as
the X server has attached it: it goes with the last process that holds it, killed or not.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

import numpy as np
import numpy.typing as npt
import xcffib

from rfb_ext.desktop.x11.display import Display, said
from rfb_ext.errors import CaptureError

_IPC_PRIVATE, _IPC_CREAT, _IPC_RMID = 0, 0o1000, 0
_OWNER_ONLY = 0o600
_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_libc.shmget.argtypes = (ctypes.c_int, ctypes.c_size_t, ctypes.c_int)
_libc.shmget.restype = ctypes.c_int
_libc.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_libc.shmat.restype = ctypes.c_void_p
_libc.shmdt.argtypes = (ctypes.c_void_p,)
_libc.shmdt.restype = ctypes.c_int
_libc.shmctl.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
_libc.shmctl.restype = ctypes.c_int


class Segment:
    """`size` bytes shared with the X server of `display`; `xid` names them there.

    Raises CaptureError if the system or the X server refuses (a display on another machine, or of another
    user).
    """

    def __init__(self, display: Display, size: int) -> None:
        self.size = size
        self.xid = display.new_id()
        identifier = _libc.shmget(_IPC_PRIVATE, size, _IPC_CREAT | _OWNER_ONLY)
        if identifier < 0:
            raise CaptureError(f"no {size} bytes of shared memory: {_reason()}; raise kernel.shmmax")
        try:
            address = _libc.shmat(identifier, None, 0)
            if address == _FAILED:
                raise CaptureError(f"shared memory cannot be attached: {_reason()}")
            self._address: int | None = address
            try:
                display.shm.Attach(self.xid, identifier, False, is_checked=True).check()
            except xcffib.Error as error:
                self.close()
                raise CaptureError(
                    f"the X server of {display.name} does not share memory ({said(error)}); run this program "
                    f"on the X server's machine, as the X server's user"
                ) from error
            except BaseException:
                self.close()
                raise
        finally:
            _libc.shmctl(identifier, _IPC_RMID, None)

    def words(self, count: int) -> npt.NDArray[np.uint32]:
        """The first `count` 32-bit words, dtype '<u4'; no such array may outlive close()."""
        if self._address is None or 4 * count > self.size:
            raise ValueError(f"{count} words are not in this segment")
        memory: Any = (ctypes.c_char * (4 * count)).from_address(self._address)
        return np.frombuffer(memory, dtype="<u4")

    def detach(self, display: Display) -> None:
        """Also lets the X server go of it, for one that is replaced."""
        display.shm.Detach(self.xid)
        self.close()

    def close(self) -> None:
        """Lets go of the memory on our side; idempotent."""
        if self._address is not None:
            _libc.shmdt(self._address)
            self._address = None


def _reason() -> str:
    return os.strerror(ctypes.get_errno())
