"""The encodings of other makers' viewers and servers, once. None is used in a radterm session.

All are lossless by construction where the pixel format is as deep as the head. Those with a zlib stream
of the connection cannot be reset on request: a viewer has no message to ask for it, so one failure
withdraws them.
"""

from __future__ import annotations

from rfb_ext.codecs.base import Codec
from rfb_ext.codecs.copyrect import CopyRectDecoder, CopyRectEncoder
from rfb_ext.codecs.hextile import HextileDecoder, HextileEncoder
from rfb_ext.codecs.rre import RreDecoder, RreEncoder
from rfb_ext.codecs.tight import TightDecoder, TightEncoder
from rfb_ext.codecs.zlib import ZlibDecoder, ZlibEncoder
from rfb_ext.codecs.zrle import ZrleDecoder, ZrleEncoder
from rfb_ext.wire.numbers import Encoding

TIGHT = Codec(
    "tight",
    Encoding.TIGHT,
    lossless=True,
    ordered=True,
    sticky=False,
    new_encoder=TightEncoder,
    new_decoder=TightDecoder,
    resettable=False,
)
ZRLE = Codec(
    "zrle",
    Encoding.ZRLE,
    lossless=True,
    ordered=True,
    sticky=False,
    new_encoder=ZrleEncoder,
    new_decoder=ZrleDecoder,
    resettable=False,
)
HEXTILE = Codec(
    "hextile",
    Encoding.HEXTILE,
    lossless=True,
    ordered=False,
    sticky=False,
    new_encoder=HextileEncoder,
    new_decoder=HextileDecoder,
)
ZLIB = Codec(
    "zlib",
    Encoding.ZLIB,
    lossless=True,
    ordered=True,
    sticky=False,
    new_encoder=ZlibEncoder,
    new_decoder=ZlibDecoder,
    resettable=False,
)
RRE = Codec(
    "rre",
    Encoding.RRE,
    lossless=True,
    ordered=False,
    sticky=False,
    new_encoder=RreEncoder,
    new_decoder=RreDecoder,
)
COPYRECT = Codec(
    "copyrect",
    Encoding.COPYRECT,
    lossless=True,
    ordered=True,  # it builds on what the framebuffer holds
    sticky=False,
    new_encoder=CopyRectEncoder,
    new_decoder=CopyRectDecoder,
    encodes=False,
)

SENT = (TIGHT, ZRLE, HEXTILE)
"""What we send to other makers' viewers, best first; Raw comes behind."""

DECODED = (COPYRECT, TIGHT, ZRLE, HEXTILE, ZLIB, RRE)
"""What we take from other makers' servers, in the order a viewer lists it; Raw comes behind."""
