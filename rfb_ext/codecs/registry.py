"""Every codec, once: name, number, what it promises, and where it is made.

Importing this costs nothing but numpy; av and imagecodecs come with the first encoder, decoder or test.
To add an encoding: its file, its number in wire/numbers, and a row here, or in standard if it is one of
other makers' programs.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from rfb_ext.codecs import standard
from rfb_ext.codecs.base import Codec, CodecContext, Decoder, Encoder
from rfb_ext.errors import CodecError, DecodeError, UsageError
from rfb_ext.wire.numbers import Encoding


def _planes_encoder(context: CodecContext) -> Encoder:
    from rfb_ext.codecs.planes import PlanesEncoder

    return PlanesEncoder(context)


def _planes_decoder(context: CodecContext) -> Decoder:
    from rfb_ext.codecs.planes import PlanesDecoder

    return PlanesDecoder(context)


def _h264_encoder(context: CodecContext) -> Encoder:
    from rfb_ext.codecs.h264 import H264Encoder

    return H264Encoder(context)


def _h264_decoder(context: CodecContext) -> Decoder:
    from rfb_ext.codecs.h264 import H264Decoder

    return H264Decoder(context)


def _raw_encoder(context: CodecContext) -> Encoder:
    from rfb_ext.codecs.raw import RawEncoder

    return RawEncoder(context)


def _raw_decoder(context: CodecContext) -> Decoder:
    from rfb_ext.codecs.raw import RawDecoder

    return RawDecoder(context)


CODECS: tuple[Codec, ...] = (
    Codec(
        "planes",
        Encoding.PLANES,
        lossless=True,
        ordered=False,
        sticky=False,
        new_encoder=_planes_encoder,
        new_decoder=_planes_decoder,
    ),
    Codec(
        "h264",
        Encoding.H264_LOSSLESS,
        lossless=True,
        ordered=True,
        sticky=True,
        new_encoder=_h264_encoder,
        new_decoder=_h264_decoder,
    ),
    Codec(
        "raw",
        Encoding.RAW,
        lossless=True,
        ordered=False,
        sticky=False,
        new_encoder=_raw_encoder,
        new_decoder=_raw_decoder,
    ),
)
"""Those of radterm sessions, in order of preference."""

_RAW = CODECS[-1]

_lock = Lock()
_results: dict[str, CodecError | None] = {}


def codec_named(name: str) -> Codec:
    """The codec of radterm sessions of this name. Raises UsageError for an unknown one."""
    for codec in CODECS:
        if codec.name == name:
            return codec
    names = ", ".join(codec.name for codec in CODECS)
    raise UsageError(f"no codec is called {name!r}; choose one of {names}")


def codec_for(encoding: int) -> Codec:
    """The codec of this encoding number, standard ones too. Raises DecodeError for one we do not know."""
    for codec in (*CODECS, *standard.DECODED):
        if codec.encoding == encoding:
            return codec
    raise DecodeError(f"encoding {encoding:#x} is none that this program knows")


def usable(progress: Callable[[str], None] | None = None) -> tuple[Codec, ...]:
    """The codecs of radterm sessions that pass their self-test on this machine, best first. Tests run once
    per process, under a lock; `progress` is told the name of each codec that is tested now."""
    return _passed(CODECS, progress)


def sent_to_others(progress: Callable[[str], None] | None = None) -> tuple[Codec, ...]:
    """What a server may send to a viewer that is not ours, best first: Tight, ZRLE, Hextile, Raw, as far
    as they pass their self-test (see usable). A viewer gets only what it listed, and Raw."""
    return _passed((*standard.SENT, _RAW), progress)


def taken_from_others(progress: Callable[[str], None] | None = None) -> tuple[Codec, ...]:
    """What a viewer can decode of a server that is not ours, in the order to list it: CopyRect, Tight,
    ZRLE, Hextile, zlib, RRE, Raw, as far as they pass their self-test (see usable)."""
    return _passed((*standard.DECODED, _RAW), progress)


def self_test_report() -> list[tuple[str, bool, str]]:
    """(name, passed, one sentence) for every codec, best first, the standard ones behind; tests what was
    not tested yet."""
    with _lock:
        return [_line(codec.name, _tested(codec, None)) for codec in (*CODECS, *standard.DECODED)]


def _passed(codecs: tuple[Codec, ...], progress: Callable[[str], None] | None) -> tuple[Codec, ...]:
    with _lock:
        return tuple(codec for codec in codecs if _tested(codec, progress) is None)


def _tested(codec: Codec, progress: Callable[[str], None] | None) -> CodecError | None:
    if codec.name not in _results:
        from rfb_ext.codecs.selftest import self_test

        if progress is not None:
            progress(codec.name)
        try:
            self_test(codec)
        except CodecError as error:
            _results[codec.name] = error
        else:
            _results[codec.name] = None
    return _results[codec.name]


def _line(name: str, error: CodecError | None) -> tuple[str, bool, str]:
    if error is None:
        return name, True, f"{name} gave back every test picture bit for bit."
    return name, False, f"{name} is not offered: {error}"
