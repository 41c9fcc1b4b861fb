from __future__ import annotations

import subprocess
import sys

import pytest

from rfb_ext.codecs import registry
from rfb_ext.errors import CodecError, DecodeError, UsageError
from rfb_ext.wire.numbers import Encoding
from tests.rfb_ext.codecs.pictures import context


@pytest.fixture
def untested(monkeypatch):
    monkeypatch.setattr(registry, "_results", {})


def test_importing_it_loads_no_codec_library():
    code = "import sys, rfb_ext.codecs.registry; print({'av', 'imagecodecs'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_names_and_numbers():
    assert [codec.name for codec in registry.CODECS] == ["planes", "h264", "raw"]
    for codec in registry.CODECS:
        assert registry.codec_named(codec.name) is codec
        assert registry.codec_for(codec.encoding) is codec
        assert codec.lossless
    assert registry.codec_for(Encoding.RAW).name == "raw"
    assert registry.codec_named("h264").ordered
    with pytest.raises(UsageError, match="planes, h264, raw"):
        registry.codec_named("jpeg")
    with pytest.raises(DecodeError, match="0x4"):
        registry.codec_for(4)


def test_standard_encodings_are_kept_apart():
    """No radterm session uses them, and nobody chooses one of them by name for such a session."""
    sent, taken = registry.sent_to_others(), registry.taken_from_others()
    assert [codec.name for codec in sent] == ["tight", "zrle", "hextile", "raw"]
    assert [codec.name for codec in taken] == ["copyrect", "tight", "zrle", "hextile", "zlib", "rre", "raw"]
    assert {codec.name for codec in registry.usable()} == {"planes", "h264", "raw"}
    assert all(registry.codec_for(codec.encoding) is codec for codec in (*sent, *taken))
    with pytest.raises(UsageError):
        registry.codec_named("tight")


@pytest.mark.parametrize("codec", registry.CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("depth", [8, 10])
def test_each_row_opens_its_encoder_and_decoder(codec, depth):
    codec.new_encoder(context(depth)).close()
    codec.new_decoder(context(depth)).close()


@pytest.mark.usefixtures("untested")
def test_each_codec_is_tested_once_and_all_pass_here():
    told = []
    assert registry.usable(told.append) == registry.CODECS
    assert registry.usable(told.append) == registry.CODECS
    assert told == ["planes", "h264", "raw"]
    report = registry.self_test_report()
    assert [name for name, _, _ in report] == [
        *("planes", "h264", "raw", "copyrect", "tight", "zrle", "hextile", "zlib", "rre")
    ]
    assert all(passed for _, passed, _ in report)
    assert all("bit for bit" in sentence for _, _, sentence in report)


@pytest.mark.usefixtures("untested")
def test_a_codec_that_fails_is_not_offered_and_the_report_says_why(monkeypatch):
    def fail(codec):
        if codec.name == "h264":
            raise CodecError("its library cannot be loaded (libx264)")

    monkeypatch.setattr("rfb_ext.codecs.selftest.self_test", fail)
    assert [codec.name for codec in registry.usable()] == ["planes", "raw"]
    assert registry.self_test_report()[1] == (
        "h264",
        False,
        "h264 is not offered: its library cannot be loaded (libx264)",
    )
