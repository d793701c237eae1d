"""How close the 8 bit weights stay to the first ones, frame by frame, labels aside."""

from collections.abc import Sequence

import numpy as np

from data import Frame
from folder import open_pixels
from scoring import Model, score_pixels

ALLOWED = 0.05  # of a probability


def measure_int8(model: Model, int8: Model, frames: Sequence[Frame], alarm_probability: float) -> dict:
    """Differences of the frames' calibrated probabilities, and the share on the same side of the threshold."""
    pairs = []
    for frame in frames:
        pixels = open_pixels(frame.path)
        pairs.append([score_pixels(one, pixels)[0] for one in (model, int8)])
    logits = np.array(pairs)
    first, second = model.to_probability(logits[:, 0]), int8.to_probability(logits[:, 1])
    differences = np.abs(first - second)
    return {
        "sha256": int8.identity,
        "frames": len(frames),
        "largest": round(float(differences.max()), 4),
        "share99": round(float(np.quantile(differences, 0.99)), 4),
        "within": round(float((differences <= ALLOWED).mean()), 4),
        "sameSide": round(float(((first > alarm_probability) == (second > alarm_probability)).mean()), 4),
    }
