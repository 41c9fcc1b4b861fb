"""How the options about security fit together."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from radterm import cli
from radterm.address import Address
from radterm.commands.security import KNOWN_SERVERS, offer_of, own_names, security_word, trust_of
from rfb_ext.errors import ConfigError, NotFoundError, UsageError
from rfb_ext.security.offer import Way
from rfb_ext.security.password_file import set_password

LOOPBACK = Address("127.0.0.1", 0)


def parsed(*words: str):
    return cli.build_parser().parse_args(["serve", "--desktop", "testcard", *words])


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ((), "none"),
        (("--security", "none"), "none"),
        (("--security", "vncauth", "--password-file", "f"), "vncauth"),
        (("--tls-new", "--password-file", "f"), "x509plain"),
        (("--tls-new", "--security", "x509none"), "x509none"),
        (("--tls-cert", "c", "--tls-key", "k", "--security", "x509vnc", "--password-file", "f"), "x509vnc"),
    ],
)
def test_what_the_options_mean(words: tuple[str, ...], means: str) -> None:
    assert security_word(parsed(*words)) == means


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--tls-new",), "say who may come in"),
        (("--tls-new", "--tls-cert", "c", "--tls-key", "k"), "leave out --tls-cert"),
        (("--tls-cert", "c", "--security", "x509none"), "belong together"),
        (("--tls-new", "--security", "none"), "uses no certificate"),
        (("--tls-new", "--security", "vncauth", "--password-file", "f"), "uses no certificate"),
        (("--password-file", "f"), "asks for no password"),
        (("--tls-new", "--security", "x509none", "--password-file", "f"), "asks for no password"),
    ],
)
def test_what_does_not_fit(words: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        security_word(parsed(*words))


@pytest.mark.parametrize("word", ["x509none", "x509plain"])
def test_tls_without_a_certificate(word: str) -> None:
    with pytest.raises(UsageError, match="--tls-new, or --tls-cert"):
        offer_of(parsed("--security", word), LOOPBACK, word)


def test_a_password_way_without_a_file() -> None:
    with pytest.raises(UsageError, match="needs --password-file"):
        offer_of(parsed("--security", "vncauth"), LOOPBACK, "vncauth")


def test_tls_new(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Made once, kept in the data folder, the key for its owner only; the same the next time."""
    monkeypatch.setenv("RADTERM_HOME", str(tmp_path))
    words = parsed("--tls-new", "--security", "x509none")
    first = offer_of(words, Address("0.0.0.0", 1), "x509none")
    again = offer_of(words, Address("0.0.0.0", 1), "x509none")
    assert first.certificate is not None
    assert again.certificate is not None
    assert first.certificate.chain == again.certificate.chain
    key = tmp_path / "data" / "server-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_a_password_file_that_others_can_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pw"
    set_password(file, "ana", b"geheim")
    file.chmod(0o644)
    words = ["serve", "--desktop", "testcard", "--listen", "127.0.0.1:0", "--tls-new"]
    assert cli.main([*words, "--password-file", str(file)]) == 7
    assert "is open to others (mode 0644); run chmod 600" in capsys.readouterr().err


def test_files_that_are_not_there(tmp_path: Path) -> None:
    words = ("--tls-cert", str(tmp_path / "c"), "--tls-key", str(tmp_path / "k"), "--security", "x509none")
    with pytest.raises(NotFoundError, match="the certificate file"):
        offer_of(parsed(*words), LOOPBACK, "x509none")
    words = ("--security", "vncauth", "--password-file", str(tmp_path / "p"))
    with pytest.raises(NotFoundError, match="the password file"):
        offer_of(parsed(*words), LOOPBACK, "vncauth")


def test_weak_ways_are_called_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pw"
    file.write_text("8letters\n")
    file.chmod(0o600)
    assert offer_of(parsed("--password-file", str(file)), LOOPBACK, "vncauth").way is Way.VNC_AUTH
    assert "vncauth is weak" in capsys.readouterr().err
    file.write_text("9 letters\n")
    with pytest.raises(ConfigError, match="looks at 8 bytes only"):
        offer_of(parsed("--password-file", str(file)), LOOPBACK, "vncauth")


def test_names_of_this_machine() -> None:
    names = own_names(Address("10.1.2.3", 5900))
    assert {"localhost", "127.0.0.1", "::1", "10.1.2.3"} <= set(names)
    assert "0.0.0.0" not in own_names(Address("0.0.0.0", 5900))


def test_whom_view_believes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RADTERM_HOME", str(tmp_path))
    assert trust_of(None, None, False) is None
    first_use = trust_of(None, None, True)
    assert first_use is not None
    assert first_use.known is not None
    assert first_use.known.path == tmp_path / "data" / KNOWN_SERVERS
    both = trust_of(Path("ca"), "SHA256:" + ":".join(["AB"] * 32), False)
    assert both is not None
    assert (both.ca, both.pin) == (Path("ca"), b"\xab" * 32)
