"""Measuring the exported weights on frames they were not trained on.

Every figure comes with its 95 % interval, drawn by resampling whole groups. The failing frames' painted
copies show how much of a score is owed to what surrounds the failure.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from data import Frame, fill_boxes, load_picture, read_frames, select_part
from export import ONNX_NAME
from figures import bootstrap_interval, calibration_error, recall_at, roc_auc, sigmoid, threshold_at
from network import INPUT_SIZE, MAP_SIZE
from paint import MEASURING_PAINTERS

ALARM_SHARE = 0.05
PAINT_MARGIN = 1 / MAP_SIZE  # one cell around the box
Measured = dict[str, float | int | list[float]]


@dataclass(frozen=True)
class Model:
    """A model folder's ONNX weights in one thread, with how frames are scored and calibrated."""

    session: onnxruntime.InferenceSession
    hottest_cells: int
    slope: float
    intercept: float
    identity: str


@dataclass(frozen=True)
class Scored:
    """A frame with its logit and its map of failure logits, [20, 20]."""

    frame: Frame
    logit: float
    cells: np.ndarray


def open_model(folder: Path) -> Model:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / ONNX_NAME), options, providers=["CPUExecutionProvider"])
    calibration = manifest["calibration"]
    return Model(
        session,
        manifest["frameScore"]["hottestCells"],
        calibration["slope"],
        calibration["intercept"],
        manifest["sha256"],
    )


def choose_frames(folder: Path, left_out: Sequence[str], is_everything: bool) -> list[Frame]:
    """The test part; or left-out sources whole; or, for frames of another origin, everything."""
    frames = read_frames(folder)
    if is_everything:
        return frames
    if left_out:
        return [frame for frame in frames if frame.source in left_out]
    return select_part(frames, "test")


def score_pixels(model: Model, pixels: np.ndarray) -> tuple[float, np.ndarray]:
    """Logit and failure map of one picture, uint8 [320, 320, 3]."""
    cells = model.session.run(None, {"pixels": pixels[None].astype(np.float32)})[0][0, :, :, 0]
    return float(np.sort(cells, axis=None)[-model.hottest_cells :].mean()), cells


def score_frames(model: Model, frames: Sequence[Frame]) -> list[Scored]:
    return [Scored(frame, *score_pixels(model, np.asarray(load_picture(frame.path)))) for frame in frames]


def measure(model: Model, frames: Sequence[Frame]) -> dict:
    """All figures, per whole and per source."""
    scored = score_frames(model, frames)
    good = np.array([item.logit for item in scored if not item.frame.is_failing])
    alarm = threshold_at(good, ALARM_SHARE) if len(good) else 0.0
    figures = _measure_ranking(scored) | _measure_calibration(model, scored) | _measure_place(scored)
    return {
        "model": model.identity,
        "frames": _count(scored),
        "alarmProbability": round(float(sigmoid(np.array(model.slope * alarm + model.intercept))), 4),
        "figures": figures | _measure_painted(model, scored, alarm),
        "sources": {
            source: _measure_source(scored, source, alarm) for source in sorted({s.frame.source for s in scored})
        },
    }


def _measure_ranking(scored: list[Scored]) -> dict[str, Measured]:
    """How well failing frames rank above good ones: pooled, and against webcams' good frames alone."""
    webcams = [item for item in scored if item.frame.is_failing or item.frame.is_webcam]
    recalls = {"recallAt1": lambda s, y: recall_at(s, y, 0.01), "recallAt5": lambda s, y: recall_at(s, y, 0.05)}
    figures = {"auc": _estimate(roc_auc, scored)}
    figures |= {name: _estimate(figure, scored) for name, figure in recalls.items()}
    figures["webcamAuc"] = _estimate(roc_auc, webcams)
    figures |= {f"webcamR{name[1:]}": _estimate(figure, webcams) for name, figure in recalls.items()}
    return {name: figure for name, figure in figures.items() if np.isfinite(figure["value"])}


