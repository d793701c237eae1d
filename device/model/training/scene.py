"""Training scenes: a picture with what its cells and its frame are worth, and how scenes are composed.

Composition works against the shortcut of this data (failures come from amateurs' photographs, good frames
from webcams and product pictures): failures are pasted onto good webcam frames, failures are painted over
and then count as good, and harmless crops are pasted and painted alike so that an edit proves nothing.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from data import FAILURE_CLASSES, LOOSE_SPAGHETTI_SOURCES, SPAGHETTI_CLASSES, Frame, fill_boxes, load_picture
from paint import TRAINING_PAINTERS, blend, soften

SCENE_SIZE = 400
MASK_SIZE = 100
UNSURE_BESIDE_BOXES = 0.5  # labellers box the worst of a failing frame, not always all of it


@dataclass
class Scene:
    """pixels uint8 [400, 400, 3]; cells and weights float32 [100, 100, 2] (failure, spaghetti) in 0..1.

    A weight of 0 says that nothing is known there. `is_failing` is None where the frame's label is unknown.
    """

    pixels: np.ndarray
    cells: np.ndarray
    weights: np.ndarray
    is_failing: bool | None


def open_scene(frame: Frame) -> Scene:
    """The frame as it is."""
    pixels = np.asarray(load_picture(frame.path, SCENE_SIZE))
    cells = np.zeros((MASK_SIZE, MASK_SIZE, 2), dtype=np.float32)
    weights = np.ones_like(cells)
    if frame.is_failing:
        cells[..., 0] = fill_boxes([box for box in frame.boxes if box.kind in FAILURE_CLASSES], MASK_SIZE)
        cells[..., 1] = fill_boxes([box for box in frame.boxes if box.kind in SPAGHETTI_CLASSES], MASK_SIZE)
        weights[cells == 0] = UNSURE_BESIDE_BOXES
        if not frame.failure_boxes:
            weights[:] = 0
        if frame.source in LOOSE_SPAGHETTI_SOURCES:
            weights[..., 1][cells[..., 1] > 0] = 0
    return Scene(pixels, cells, weights, frame.is_failing)


def paint_over_failure(frame: Frame, rng: np.random.Generator) -> Scene:
    """A failing frame without its failure: good, but for what the labeller may have missed."""
    scene = open_scene(frame)
    margin = rng.uniform(0.02, 0.07)
    mask = soften(fill_boxes(frame.failure_boxes, SCENE_SIZE, margin), rng.uniform(0.5, 4))
    painter = TRAINING_PAINTERS[int(rng.integers(len(TRAINING_PAINTERS)))]
    scene.pixels = painter(scene.pixels, mask, rng)
    painted = fill_boxes(frame.failure_boxes, MASK_SIZE, margin)[..., None]
    scene.weights = np.where(painted > 0, 1.0, UNSURE_BESIDE_BOXES).astype(np.float32) * np.ones_like(scene.cells)
    scene.cells = np.zeros_like(scene.cells)
    scene.is_failing = False
    return scene


def paint_anywhere(scene: Scene, rng: np.random.Generator) -> Scene:
    """Paint over places that are not labelled, so that paint itself says nothing."""
    mask = np.zeros((SCENE_SIZE, SCENE_SIZE), dtype=np.float32)
    for _ in range(int(rng.integers(1, 4))):
        width, height = (rng.uniform(0.1, 0.5, 2) * SCENE_SIZE).astype(int)
        x, y = int(rng.integers(SCENE_SIZE - width)), int(rng.integers(SCENE_SIZE - height))
        mask[y : y + height, x : x + width] = 1
    labelled = np.kron(scene.cells[..., 0], np.ones((SCENE_SIZE // MASK_SIZE,) * 2, dtype=np.float32))
    mask = soften(mask * (labelled == 0), rng.uniform(0.5, 4)) * (labelled == 0)
    painter = TRAINING_PAINTERS[int(rng.integers(len(TRAINING_PAINTERS)))]
    scene.pixels = painter(scene.pixels, mask, rng)
    return scene


def paste_failure(scene: Scene, donor: Frame, rng: np.random.Generator) -> Scene:
    """Cut a labelled failure out of the donor and paste it onto a good scene, at any size from small up."""
    spaghetti = [box for box in donor.boxes if box.kind in SPAGHETTI_CLASSES]
    left, top, right, bottom = spaghetti[int(rng.integers(len(spaghetti)))].edges()
    crop = _crop(donor, left, top, right, bottom)
    alpha = _find_strands(crop) if rng.random() < 0.6 else _round_off(crop.shape[0], crop.shape[1], rng)
    return _paste(scene, crop, alpha, rng, label=1.0)


def paste_harmless(scene: Scene, donor: Frame, rng: np.random.Generator) -> Scene:
    """Paste a piece of a good frame in the same way: a decoy."""
    width, height = rng.uniform(0.15, 0.6, 2)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    crop = _crop(donor, left, top, left + width, top + height)
    alpha = _find_strands(crop) if rng.random() < 0.5 else _round_off(crop.shape[0], crop.shape[1], rng)
    return _paste(scene, crop, alpha, rng, label=0.0)


def _crop(donor: Frame, left: float, top: float, right: float, bottom: float) -> np.ndarray:
    with Image.open(donor.path) as picture:
        width, height = picture.size
        box = (
            int(left * width),
            int(top * height),
            max(int(right * width), int(left * width) + 8),
            max(int(bottom * height), int(top * height) + 8),
        )
        return np.asarray(picture.convert("RGB").crop(box))


def _find_strands(crop: np.ndarray) -> np.ndarray:
    """A mask of what differs from the crop's edge in colour: the tangle without its background."""
    edge = np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]]).astype(np.float32)
    distance = np.abs(crop.astype(np.float32) - np.median(edge, axis=0)).sum(axis=2)
    threshold = max(float(np.percentile(distance, 45)), 40.0)
    return soften((distance > threshold).astype(np.float32), 1.5) ** 0.7


