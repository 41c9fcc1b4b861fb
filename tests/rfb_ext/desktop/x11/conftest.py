"""An X server and another client on it, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.xservers import XServer, x_server
from tests.rfb_ext.desktop.x11.client import Client


@pytest.fixture
def server() -> Iterator[XServer]:
    with x_server("Xvfb", 640, 480, 24) as running:
        yield running


@pytest.fixture
def client(server: XServer) -> Iterator[Client]:
    other = Client(server)
    yield other
    other.close()
