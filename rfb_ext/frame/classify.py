"""What kind of content a rectangle holds: a hint for the choice of codec, never a promise."""

from __future__ import annotations

from enum import Enum

import numpy as np

from rfb_ext.frame.frames import Pixels

SAMPLES = 4096
FEW_VALUES = 16


class ContentClass(Enum):
    """SOLID: one value. FLAT: few values, as text and frames of windows have. GRAY: R = G = B. COLOR."""

    SOLID = "solid"
    FLAT = "flat"
    GRAY = "gray"
    COLOR = "color"


def classify(pixels: Pixels, depth: int) -> ContentClass:
    """Looks at up to about 4,096 pixels of canonical `pixels`, shape (h, w), on a regular grid."""
    height, width = pixels.shape
    step = max(1, int((height * width / SAMPLES) ** 0.5))
    sample = pixels[::step, ::step].ravel()
    values = np.unique(sample)
    if len(values) == 1:
        return ContentClass.SOLID
    if len(values) <= FEW_VALUES:
        return ContentClass.FLAT
    low = values & ((1 << depth) - 1)
    gray = low | low << depth | low << 2 * depth
    return ContentClass.GRAY if bool((gray == values).all()) else ContentClass.COLOR
