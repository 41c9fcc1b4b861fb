"""Which codec a rectangle gets. One row a content class; the first codec of the row that may be used wins."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rfb_ext.codecs.base import Codec
from rfb_ext.errors import LossRefused
from rfb_ext.frame.classify import ContentClass
from rfb_ext.frame.frames import Head
from rfb_ext.wire.numbers import Encoding, HeadPolicy

LAST_RESORT = int(Encoding.RAW)

PREFERENCE: dict[ContentClass, tuple[str, ...]] = {
    ContentClass.SOLID: ("planes", "raw"),
    ContentClass.FLAT: ("planes", "raw"),
    ContentClass.GRAY: ("planes", "h264", "raw"),
    ContentClass.COLOR: ("planes", "h264", "raw"),
}


def choose(
    head: Head,
    content: ContentClass,
    offered: Sequence[Codec],
    *,
    forced: str | None = None,
    avoided: Collection[int] = (),
) -> Codec:
    """The codec for a rectangle of `head`.

    `offered`: codecs that passed their self-test here and that the viewer can decode. `forced`: the name
    an administrator or test asked for. `avoided`: encodings withdrawn, or that just failed; Raw is used
    all the same when nothing else is left. Raises LossRefused if only lossy codecs remain for a
    diagnostic head, or the forced one is lossy there.
    """
    names = PREFERENCE[content]
    order = sorted(offered, key=lambda codec: names.index(codec.name) if codec.name in names else len(names))
    if forced is not None:
        order = sorted(order, key=lambda codec: codec.name != forced)
    if head.policy is HeadPolicy.DIAGNOSTIC:
        if order and order[0].name == forced and not order[0].lossless:
            raise LossRefused(
                f"codec {forced} is lossy and head {head.id} is diagnostic; choose a lossless one"
            )
        order = [codec for codec in order if codec.lossless]
    allowed = [codec for codec in order if codec.encoding not in avoided]
    if allowed:
        return allowed[0]
    for codec in order:
        if codec.encoding == LAST_RESORT:
            return codec
    raise LossRefused(f"no lossless codec is left for head {head.id}; see radterm --version --verbose")