def _round_off(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A soft rounded rectangle."""
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    power = rng.uniform(2, 8)
    radius = np.abs(x) ** power + np.abs(y) ** power
    return np.clip((1 - radius) * rng.uniform(2, 6), 0, 1).astype(np.float32)


def _paste(scene: Scene, crop: np.ndarray, alpha: np.ndarray, rng: np.random.Generator, label: float) -> Scene:
    longest = int(np.exp(rng.uniform(np.log(45), np.log(260))))
    scale = longest / max(crop.shape[:2])
    width, height = max(int(crop.shape[1] * scale), 12), max(int(crop.shape[0] * scale), 12)
    piece = np.asarray(
        Image.fromarray(crop).resize((width, height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    )
    cover = np.asarray(Image.fromarray((alpha * 255).astype(np.uint8)).resize((width, height)), dtype=np.float32) / 255
    if rng.random() < 0.5:
        piece, cover = piece[:, ::-1], cover[:, ::-1]
    if rng.random() < 0.6:
        piece = piece[..., rng.permutation(3)]
    x, y = _choose_place(width, height, rng)
    area = (slice(y, y + height), slice(x, x + width))
    scene.pixels = scene.pixels.copy()
    light = (scene.pixels[area].mean() + 20) / (piece.mean() + 20)
    lit = (piece * np.clip(light, 0.4, 1.6) ** rng.uniform(0, 0.7)).clip(0, 255)
    scene.pixels[area] = blend(scene.pixels[area], lit, cover)
    _mark(scene, x, y, cover, label)
    if label:
        scene.is_failing = True
    return scene


def _choose_place(width: int, height: int, rng: np.random.Generator) -> tuple[int, int]:
    """Anywhere within the picture, lower half more often: that is where the bed is."""
    x = int(rng.integers(0, SCENE_SIZE - width + 1))
    y = int((SCENE_SIZE - height) * np.sqrt(rng.random()))
    return x, y


def _mark(scene: Scene, x: int, y: int, cover: np.ndarray, label: float) -> None:
    """Write the label into the cells that the paste covers."""
    full = np.zeros((SCENE_SIZE, SCENE_SIZE), dtype=np.float32)
    full[y : y + cover.shape[0], x : x + cover.shape[1]] = cover
    ratio = SCENE_SIZE // MASK_SIZE
    covered = full.reshape(MASK_SIZE, ratio, MASK_SIZE, ratio).mean(axis=(1, 3))
    dense = soften((covered > 0.3).astype(np.float32), 1.5)  # between strands counts as covered
    scene.cells = scene.cells.copy()
    scene.cells[dense > 0.5] = label
    scene.weights = scene.weights.copy()
    scene.weights[dense > 0.5] = 1.0
