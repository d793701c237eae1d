"""Measuring exported weights on frames they were not trained on.

Every figure comes with its 95 % interval. The failing frames' painted copies show how much of a score is owed
to what surrounds the failure; the sources left out whole, what to expect of a camera never seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data import LOOSE_SPAGHETTI_SOURCES, WEBCAM_SOURCES, Frame, fill_boxes
from estimates import Measured, estimate, estimate_mean
from figures import RANKINGS, calibration_error, roc_auc, threshold_at
from folder import Problem
from measure_painted import measure_painted
from measure_unseen import measure_unseen
from network import MAP_SIZE
from scoring import Model, Scored, score_frames

ALARM_SHARE = 0.05


@dataclass(frozen=True)
class Question:
    """What is measured: the frames, which sources among them are fixed webcams, and which were never seen.

    `stated_alarm` is the probability at which the model's card says that 5 % of good frames alarm, if it does.
    """

    frames: Sequence[Frame]
    webcams: frozenset[str] = WEBCAM_SOURCES
    never_seen: frozenset[str] = frozenset()
    stated_alarm: float | None = None


@dataclass(frozen=True)
class Measurement:
    """The figures as they go into JSON, the scores they come from, and the pictures that could not be read."""

    figures: dict
    scored: list[Scored]
    problems: list[Problem]


def measure(model: Model, question: Question) -> Measurement:
    """All figures that the frames allow, per whole and per source."""
    scored, problems = score_frames(model, question.frames)
    alarm = find_alarm(model, scored, question.stated_alarm)
    figures = _measure_ranking(scored, question.webcams) | _measure_calibration(model, scored)
    figures |= measure_place(scored) | _measure_stated(model, scored, question.stated_alarm)
    sources = sorted({item.frame.source for item in scored})
    measured = {
        "model": model.identity,
        "frames": count_frames(scored),
        "alarmProbability": None if alarm is None else round(float(model.to_probability(np.array(alarm))), 4),
        "figures": figures | (measure_painted(model, scored, alarm) if alarm is not None else {}),
        "sources": {source: _measure_source(scored, source, alarm) for source in sources},
    }
    unseen = measure_unseen(scored, question.never_seen, question.webcams)
    return Measurement(measured | ({"unseen": unseen} if unseen else {}), scored, problems)


def find_alarm(model: Model, scored: Sequence[Scored], stated: float | None) -> float | None:
    """The logit that 5 % of these good frames exceed; without good frames, the one the card states."""
    good = np.array([item.logit for item in scored if not item.frame.is_failing])
    if len(good):
        return threshold_at(good, ALARM_SHARE)
    return None if stated is None else model.to_logit(stated)


def _measure_ranking(scored: Sequence[Scored], webcams: frozenset[str]) -> dict[str, Measured]:
    """How well failing frames rank above good ones: pooled, and against webcams' good frames alone."""
    before_webcams = [item for item in scored if item.frame.is_failing or item.frame.source in webcams]
    figures = {}
    for prefix, items in (("", scored), ("webcam", before_webcams)):
        if not has_both(items):
            continue
        for name, figure in RANKINGS.items():
            figures[f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name] = estimate(figure, items)
    return figures


def _measure_calibration(model: Model, scored: Sequence[Scored]) -> dict[str, Measured]:
    if not has_both(scored):
        return {}
    error = lambda logits, labels: calibration_error(model.to_probability(logits), labels)
    return {"calibrationError": estimate(error, scored)}


def _measure_stated(model: Model, scored: Sequence[Scored], stated: float | None) -> dict[str, Measured]:
    """What alarms at the threshold the card states: chosen elsewhere, so it shows how well it carries over."""
    figures: dict[str, Measured] = {}
    if stated is None:
        return figures
    threshold = model.to_logit(stated)
    for name, is_failing in (("statedRecall", True), ("statedFalseAlarms", False)):
        chosen = [item for item in scored if item.frame.is_failing == is_failing]
        if chosen:
            figures[name] = _share_above(chosen, threshold)
    return figures


def measure_place(scored: Sequence[Scored]) -> dict[str, Measured]:
    """How often the hottest cell lies in a labelled box, and how often any cell would."""
    boxed = [item for item in scored if item.frame.is_failing and item.frame.failure_boxes]
    strict = [item for item in boxed if item.frame.source not in LOOSE_SPAGHETTI_SOURCES]
    figures: dict[str, Measured] = {}
    for name, items in (("hottestCellInBox", boxed), ("hottestCellInStrictBox", strict)):
        if items:
            hits = [float(_mask_of(item).flatten()[item.cells.argmax()]) for item in items]
            figures[name] = estimate_mean(hits, [item.frame.group for item in items])
    if boxed:
        areas = [float(_mask_of(item).mean()) for item in boxed]
        figures["hottestCellByChance"] = estimate_mean(areas, [item.frame.group for item in boxed])
    return figures


def _mask_of(item: Scored) -> np.ndarray:
    return fill_boxes(item.frame.failure_boxes, MAP_SIZE)


def _measure_source(scored: Sequence[Scored], source: str, alarm: float | None) -> dict:
    """A source's own ranking where it has both kinds, its shares above the alarm threshold, and its places."""
    rows = [item for item in scored if item.frame.source == source]
    result: dict = count_frames(rows)
    for kind, is_failing in (("falseAlarms", False), ("recall", True)):
        chosen = [item for item in rows if item.frame.is_failing == is_failing]
        if chosen and alarm is not None:
            result[kind] = _share_above(chosen, alarm)
    if has_both(rows):
        result["auc"] = estimate(roc_auc, rows)
    place = measure_place(rows)
    return result | {name: place[name] for name in ("hottestCellInBox",) if name in place}


def _share_above(scored: Sequence[Scored], threshold: float) -> Measured:
    return estimate_mean([float(item.logit > threshold) for item in scored], [item.frame.group for item in scored])


def has_both(scored: Sequence[Scored]) -> bool:
    return len({item.frame.is_failing for item in scored}) == 2


def count_frames(scored: Sequence[Scored]) -> dict[str, int]:
    failing = sum(item.frame.is_failing for item in scored)
    return {"good": len(scored) - failing, "failing": failing, "groups": len({item.frame.group for item in scored})}
