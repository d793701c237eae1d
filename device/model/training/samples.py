"""The mix of an epoch: which scenes the network learns from, in which share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from augment import change_light_and_lens, look_from_elsewhere
from data import LOOSE_SPAGHETTI_SOURCES, SPAGHETTI_CLASSES, Frame
from network import MAP_SIZE
from scene import Scene, open_scene, paint_anywhere, paint_over_failure, paste_failure, paste_harmless

# Shares of an epoch. Half of it is failing, half is good.
SHARES = {
    "failing": 0.36,
    "failing_painted_elsewhere": 0.04,
    "pasted_failure": 0.12,
    "good": 0.22,
    "good_painted": 0.04,
    "good_with_decoy": 0.08,
    "painted_over": 0.08,
    "painted_over_with_decoy": 0.06,
}
RENDERED_SHARE = 0.1  # of the whole, where rendered frames are given
WEBCAM_SHARE = 0.6  # of the good frames: the scarcest kind, and the one that decides
LARGEST_PAINTED_AREA = 0.6  # with more painted over, nothing is left to learn from


@dataclass
class Pool:
    """The training frames by what they can be used for."""

    failing: list[Frame]
    failing_weights: np.ndarray
    good: list[Frame]
    good_weights: np.ndarray
    donors: list[Frame]
    coverable: list[Frame]
    rendered: list[Frame]


def build_pool(frames: Sequence[Frame], rendered: Sequence[Frame], loose_weight: float) -> Pool:
    """Sort the frames. `loose_weight` is how often a failing frame of a loosely labelled source is drawn."""
    failing = [frame for frame in frames if frame.is_failing]
    good = [frame for frame in frames if not frame.is_failing]
    weights = np.array([loose_weight if frame.source in LOOSE_SPAGHETTI_SOURCES else 1.0 for frame in failing])
    tangled = [frame for frame in failing if any(box.kind in SPAGHETTI_CLASSES for box in frame.boxes)]
    return Pool(
        failing,
        weights / weights.sum(),
        good,
        _weigh_good(good),
        donors=[frame for frame in tangled if frame.source not in LOOSE_SPAGHETTI_SOURCES],
        coverable=[frame for frame in failing if 0 < _boxed_area(frame) < LARGEST_PAINTED_AREA],
        rendered=list(rendered),
    )


def _weigh_good(good: Sequence[Frame]) -> np.ndarray:
    """Webcams get their share, and within them each source the same."""
    counts = {source: sum(frame.source == source for frame in good) for source in {frame.source for frame in good}}
    webcams = {frame.source for frame in good if frame.is_webcam}
    photographs = sum(count for source, count in counts.items() if source not in webcams)
    share = WEBCAM_SHARE if webcams else 0.0
    weights = np.array(
        [
            share / len(webcams) / counts[frame.source] if frame.is_webcam else (1 - share) / photographs
            for frame in good
        ]
    )
    return weights / weights.sum()


def _boxed_area(frame: Frame) -> float:
    """An upper bound of the share of the frame its boxes cover."""
    return sum(box.width * box.height for box in frame.failure_boxes)


class Samples(Dataset):
    """Sample `index` of an epoch follows from seed, epoch and index alone."""

    def __init__(self, pool: Pool, count: int, seed: int, epoch: int) -> None:
        self.pool, self.count, self.seed, self.epoch = pool, count, seed, epoch

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([self.seed, self.epoch, index])
        scene = look_from_elsewhere(compose_scene(self.pool, rng), rng)
        return to_tensors(Scene(change_light_and_lens(scene.pixels, rng), scene.cells, scene.weights, scene.is_failing))


def compose_scene(pool: Pool, rng: np.random.Generator) -> Scene:
    """One scene of a kind drawn by the shares."""
    if pool.rendered and rng.random() < RENDERED_SHARE:
        return open_scene(_draw(pool.rendered, rng))
    kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    if kind.startswith("failing"):
        scene = open_scene(pool.failing[int(rng.choice(len(pool.failing), p=pool.failing_weights))])
        return paint_anywhere(scene, rng) if kind == "failing_painted_elsewhere" and scene.cells.any() else scene
    if kind.startswith("painted_over"):
        scene = paint_over_failure(_draw(pool.coverable, rng), rng)
        return paste_harmless(scene, _draw_good(pool, rng), rng) if kind.endswith("decoy") else scene
    scene = open_scene(_draw_good(pool, rng))
    if kind == "pasted_failure":
        return paste_failure(scene, _draw(pool.donors, rng), rng)
    if kind == "good_with_decoy":
        return paste_harmless(scene, _draw_good(pool, rng), rng)
    return paint_anywhere(scene, rng) if kind == "good_painted" else scene


def _draw(frames: Sequence[Frame], rng: np.random.Generator) -> Frame:
    return frames[int(rng.integers(len(frames)))]


def _draw_good(pool: Pool, rng: np.random.Generator) -> Frame:
    return pool.good[int(rng.choice(len(pool.good), p=pool.good_weights))]


def to_tensors(scene: Scene) -> dict[str, Tensor]:
    """Pixels [3, 320, 320] uint8; cells and weights [2, 20, 20]; the frame's label and its weight."""
    covered, weights = _shrink(scene.cells), _shrink(scene.weights)
    cells = (covered >= 0.5).astype(np.float32)
    weights[(covered > 0.1) & (covered < 0.5)] = 0  # the edge of a box is a matter of taste
    return {
        "pixels": torch.from_numpy(scene.pixels.copy()).permute(2, 0, 1),
        "cells": torch.from_numpy(cells).permute(2, 0, 1),
        "weights": torch.from_numpy(weights).permute(2, 0, 1),
        "label": torch.tensor(float(bool(scene.is_failing))),
        "label_weight": torch.tensor(0.0 if scene.is_failing is None else 1.0),
    }


def _shrink(planes: np.ndarray) -> np.ndarray:
    ratio = planes.shape[0] // MAP_SIZE
    return planes.reshape(MAP_SIZE, ratio, MAP_SIZE, ratio, planes.shape[2]).mean(axis=(1, 3))
