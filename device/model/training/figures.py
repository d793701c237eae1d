"""Figures from scores: ranking, calibration, and intervals by resampling whole groups."""

from collections.abc import Callable, Sequence

import numpy as np

RESAMPLES = 1000
Figure = Callable[[np.ndarray, np.ndarray], float]


def roc_auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """The chance that a failing frame scores above a good one; ties count half. NaN without both."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left")
    up_to = np.searchsorted(ordered, positive, "right")
    return float((below + up_to).sum() / (2 * len(positive) * len(negative)))


def threshold_at(good_scores: np.ndarray, false_alarms: float) -> float:
    """The score that this share of good frames exceeds, at most."""
    ordered = np.sort(good_scores)[::-1]
    return float(ordered[min(int(false_alarms * len(ordered)), len(ordered) - 1)])


def recall_at(scores: np.ndarray, labels: np.ndarray, false_alarms: float) -> float:
    """The share of failing frames above the score that a share of good frames exceeds."""
    good, failing = scores[labels == 0], scores[labels == 1]
    if not len(good) or not len(failing):
        return float("nan")
    return float((failing > threshold_at(good, false_alarms)).mean())


# How well failing frames rank above good ones, by the names the figures go under.
RANKINGS: dict[str, Figure] = {
    "auc": roc_auc,
    "recallAt1": lambda scores, labels: recall_at(scores, labels, 0.01),
    "recallAt5": lambda scores, labels: recall_at(scores, labels, 0.05),
}


def weigh_to_even_odds(labels: np.ndarray) -> np.ndarray:
    """Weights that sum to one half over each class."""
    counts = np.bincount(labels.astype(int), minlength=2).clip(1)
    return 0.5 / counts[labels.astype(int)]


def fit_calibration(logits: np.ndarray, labels: np.ndarray, ridge: float = 1e-4) -> tuple[float, float]:
    """Platt's slope and intercept: sigmoid(slope × logit + intercept) at even odds.

    By Newton's method on standardised logits, each step halved until it improves: far from the minimum a whole one
    would run away.
    """
    weights = weigh_to_even_odds(labels)
    centre, scale = float(logits.mean()), max(float(logits.std()), 1e-9)
    standard = (logits.astype(np.float64) - centre) / scale
    inputs = np.stack([standard, np.ones_like(standard)], axis=1)
    start = np.array([1.0, 0.0])

    def cost(theta: np.ndarray) -> float:
        scores = inputs @ theta
        return float(weights @ (np.logaddexp(0, scores) - labels * scores) + ridge / 2 * ((theta - start) ** 2).sum())

    theta = start
    for _ in range(100):
        probability = sigmoid(inputs @ theta)
        gradient = inputs.T @ (weights * (probability - labels)) + ridge * (theta - start)
        curvature = (inputs * (weights * probability * (1 - probability))[:, None]).T @ inputs + ridge * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while np.abs(step).max() > 1e-9 and cost(theta - step) > cost(theta):
            step = step / 2
        theta = theta - step
        if np.abs(step).max() < 1e-9:
            break
    slope = float(theta[0]) / scale
    return slope, float(theta[1]) - slope * centre


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -500, 500)))


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error at even odds, over bins of equal width."""
    weights = weigh_to_even_odds(labels)
    index = np.minimum((probabilities * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        inside = index == number
        if inside.any():
            error += abs(float((weights[inside] * (probabilities[inside] - labels[inside])).sum()))
    return error


def bootstrap_interval(
    figure: Figure, scores: np.ndarray, labels: np.ndarray, groups: Sequence[str], seed: int = 0
) -> tuple[float, float]:
    """95 % interval of a figure, drawing whole groups with replacement."""
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    members = [np.flatnonzero(index == number) for number in range(len(names))]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(RESAMPLES):
        chosen = np.concatenate([members[number] for number in rng.integers(len(names), size=len(names))])
        values.append(figure(scores[chosen], labels[chosen]))
    finite = np.array([value for value in values if np.isfinite(value)])
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.percentile(finite, [2.5, 97.5])
    return float(low), float(high)
