import numpy as np
import pytest

from rfb_ext.frame.classify import ContentClass, classify


@pytest.mark.parametrize("depth", [8, 10])
def test_classes(depth):
    rng = np.random.default_rng(1)
    grey = rng.integers(0, 1 << depth, (90, 70), dtype="<u4")
    assert classify(np.zeros((1, 1), "<u4"), depth) is ContentClass.SOLID
    assert classify(np.full((500, 500), 7, "<u4"), depth) is ContentClass.SOLID
    assert classify((grey % 4) * 77, depth) is ContentClass.FLAT
    assert classify(grey | grey << depth | grey << 2 * depth, depth) is ContentClass.GRAY
    assert classify(rng.integers(0, 1 << 3 * depth, (90, 70), dtype="<u4"), depth) is ContentClass.COLOR
