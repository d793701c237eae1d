"""How many failing frames still alarm once their failure is painted over, and of good frames painted alike."""

import hashlib
from collections.abc import Sequence

import numpy as np

from data import Box, Frame, fill_boxes
from estimates import Measured, estimate_mean, estimate_worst_mean
from folder import open_pixels
from network import INPUT_SIZE, MAP_SIZE
from paint import MEASURING_PAINTERS, TRAINING_PAINTERS, Painter
from scoring import Model, Scored, score_pixels

PAINT_MARGIN = 1 / MAP_SIZE  # one cell around the box
NEVER_TRAINED = "inpaint"


def measure_painted(model: Model, scored: Sequence[Scored], alarm: float) -> dict[str, Measured]:
    """Shares above the alarm's logit per way of painting, and the worst of them for the failing frames."""
    if MEASURING_PAINTERS[NEVER_TRAINED] in TRAINING_PAINTERS:
        raise ValueError(f"{NEVER_TRAINED} is kept for measuring, but training paints with it")
    boxed = [item.frame for item in scored if item.frame.is_failing and item.frame.failure_boxes]
    good = [item.frame for item in scored if not item.frame.is_failing]
    if not boxed:
        return {}
    figures: dict[str, Measured] = {}
    borrowed = [boxed[index % len(boxed)].failure_boxes for index in range(len(good))]
    for kind, frames, boxes in (
        ("painted", boxed, [frame.failure_boxes for frame in boxed]),
        ("goodPainted", good, borrowed),
    ):
        if not frames:
            continue
        groups = [frame.group for frame in frames]
        columns = [
            [float(_score_painted(model, name, *pair) > alarm) for pair in zip(frames, boxes, strict=True)]
            for name in MEASURING_PAINTERS
        ]
        for name, alarms in zip(MEASURING_PAINTERS, columns, strict=True):
            figures[f"{kind}{name.capitalize()}"] = estimate_mean(alarms, groups)
        figures[f"{kind}Worst"] = estimate_worst_mean(np.array(columns).T, groups)
    return figures


def _score_painted(model: Model, name: str, frame: Frame, boxes: Sequence[Box]) -> float:
    """The frame's logit with these boxes and a margin painted over, alike in every run."""
    painter: Painter = MEASURING_PAINTERS[name]
    rng = np.random.default_rng(_hash_number(f"{name}/{frame.path.name}"))
    mask = fill_boxes(boxes, INPUT_SIZE, PAINT_MARGIN)
    return score_pixels(model, painter(open_pixels(frame.path), mask, rng))[0]


def _hash_number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
