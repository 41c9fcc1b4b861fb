"""Digests against PROTOCOL.md, written out here once more with nothing but struct and xxhash."""

import struct

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.frame.digest import HeadDigest, chain_digest, content_digest, placed_digest
from rfb_ext.frame.frames import Head
from rfb_ext.frame.region import Region
from rfb_ext.wire.types import Rect

SEED = 0x0123456789ABCDEF


def picture(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(width * 1000 + height).integers(0, 1 << 24, (height, width), dtype="<u4")


def head_digest_by_the_text(head: Head, pixels: np.ndarray, serial: int) -> bytes:
    r = head.rect
    text = struct.pack(">IHHHHBBHQ", head.id, r.x, r.y, r.w, r.h, head.depth, 0, 0, serial)
    for top in range(0, r.h, 64):
        text += xxhash.xxh3_128(pixels[top : top + 64].tobytes(), seed=SEED).digest()
    return xxhash.xxh3_128(text, seed=SEED).digest()


@given(st.integers(1, 90), st.integers(1, 150))
def test_content_digest_is_that_of_the_text_whatever_the_strides(width, height):
    pixels = picture(width, height)
    text = struct.pack(">HHBBH", width, height, 8, 0, 0) + pixels.tobytes()
    wanted = xxhash.xxh3_128(text, seed=SEED).digest()
    wide = np.zeros((height, width + 7), dtype="<u4")
    wide[:, 3 : 3 + width] = pixels
    assert content_digest(SEED, pixels, 8) == wanted
    assert content_digest(SEED, wide[:, 3 : 3 + width], 8) == wanted
    assert content_digest(SEED, pixels, 10) != wanted


def test_placed_and_chain_digests_are_those_of_the_text():
    content = bytes(range(16))
    placed = placed_digest(SEED, content, head=1, x=2, y=3, update=4, serial=5, captured_us=6, input_tag=7)
    text = content + struct.pack(">IHHIQQI", 1, 2, 3, 4, 5, 6, 7)
    assert placed == xxhash.xxh3_64(text, seed=SEED).digest()
    assert (
        chain_digest(SEED, [placed, content[:8]]) == xxhash.xxh3_64(placed + content[:8], seed=SEED).digest()
    )


@given(st.lists(st.tuples(st.integers(0, 129), st.integers(0, 199)), max_size=5))
def test_head_digest_with_only_touched_bands_read_again(changes):
    head = Head(9, Rect(100, 50, 130, 200), depth=8)
    pixels = picture(130, 200)
    digest = HeadDigest(SEED, head)
    assert digest.digest(pixels, 1) == head_digest_by_the_text(head, pixels, 1)
    for x, y in changes:
        pixels[y, x] ^= 1
        if x % 2:
            digest.touch_rows(y, y + 1)
        else:
            digest.touch(Region(130, 200, [Rect(x, y, 1, 1)]))
    assert digest.digest(pixels, 2) == head_digest_by_the_text(head, pixels, 2)


def test_place_depth_and_serial_are_part_of_a_head_digest():
    pixels = picture(10, 10)
    heads = [Head(1, Rect(0, 0, 10, 10)), Head(2, Rect(0, 0, 10, 10)), Head(1, Rect(1, 0, 10, 10))]
    heads.append(Head(1, Rect(0, 0, 10, 10), depth=10))
    digests = {HeadDigest(SEED, head).digest(pixels, 1) for head in heads}
    digests.add(HeadDigest(SEED, heads[0]).digest(pixels, 2))
    assert len(digests) == 5


def test_pixels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="head 1"):
        HeadDigest(SEED, Head(1, Rect(0, 0, 10, 10))).digest(picture(10, 11), 1)
