"""An independent witness: what vncdotool, which shares no code with us, sees of a desktop.

Its reactor runs in a daemon thread of this process; use it in a process that runs no reactor of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.python.failure import Failure
from vncdotool import api
from vncdotool import client as vnc

from rfb_ext.errors import PeerTimeout, RadtermError, RemoteProtocolError, UnreachableError
from rfb_ext.wire.numbers import MAX_PIXELS, MAX_SIDE
from rfb_ext.wire.types import Rect

RgbPixels = npt.NDArray[np.uint8]
"""Shape (height, width, 3), uint8: red, green, blue."""


class _Client(vnc.VNCDoToolClient):  # type: ignore[misc]  # vncdotool has no types
    """vncdotool's client, but a refresh is done only when every pixel has come: a server may send its
    monitors in several updates, and vncdotool would be content with the first."""

    whole: Deferred[Any] | None = None
    missing: list[Rect]

    def capture(self) -> Deferred[Any]:
        """Asks for everything; fires with the screen, a PIL image of mode RGB."""
        if not (0 < self.width <= MAX_SIDE and 0 < self.height <= MAX_SIDE):
            raise RemoteProtocolError(f"the server says its screen is {self.width}x{self.height}")
        if self.width * self.height > MAX_PIXELS:
            raise RemoteProtocolError(f"the server's screen has more than {MAX_PIXELS} pixels")
        # without a screen, vncdotool takes its first rectangle for the whole one, wherever it lies
        self.updateDesktopSize(self.width, self.height)
        self.missing = [Rect(0, 0, self.width, self.height)]
        self.whole = Deferred()
        self.framebufferUpdateRequest()
        return self.whole

    def commitUpdate(self, rectangles: Any = None) -> None:
        super().commitUpdate(rectangles)
        if self.whole is None:
            return
        for x, y, w, h in rectangles or ():
            covered = Rect(x, y, w, h)
            self.missing = [left for rect in self.missing for left in remainder(rect, covered)]
        if self.missing:
            self.framebufferUpdateRequest(incremental=True)
        else:
            whole, self.whole = self.whole, None
            whole.callback(self.screen)

    def connectionLost(self, reason: Failure) -> None:
        super().connectionLost(reason)
        reason = self._closed(reason)
        if self.whole is not None:
            whole, self.whole = self.whole, None
            whole.errback(reason)
        elif not self.factory.deferred.called:
            self.factory.clientConnectionFailed(self, reason)

    @staticmethod
    def _closed(reason: Failure) -> Failure:
        """What a parser of vncdotool's stumbled over comes here as whatever it raised."""
        if isinstance(reason.value, ConnectionClosed):
            return reason
        return Failure(vnc.ProtocolError(str(reason.value)))


class _Factory(vnc.VNCDoToolFactory):  # type: ignore[misc]
    protocol = _Client
    nocursor = True


def remainder(rect: Rect, covered: Rect) -> list[Rect]:
    """What of `rect` lies outside `covered`: at most four rectangles."""
    inner = rect.intersect(covered)
    if not inner:
        return [rect]
    parts = [
        Rect(rect.x, rect.y, rect.w, inner.y - rect.y),
        Rect(rect.x, inner.bottom, rect.w, rect.bottom - inner.bottom),
        Rect(rect.x, inner.y, inner.x - rect.x, inner.h),
        Rect(inner.right, inner.y, rect.right - inner.right, inner.h),
    ]
    return [part for part in parts if part]


def capture(host: str, port: int, timeout: float = 10.0) -> RgbPixels:
    """Connects to an RFB server, captures its whole screen once, and disconnects.

    `timeout` in seconds. Returns a new array, shape (height, width, 3), uint8. Raises UnreachableError,
    PeerTimeout, RemoteProtocolError.
    """
    place = f"{host} port {port}"
    server = f"[{host}]::{port}" if ":" in host else f"{host}::{port}"
    client = api.connect(server, factory_class=_Factory, timeout=timeout)
    try:
        screen = client.capture()
    except (TimeoutError, ConnectTimeout) as error:
        raise PeerTimeout(f"{place} did not send its screen within {timeout:g} s") from error
    except ConnectionClosed as error:
        raise RemoteProtocolError(f"{place} closed the connection before its screen had come") from error
    except ConnectError as error:
        raise UnreachableError(f"{place} cannot be reached ({error}); check that the server runs") from error
    except vnc.AuthenticationError as error:
        raise RemoteProtocolError(f"{place} wants a password, which the witness cannot give") from error
    except vnc.VNCDoException as error:
        raise RemoteProtocolError(f"{place} does not speak RFB as the witness knows it: {error}") from error
    except OSError as error:
        raise UnreachableError(f"{place} cannot be reached: {error}") from error
    finally:
        if client.protocol is not None:
            reactor.callFromThread(client.protocol.transport.loseConnection)
    pixels = np.asarray(screen, dtype=np.uint8)
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise RadtermError(f"the witness returned an array of shape {pixels.shape}")
    return pixels.copy()


def stop() -> None:
    """Ends vncdotool's reactor; no capture can follow in this process."""
    api.shutdown()
