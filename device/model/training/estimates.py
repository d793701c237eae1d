"""A figure with its 95 % interval, drawn by resampling whole groups of frames that show the same scene."""

from collections.abc import Sequence

import numpy as np

from figures import Figure, bootstrap_interval
from scoring import Scored

# {"value": number, "interval": [low, high]}; the interval is None where resampling can't give one.
Measured = dict[str, float | list[float] | None]


def estimate(figure: Figure, scored: Sequence[Scored]) -> Measured:
    """A figure of the frames' logits and labels."""
    logits = np.array([item.logit for item in scored])
    labels = np.array([int(item.frame.is_failing) for item in scored])
    return _summarise(figure, logits, labels, [item.frame.group for item in scored])


def estimate_mean(values: Sequence[float], groups: Sequence[str]) -> Measured:
    array = np.array(values, dtype=float)
    return _summarise(lambda chosen, _: float(chosen.mean()), array, np.zeros(len(array)), groups)


def estimate_worst_mean(columns: np.ndarray, groups: Sequence[str]) -> Measured:
    """The largest of several means over the same frames. `columns` [frames, kinds]."""
    return _summarise(lambda chosen, _: float(chosen.mean(axis=0).max()), columns, np.zeros(len(columns)), groups)


def _summarise(
    figure: Figure, values: np.ndarray, labels: np.ndarray, groups: Sequence[str]
) -> Measured:
    low, high = bootstrap_interval(figure, values, labels, groups)
    interval = [round(low, 3), round(high, 3)] if np.isfinite(low) else None
    return {"value": round(figure(values, labels), 3), "interval": interval}
