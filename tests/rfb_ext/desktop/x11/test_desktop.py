"""What every desktop promises, by the shared contract."""

from __future__ import annotations

import itertools
import threading

import pytest
import xcffib
import xcffib.xproto as x

from tests.kit import desktop_contract as contract
from tests.kit.xservers import needs, x_server
from tests.rfb_ext.desktop.x11.client import Client, shared

pytestmark = needs("Xvfb")


@pytest.fixture(params=[24, 30])
def screen(request):
    with x_server("Xvfb", 640, 480, request.param) as server:
        client = Client(server)
        client.fill((0, 0, 300, 300), 0xC1234567)
        with shared(server.display) as desktop:
            yield desktop, client, server
        client.close()


def test_contract_first_frames(screen):
    contract.check_first_frames(screen[0])


def test_contract_frames_on_demand(screen):
    desktop, client, _ = screen
    words = itertools.count(1)
    contract.check_frames_on_demand(desktop, lambda desktop: client.fill((9, 9, 99, 9), next(words)))


def test_contract_heartbeats(screen):
    contract.check_heartbeats(screen[0])


def test_contract_input_tags(screen):
    """With a program that paints at every click."""
    desktop, client, _ = screen
    ended = threading.Event()

    def paint() -> None:
        for word in itertools.count(1):
            client.wait(lambda e: isinstance(e, x.ButtonReleaseEvent | x.KeyPressEvent), 30)
            if ended.is_set():
                return
            client.fill((0, 0, 50, 50), word)

    painter = threading.Thread(target=paint)
    painter.start()
    other = xcffib.connect(display=screen[2].display)
    try:
        contract.check_input_tags(desktop)
    finally:
        ended.set()
        other.core.SendEvent(
            False, client.window, x.EventMask.KeyPress,
            x.KeyPressEvent.synthetic(9, 0, client.root, client.window, 0, 0, 0, 0, 0, 0, True).pack(),
        )  # fmt: skip
        other.core.GetInputFocus().reply()
        painter.join()
        other.disconnect()


def test_contract_stop(screen):
    contract.check_stop(screen[0])


def test_a_desktop_that_was_never_started(screen):
    desktop, _, _ = screen
    before = threading.active_count()
    desktop.want_frame()
    desktop.set_clipboard("text")
    desktop.inject_key(0x61, 0, True, 1)
    desktop.stop()
    desktop.stop()
    desktop.inject_pointer(1, 1, 0, 1)
    assert threading.active_count() == before


def test_it_starts_once(screen):
    desktop, _, _ = screen
    with contract.recorded(desktop), pytest.raises(ValueError, match="once"):
        desktop.start(contract.RecordingSink())