def _measure_calibration(model: Model, scored: list[Scored]) -> dict[str, Measured]:
    if len({item.frame.is_failing for item in scored}) < 2:
        return {}
    to_probability = lambda logits: sigmoid(model.slope * logits + model.intercept)
    return {"calibrationError": _estimate(lambda s, y: calibration_error(to_probability(s), y), scored)}


def _measure_place(scored: list[Scored]) -> dict[str, Measured]:
    """How often the hottest cell lies in a labelled box, and how often any cell would."""
    boxed = [item for item in scored if item.frame.failure_boxes]
    if not boxed:
        return {}
    masks = [fill_boxes(item.frame.failure_boxes, MAP_SIZE) for item in boxed]
    hits = [float(mask.flatten()[item.cells.argmax()]) for item, mask in zip(boxed, masks, strict=True)]
    areas = [float(mask.mean()) for mask in masks]
    groups = [item.frame.group for item in boxed]
    return {"hottestCellInBox": _estimate_mean(hits, groups), "hottestCellByChance": _estimate_mean(areas, groups)}


def _measure_painted(model: Model, scored: list[Scored], alarm: float) -> dict[str, Measured]:
    """Share above the alarm threshold with the failure painted over, and of good frames painted alike."""
    boxed = [item.frame for item in scored if item.frame.failure_boxes]
    good = [item.frame for item in scored if not item.frame.is_failing]
    figures: dict[str, Measured] = {}
    if not boxed or not good:
        return figures
    for name, painter in MEASURING_PAINTERS.items():
        for kind, frames in (("painted", boxed), ("goodPainted", good)):
            alarms = []
            for index, frame in enumerate(frames):
                boxes = frame.failure_boxes or boxed[index % len(boxed)].failure_boxes
                rng = np.random.default_rng(_hash_number(f"{name}/{frame.path.name}"))
                pixels = np.asarray(load_picture(frame.path))
                pixels = painter(pixels, fill_boxes(boxes, INPUT_SIZE, PAINT_MARGIN), rng)
                alarms.append(float(score_pixels(model, pixels)[0] > alarm))
            figures[f"{kind}{name.capitalize()}"] = _estimate_mean(alarms, [frame.group for frame in frames])
    return figures


def _measure_source(scored: list[Scored], source: str, alarm: float) -> dict:
    """A source's own ranking where it has both kinds, and its shares above the alarm threshold."""
    rows = [item for item in scored if item.frame.source == source]
    result: dict = _count(rows)
    for kind, is_failing in (("falseAlarms", False), ("recall", True)):
        chosen = [item for item in rows if item.frame.is_failing == is_failing]
        if chosen:
            result[kind] = _estimate_mean(
                [float(item.logit > alarm) for item in chosen], [item.frame.group for item in chosen]
            )
    if result["good"] and result["failing"]:
        result["auc"] = _estimate(roc_auc, rows)
    return result


def _count(scored: list[Scored]) -> dict[str, int]:
    failing = sum(item.frame.is_failing for item in scored)
    return {"good": len(scored) - failing, "failing": failing, "groups": len({item.frame.group for item in scored})}


def _estimate(figure: Callable[[np.ndarray, np.ndarray], float], scored: list[Scored]) -> Measured:
    scores = np.array([item.logit for item in scored])
    labels = np.array([int(item.frame.is_failing) for item in scored])
    low, high = bootstrap_interval(figure, scores, labels, [item.frame.group for item in scored])
    return _round(figure(scores, labels), low, high)


def _estimate_mean(values: Sequence[float], groups: Sequence[str]) -> Measured:
    array = np.array(values)
    low, high = bootstrap_interval(lambda scores, _: float(scores.mean()), array, np.zeros(len(array)), groups)
    return _round(float(array.mean()), low, high)


def _round(value: float, low: float, high: float) -> Measured:
    return {"value": round(value, 3), "interval": [round(low, 3), round(high, 3)]}


def _hash_number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
