"""Never EXACT over a wrong pixel: flipped bits, lost and moved rectangles, lost updates, lost answers."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from radterm.client.base import State
from rfb_ext.frame.frames import Head
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.rectangles import PixelRectangle, RectangleDigest, UpdateBegin, UpdateEnd
from rfb_ext.wire.server_messages import FramebufferUpdate
from rfb_ext.wire.types import Rect
from tests.kit.link import Link

HEADS = (Head(1, Rect(0, 0, 96, 80), name="left"), Head(2, Rect(96, 0, 67, 65), depth=10, name="right"))
PLACES = 1000
NOTICED = {"planes": 0.9, "h264": 0.9, "raw": 0.7}
"""At least this part of the flips must have an effect: else the bits were not flipped at all. A quarter of
Raw's bits are padding, which the decoder clears."""


def pictures(step: int) -> list[np.ndarray]:
    """Pictures of both heads: grey and coloured parts, flat parts and noise, a part that moves."""
    rng = np.random.default_rng(step)
    made = []
    for head in HEADS:
        h, w, depth = head.rect.h, head.rect.w, head.depth
        y, x = np.mgrid[0:h, 0:w].astype("<u4")
        grey = (x * 3 + y * 5 + step) & ((1 << depth) - 1)
        words = grey | grey << depth | grey << 2 * depth
        if step % 2:
            words[: h // 2] = rng.integers(0, 1 << 3 * depth, (h // 2, w), dtype="<u4")
        words[step * 7 : step * 7 + 9, 11:30] = 0x123456
        made.append(words)
    return made


class Watch:
    """Looks after every step that EXACT is only said of equal pictures."""

    def __init__(self, link: Link) -> None:
        self.link = link

    @property
    def fell(self) -> bool:
        """True if the fault was noticed: the session closed, or a head was asked for again."""
        return self.link.closed is not None or self.link.viewing.ledger.resyncs > 0

    def look(self) -> None:
        for head in HEADS:
            if self.link.state(head.id) is State.EXACT:
                assert self.link.equal(head.id), "EXACT over a wrong pixel"


def play(link: Link, steps: int = 4) -> Watch:
    watch = Watch(link)
    link.run()
    for step in range(steps):
        for head, pixels in zip(HEADS, pictures(step), strict=True):
            link.desktop.show(head.id, pixels)
            link.run()
            watch.look()
        link.beat(0.2)
        watch.look()
    return watch


def flip(link: Link, place: int, bit: int) -> None:
    """The bit `bit` of byte `place` of all that goes to the viewer arrives flipped."""
    seen = 0

    def tamper(data: bytes) -> bytes:
        nonlocal seen
        start, seen = seen, seen + len(data)
        if start <= place < seen:
            changed = bytearray(data)
            changed[place - start] ^= 1 << bit
            return bytes(changed)
        return data

    link.to_viewer = tamper


@pytest.mark.parametrize("codec", ["planes", "h264", "raw"])
def test_a_thousand_flipped_bits_headers_included(codec):
    clean = Link(HEADS, codec=codec)
    play(clean)
    assert clean.viewing.exact()
    length = clean.sent_to_viewer
    choose = random.Random(codec)
    healed = fell = 0
    for number in range(PLACES):
        # half the places anywhere, half evenly so that the short headers get their share in any codec
        place = choose.randrange(length) if number % 2 else number * length // PLACES
        link = Link(HEADS, codec=codec)
        flip(link, place, choose.randrange(8))
        watch = play(link)
        for _ in range(3):
            link.beat(0.5)
            watch.look()
        if link.closed is None and link.viewing.exact():
            healed += 1
        elif link.closed is None:
            states = {link.state(head.id) for head in HEADS}
            assert states - {State.EXACT}, "neither exact nor fallen"
        fell += watch.fell or not link.viewing.exact()
    assert fell > PLACES * NOTICED[codec]
    assert healed > PLACES * 0.3


@pytest.mark.parametrize("codec", ["planes", "h264", "raw"])
def test_a_flipped_bit_whose_repair_is_impossible(codec):
    """Everything from viewer to server is dropped; then the last pictures come with a flipped bit."""

    def until_last() -> Link:
        link = Link(HEADS, codec=codec)
        play(link, 3)
        link.to_server = lambda data: b""
        return link

    def last(link: Link) -> None:
        for head, pixels in zip(HEADS, pictures(3), strict=True):
            link.desktop.show(head.id, pixels)
        link.run()

    clean = until_last()
    start = clean.sent_to_viewer
    last(clean)
    length = clean.sent_to_viewer - start
    choose = random.Random("deaf" + codec)
    wrong = 0
    for _ in range(100):
        link = until_last()
        flip(link, choose.randrange(length), choose.randrange(8))
        last(link)
        link.beat(0.25)
        link.beat(0.25)
        Watch(link).look()
        wrong += any(link.state(head.id) is not State.EXACT for head in HEADS)
    assert wrong > 100 * NOTICED[codec]


def edited(kind: str, count: list[int]):
    """Loses or moves one pixel rectangle, with or without its digest, of the third update."""

    def edit(message: object) -> object:
        if not isinstance(message, FramebufferUpdate) or not isinstance(message.rectangles[0], UpdateBegin):
            return message
        if message.rectangles[0].update != 5:
            return message
        count[0] += 1
        if kind == "update lost":
            return None
        rects = list(message.rectangles)
        at = next(i for i, r in enumerate(rects) if isinstance(r, PixelRectangle))
        if kind == "rectangle lost":
            del rects[at - 1 : at + 1]
        elif kind == "rectangle lost, count mended":
            del rects[at - 1 : at + 1]
            end = next(i for i, r in enumerate(rects) if isinstance(r, UpdateEnd))
            rects[end] = dataclasses.replace(rects[end], rectangles=rects[end].rectangles - 1)
        elif kind == "pixels lost, digest kept":
            del rects[at]
        else:
            moved = (
                rects[at].rect.moved(1, 1)
                if kind == "moved"
                else Rect(0, 0, rects[at].rect.w, rects[at].rect.h)
            )
            rects[at] = dataclasses.replace(rects[at], rect=moved)
            if kind != "pixels moved alone":
                rects[at - 1] = dataclasses.replace(rects[at - 1], rect=moved)
        return FramebufferUpdate(tuple(rects))

    return edit


@pytest.mark.parametrize(
    "kind",
    [
        "update lost",
        "rectangle lost",
        "rectangle lost, count mended",
        "pixels lost, digest kept",
        "moved",
        "moved to the corner",
        "pixels moved alone",
    ],
)
@pytest.mark.parametrize("repair", [True, False])
def test_a_rectangle_lost_or_moved(kind, repair):
    link = Link((Head(1, Rect(0, 0, 200, 180)),))
    count = [0]
    link.edit = edited(kind, count)
    pixels = np.zeros((180, 200), "<u4")
    link.run()
    for step in range(1, 6):
        pixels[65 + step, 70:90] = step * 1000 + 5  # inside one tile, so that the rectangle can move
        if step == 5 and not repair:
            link.to_server = lambda data: b""
        link.desktop.show(1, pixels)
        link.run()
        if link.state(1) is State.EXACT:
            assert link.equal(1) or (kind == "update lost" and step == 5)
    assert count == [1]
    link.beat(0.25)
    link.beat(0.25)
    assert link.equal(1) or link.state(1) is not State.EXACT
    if not repair:
        assert link.state(1) is not State.EXACT
        return
    for _ in range(16):
        link.beat(0.25)
    assert link.equal(1)
    assert link.state(1) is State.EXACT
    assert link.viewing.ledger.resyncs >= 1


def test_a_codec_that_fails_is_replaced_and_withdrawn_when_it_fails_twice():
    link = Link((Head(1, Rect(0, 0, 96, 80)),))
    spoiled = 0

    def spoil(message: object) -> object:
        nonlocal spoiled
        if not isinstance(message, FramebufferUpdate):
            return message
        rects = list(message.rectangles)
        for i, rect in enumerate(rects):
            if isinstance(rect, PixelRectangle) and rect.encoding == Encoding.PLANES:
                spoiled += 1
                rects[i] = dataclasses.replace(rect, payload=bytes(rect.payload[:-1]) + b"\xff")
        return FramebufferUpdate(tuple(rects))

    link.edit = spoil
    link.run()
    for step in range(5):
        link.desktop.show(1, np.full((80, 96), step + 1, "<u4"))
        link.run()
        link.beat()
        assert link.equal(1)
        assert link.state(1) is State.EXACT
    assert spoiled == 2
    assert link.session.ledger.withdrawn == ["planes"]
    assert "planes failed twice" in link.viewing.report()["notices"][0]
    report = link.viewing.report()
    assert report["resyncs"] == 2
    assert report["mismatches"] + report["decode_errors"] == 2
    assert set(report["codecs"]) == {"planes", "raw"}


def test_a_wrong_pixel_in_the_framebuffer_itself_is_found_by_the_next_heartbeat_or_update():
    link = Link((Head(1, Rect(0, 0, 96, 80)),))
    link.run()
    link.desktop.show(1, np.full((80, 96), 7, "<u4"))
    link.beat()
    assert link.state(1) is State.EXACT
    link.viewing._accounts.get(1).proven_digest = bytes(16)  # as if another picture had been proven
    link.beat()
    assert link.viewing.ledger.resyncs == 1
    link.beat()
    assert link.state(1) is State.EXACT


def test_digests_of_another_seed_are_never_exact():
    link = Link((Head(1, Rect(0, 0, 96, 80)),))
    link.run()
    link.viewing._seed = 1
    link.pictures[1]._seed = 1
    link.desktop.show(1, np.full((80, 96), 7, "<u4"))
    for _ in range(4):
        link.beat(0.5)
        assert link.state(1) is not State.EXACT


def test_unused_digest_kinds_are_not_mistaken():
    """A RectangleDigest names its rectangle; one that names another is a fault of the head."""
    link = Link((Head(1, Rect(0, 0, 96, 80)),))
    done = []

    def edit(message: object) -> object:
        if isinstance(message, FramebufferUpdate) and not done:
            rects = [
                dataclasses.replace(r, rect=Rect(0, 0, 5, 5)) if isinstance(r, RectangleDigest) else r
                for r in message.rectangles
            ]
            done.extend(r for r in rects if isinstance(r, RectangleDigest))
            return FramebufferUpdate(tuple(rects))
        return message

    link.edit = edit
    link.run()
    link.desktop.show(1, np.full((80, 96), 7, "<u4"))
    link.run()
    assert done
    assert link.viewing.ledger.resyncs == 1
    link.beat()
    assert link.state(1) is State.EXACT
    assert link.equal(1)


def test_when_the_repair_fails_too_raw_comes_in_the_end():
    """Planes and H.264 both arrive damaged: each is blamed for itself."""
    link = Link((Head(1, Rect(0, 0, 96, 80)),))

    def spoil(message: object) -> object:
        if not isinstance(message, FramebufferUpdate):
            return message
        rects = [
            dataclasses.replace(
                r, payload=bytes(r.payload[: len(r.payload) // 2]) + bytes(len(r.payload) // 2)
            )
            if isinstance(r, PixelRectangle) and r.encoding != Encoding.RAW
            else r
            for r in message.rectangles
        ]
        return FramebufferUpdate(tuple(rects))

    link.edit = spoil
    link.run()
    rng = np.random.default_rng(1)
    grey = np.kron(rng.integers(0, 255, (10, 12), dtype="<u4"), np.ones((8, 8), "<u4"))
    link.desktop.show(1, grey | grey << 8 | grey << 16)
    for _ in range(40):
        link.beat(0.25)
    assert link.state(1) is State.EXACT
    assert link.equal(1)
    assert "raw" in link.viewing.report()["codecs"]
