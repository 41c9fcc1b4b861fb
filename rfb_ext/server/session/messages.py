"""What a session sends, made from what it knows: proven updates, layouts, heads."""

from __future__ import annotations

from collections.abc import Sequence

from rfb_ext.frame.digest import NO_DIGEST, chain_digest, placed_digest
from rfb_ext.frame.frames import Head
from rfb_ext.server.pictures import EncodedHead
from rfb_ext.wire import rectangles as r
from rfb_ext.wire import server_messages as s
from rfb_ext.wire.numbers import LayoutReason, LayoutStatus
from rfb_ext.wire.types import Rect, Screen, ScreenLayout

UPDATE_OVERHEAD = 128
RECTANGLE_OVERHEAD = 48


def framebuffer_size(heads: Sequence[Head]) -> tuple[int, int]:
    """Width and height of the smallest framebuffer from 0,0 that holds all heads."""
    box = Rect(0, 0, 0, 0)
    for head in heads:
        box = box.union(head.rect)
    return box.right, box.bottom


def layout_update(heads: Sequence[Head], reason: LayoutReason, status: LayoutStatus) -> s.FramebufferUpdate:
    """The heads as standard viewers know them (rfbproto, "ExtendedDesktopSize"): an update of its own."""
    width, height = framebuffer_size(heads)
    layout = ScreenLayout(width, height, tuple(Screen(head.id, head.rect) for head in heads))
    return s.FramebufferUpdate((r.LayoutRectangle(int(reason), int(status), layout),))


def heads_message(heads: Sequence[Head]) -> s.Heads:
    """The heads as our viewers know them (PROTOCOL.md section 3)."""
    return s.Heads(tuple(s.HeadEntry(h.id, h.rect, h.depth, h.policy, h.name) for h in heads))


def plain_update(pseudo: Sequence[r.Rectangle], results: Sequence[EncodedHead]) -> s.FramebufferUpdate:
    """An update for a standard viewer: pseudo-rectangles, then all heads' pixels."""
    pixels = [
        r.PixelRectangle(proven.encoded.rect, proven.encoded.encoding, proven.encoded.payload)
        for result in results
        for proven in result.rects
    ]
    return s.FramebufferUpdate((*pseudo, *pixels))


def proven_update(result: EncodedHead, *, number: int, tag: int, seed: int) -> s.FramebufferUpdate:
    """An update of one head with everything that proves it (PROTOCOL.md section 4)."""
    frame = result.job.picture.frame
    head = frame.head
    rectangles: list[r.Rectangle] = [
        r.UpdateBegin(head.rect, number, head.id, frame.serial, frame.captured_us, tag, head.depth)
    ]
    chain = []
    for proven in result.rects:
        rect = proven.encoded.rect
        placed = placed_digest(
            seed,
            proven.content,
            head=head.id,
            x=rect.x,
            y=rect.y,
            update=number,
            serial=frame.serial,
            captured_us=frame.captured_us,
            input_tag=tag,
        )
        chain.append(placed)
        rectangles.append(r.RectangleDigest(rect, proven.content, placed))
        rectangles.append(r.PixelRectangle(rect, proven.encoded.encoding, proven.encoded.payload))
    complete = result.job.complete
    digest = result.job.picture.head_digest if complete else NO_DIGEST
    end = r.UpdateEnd(head.rect, number, len(chain), complete, digest, chain_digest(seed, chain))
    return s.FramebufferUpdate((*rectangles, end, r.LastRectangle()))


def update_size(results: Sequence[EncodedHead]) -> int:
    """About how many bytes an update takes on the wire."""
    proven = [proven for result in results for proven in result.rects]
    return UPDATE_OVERHEAD + sum(RECTANGLE_OVERHEAD + len(p.encoded.payload) for p in proven)
