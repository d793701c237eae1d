"""The mix the network learns from: which scenes, in which share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from augment import change_light_and_lens, look_from_elsewhere
from data import LOOSE_SPAGHETTI_SOURCES, SPAGHETTI_CLASSES, Frame
from network import MAP_SIZE
from scene import (
    Scene,
    blend_ghost,
    find_bare_gantries,
    open_scene,
    paint_anywhere,
    paint_over_failure,
    paste_failure,
    paste_harmless,
    paste_tangle,
)

# Shares of the samples. About half of them are failing.
SHARES = {
    "failing": 0.28,
    "failing_painted_elsewhere": 0.03,
    "pasted_failure": 0.10,
    "drawn_tangle": 0.06,
    "good": 0.17,
    "good_painted": 0.03,
    "good_with_decoy": 0.08,
    "painted_over": 0.05,
    "painted_over_with_decoy": 0.07,
    "rendered_good": 0.06,
    "rendered_failing": 0.05,
    "good_ghost": 0.02,
}
KINDS = tuple(SHARES)
WEBCAM_SHARE = 0.6  # of the good frames: the scarcest kind, and the one that decides
RENDERED_GROUND_SHARE = 0.2  # of the good frames that something is pasted onto
GANTRY_SHARE = 0.3  # of the donors of decoys
LARGEST_PAINTED_AREA = 0.6  # with more painted over, nothing is left to learn from


@dataclass
class Pool:
    """The training frames by what they can be used for."""

    failing: list[Frame]
    failing_weights: np.ndarray
    good: list[Frame]
    good_weights: np.ndarray
    donors: list[Frame]
    gantries: list[Frame]
    coverable: list[Frame]
    rendered_good: list[Frame]
    rendered_failing: list[Frame]


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
        gantries=[frame for frame in failing if find_bare_gantries(frame)],
        coverable=[frame for frame in failing if 0 < _boxed_area(frame) < LARGEST_PAINTED_AREA],
        rendered_good=[frame for frame in rendered if not frame.is_failing],
        rendered_failing=[frame for frame in rendered if frame.is_failing],
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
    """Sample `index` follows from seed and index alone."""

    def __init__(self, pool: Pool, count: int, seed: int) -> None:
        self.pool, self.count, self.seed = pool, count, seed

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([self.seed, index])
        kind, composed = compose_scene(self.pool, rng)
        scene = look_from_elsewhere(composed, rng)
        scene.pixels = change_light_and_lens(scene.pixels, rng)
        return {**to_tensors(scene), "kind": torch.tensor(KINDS.index(kind)), "origins": _number_origins(scene)}


def compose_scene(pool: Pool, rng: np.random.Generator) -> tuple[str, Scene]:
    """One scene of a kind drawn by the shares, and that kind."""
    shares = {kind: share for kind, share in SHARES.items() if pool.rendered_good or not kind.startswith("rendered")}
    kind = str(rng.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))
    return kind, _compose(kind, pool, rng)


def _compose(kind: str, pool: Pool, rng: np.random.Generator) -> Scene:
    match kind:
        case "failing":
            return open_scene(_draw_failing(pool, rng))
        case "failing_painted_elsewhere":
            scene = open_scene(_draw_failing(pool, rng))
            return paint_anywhere(scene, rng) if scene.cells.any() else scene
        case "pasted_failure":
            return paste_failure(_draw_ground(pool, rng), _draw(pool.donors, rng), rng)
        case "drawn_tangle":
            return paste_tangle(_draw_ground(pool, rng), rng)
        case "good":
            return open_scene(_draw_good(pool, rng))
        case "good_painted":
            return paint_anywhere(open_scene(_draw_good(pool, rng)), rng)
        case "good_ghost":
            first = _draw_good(pool, rng)
            return blend_ghost(open_scene(first), _draw([f for f in pool.good if f.source == first.source], rng), rng)
        case "good_with_decoy":
            return paste_harmless(_draw_ground(pool, rng), _draw_decoy(pool, rng), rng)
        case "painted_over":
            return paint_over_failure(_draw(pool.coverable, rng), rng)
        case "painted_over_with_decoy":
            covered = _draw(pool.coverable, rng)
            return paste_harmless(
                paint_over_failure(covered, rng), _draw_decoy(pool, rng), rng, over=covered.failure_boxes
            )
        case "rendered_good":
            return open_scene(_draw(pool.rendered_good, rng))
        case "rendered_failing":
            return open_scene(_draw(pool.rendered_failing, rng))
        case _:
            raise ValueError(f"no scene of kind {kind}")


def _draw(frames: Sequence[Frame], rng: np.random.Generator) -> Frame:
    return frames[int(rng.integers(len(frames)))]


def _draw_failing(pool: Pool, rng: np.random.Generator) -> Frame:
    return pool.failing[int(rng.choice(len(pool.failing), p=pool.failing_weights))]


def _draw_good(pool: Pool, rng: np.random.Generator) -> Frame:
    return pool.good[int(rng.choice(len(pool.good), p=pool.good_weights))]


def _draw_ground(pool: Pool, rng: np.random.Generator) -> Scene:
    """A good scene to paste onto."""
    is_rendered = pool.rendered_good and rng.random() < RENDERED_GROUND_SHARE
    return open_scene(_draw(pool.rendered_good, rng) if is_rendered else _draw_good(pool, rng))


def _draw_decoy(pool: Pool, rng: np.random.Generator) -> Frame:
    is_gantry = pool.gantries and rng.random() < GANTRY_SHARE
    return _draw(pool.gantries, rng) if is_gantry else _draw_good(pool, rng)


MOST_ORIGINS = 3


def _number_origins(scene: Scene) -> Tensor:
    """The indexes of the real frames in a scene, int64 [3], -1 where there is none."""
    numbers = [frame.index for frame in scene.origins if frame.index >= 0]
    return torch.tensor((numbers + [-1] * MOST_ORIGINS)[:MOST_ORIGINS])


def to_tensors(scene: Scene) -> dict[str, Tensor]:
    """Pixels [3, 320, 320] uint8; cells and weights [labels, 20, 20]; the frame's label and its weight."""
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
