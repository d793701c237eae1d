"""Training scenes: a picture with what its cells and its frame are worth, and how scenes are composed.

Composition works against the shortcut of this data (failures come from amateurs' photographs, good frames
from webcams and product pictures): failures are pasted and drawn onto good webcam frames, failures are painted
over and then count as good, and harmless crops are pasted, drawn and painted alike so that an edit proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from data import (
    FAILURE_CLASSES,
    GANTRY_CLASS,
    LOOSE_SPAGHETTI_SOURCES,
    SPAGHETTI_CLASSES,
    WARPING_CLASSES,
    Box,
    Frame,
    fill_boxes,
    load_picture,
)
from draw import HARMLESS_DRAWERS, Piece, draw_tangle
from network import LABELS
from paint import TRAINING_PAINTERS, blend, soften, turn_hue

SCENE_SIZE = 400
MASK_SIZE = 100
DRAWN_SHARE = 0.4  # of the decoys
UNSURE_BESIDE_BOXES = 0.5  # labellers box the worst of a failing frame, not always all of it
FAILURE, SPAGHETTI, WARPING = (LABELS.index(label) for label in ("failure", "spaghetti", "warping"))
Outline = tuple[int, int, int, int]  # left, top, width, height in pixels of a scene


@dataclass
class Scene:
    """pixels uint8 [400, 400, 3]; cells and weights float32 [100, 100, labels] in 0..1.

    A weight of 0 says that nothing is known there. `is_failing` is None where the frame's label is unknown.
    `origins` are the frames it is made of.
    """

    pixels: np.ndarray
    cells: np.ndarray
    weights: np.ndarray
    is_failing: bool | None
    origins: tuple[Frame, ...] = ()


def open_scene(frame: Frame) -> Scene:
    """The frame as it is."""
    pixels = np.asarray(load_picture(frame.path, SCENE_SIZE))
    cells = np.zeros((MASK_SIZE, MASK_SIZE, len(LABELS)), dtype=np.float32)
    weights = np.ones_like(cells)
    if frame.is_failing:
        for channel, kinds in ((FAILURE, FAILURE_CLASSES), (SPAGHETTI, SPAGHETTI_CLASSES), (WARPING, WARPING_CLASSES)):
            cells[..., channel] = fill_boxes([box for box in frame.boxes if box.kind in kinds], MASK_SIZE)
        weights[cells == 0] = UNSURE_BESIDE_BOXES
        if not frame.failure_boxes:
            weights[:] = 0
        if frame.source in LOOSE_SPAGHETTI_SOURCES:
            weights[..., SPAGHETTI][cells[..., SPAGHETTI] > 0] = 0
    return Scene(pixels, cells, weights, frame.is_failing, (frame,))


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


def blend_ghost(scene: Scene, other: Frame, rng: np.random.Generator) -> Scene:
    """Two good frames in one picture: a long exposure while the head moves."""
    share = rng.uniform(0.2, 0.5)
    pixels = scene.pixels * (1 - share) + np.asarray(load_picture(other.path, SCENE_SIZE)) * share
    return Scene(pixels.astype(np.uint8), scene.cells, scene.weights, False, (*scene.origins, other))


def paste_failure(scene: Scene, donor: Frame, rng: np.random.Generator) -> Scene:
    """Cut a labelled failure out of the donor and paste it onto a good scene, at any size from small up."""
    spaghetti = [box for box in donor.boxes if box.kind in SPAGHETTI_CLASSES]
    crop = _crop(donor, spaghetti[int(rng.integers(len(spaghetti)))].edges())
    alpha = _find_strands(crop) if rng.random() < 0.6 else _round_off(crop.shape[0], crop.shape[1], rng)
    return _paste((crop, alpha), _choose_outline(crop, rng), scene, rng).marked(1.0, donor)


def paste_tangle(scene: Scene, rng: np.random.Generator) -> Scene:
    """Draw loose filament onto a good scene."""
    piece = draw_tangle(_choose_length(rng), rng)
    return _paste(piece, _choose_outline(piece[0], rng, piece[0].shape[0]), scene, rng).marked(1.0)


def paste_harmless(scene: Scene, donor: Frame, rng: np.random.Generator, over: Sequence[Box] = ()) -> Scene:
    """Paste a piece of a good frame in the same way, a printer's gantry, or something drawn: a decoy.

    Where boxes are given, half of the decoys lie on one of them.
    """
    if rng.random() < DRAWN_SHARE:
        piece = HARMLESS_DRAWERS[int(rng.integers(len(HARMLESS_DRAWERS)))](_choose_length(rng), rng)
        return _paste(piece, _choose_outline(piece[0], rng, piece[0].shape[0]), scene, rng).marked(0.0)
    crop = _crop(donor, _choose_harmless(donor, rng))
    alpha = _find_strands(crop) if rng.random() < 0.4 else _round_off(crop.shape[0], crop.shape[1], rng)
    outline = _choose_outline(crop, rng)
    if over and rng.random() < 0.5:
        outline = _cover_box(over[int(rng.integers(len(over)))])
    return _paste((crop, alpha), outline, scene, rng).marked(0.0, donor)


def _choose_harmless(donor: Frame, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Edges of a part of the donor that shows no failure: its gantry, or any part of a good frame."""
    gantries = find_bare_gantries(donor)
    if donor.is_failing and gantries:
        return gantries[int(rng.integers(len(gantries)))].edges()
    width, height = rng.uniform(0.15, 0.6, 2)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    return left, top, left + width, top + height


def find_bare_gantries(frame: Frame) -> list[Box]:
    """Boxes of the printer's gantry that no failure reaches into."""
    failing = fill_boxes(frame.failure_boxes, MASK_SIZE, 0.02)
    gantries = [box for box in frame.boxes if box.kind == GANTRY_CLASS]
    return [box for box in gantries if (fill_boxes([box], MASK_SIZE) * failing).max() == 0]


def _cover_box(box: Box) -> Outline:
    left, top, right, bottom = (edge * SCENE_SIZE for edge in box.edges())
    width, height = max(int((right - left) * 1.1), 12), max(int((bottom - top) * 1.1), 12)
    width, height = min(width, SCENE_SIZE), min(height, SCENE_SIZE)
    x = int(np.clip((left + right - width) / 2, 0, SCENE_SIZE - width))
    y = int(np.clip((top + bottom - height) / 2, 0, SCENE_SIZE - height))
    return x, y, width, height


def _crop(donor: Frame, edges: tuple[float, float, float, float]) -> np.ndarray:
    left, top, right, bottom = edges
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


def _choose_length(rng: np.random.Generator) -> int:
    """Longest side of a pasted piece in pixels: small ones are as likely as large ones."""
    return int(np.exp(rng.uniform(np.log(38), np.log(260))))


def _choose_outline(piece: np.ndarray, rng: np.random.Generator, longest: int | None = None) -> Outline:
    """Anywhere within the picture, lower half more often: that is where the bed is."""
    scale = (longest or _choose_length(rng)) / max(piece.shape[:2])
    squash = rng.uniform(0.25, 1) if rng.random() < 0.35 else 1.0  # seen flat over the bed
    width, height = max(int(piece.shape[1] * scale), 12), max(int(piece.shape[0] * scale * squash), 12)
    x = int(rng.integers(0, SCENE_SIZE - width + 1))
    return x, int((SCENE_SIZE - height) * np.sqrt(rng.random())), width, height


@dataclass
class Pasted:
    """A scene with a piece on it that is not labelled yet."""

    scene: Scene
    covered: np.ndarray  # bool [100, 100]

    def marked(self, label: float, *origins: Frame) -> Scene:
        """Write the label (1 a tangle, 0 harmless) into the cells that the piece covers."""
        cells, weights = self.scene.cells.copy(), self.scene.weights.copy()
        cells[self.covered] = 0.0
        cells[self.covered, FAILURE] = cells[self.covered, SPAGHETTI] = label
        weights[self.covered] = 1.0
        is_failing = True if label else self.scene.is_failing
        return Scene(self.scene.pixels, cells, weights, is_failing, self.scene.origins + origins)


def _paste(piece: Piece, outline: Outline, scene: Scene, rng: np.random.Generator) -> Pasted:
    crop, alpha = piece
    x, y, width, height = outline
    is_smaller = width < crop.shape[1]
    colours = np.asarray(
        Image.fromarray(crop).resize(
            (width, height), Image.Resampling.BOX if is_smaller else Image.Resampling.BILINEAR
        )
    )
    cover = np.asarray(Image.fromarray((alpha * 255).astype(np.uint8)).resize((width, height)), dtype=np.float32) / 255
    if rng.random() < 0.5:
        colours, cover = colours[:, ::-1], cover[:, ::-1]
    if rng.random() < 0.6:
        colours = turn_hue(colours.astype(np.float32), rng.uniform(0, 2 * np.pi)).clip(0, 255)
    area = (slice(y, y + height), slice(x, x + width))
    pixels = scene.pixels.copy()
    light = (pixels[area].mean() + 20) / (colours.mean() + 20)
    lit = (colours * np.clip(light, 0.4, 1.6) ** rng.uniform(0, 0.7)).clip(0, 255)
    if rng.random() < 0.4:
        pixels[area] = _cast_shadow(pixels[area], cover, rng)
    pixels[area] = blend(pixels[area], lit, cover)
    scene = Scene(pixels, scene.cells, scene.weights, scene.is_failing, scene.origins)
    return Pasted(scene, _find_covered(outline, cover))


def _cast_shadow(ground: np.ndarray, cover: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The ground darkened where the piece, moved a little, keeps the light off."""
    offset = (int(rng.integers(1, 8)), int(rng.integers(-6, 7)))
    shade = soften(np.roll(cover, offset, axis=(0, 1)), rng.uniform(1, 5)) * rng.uniform(0.2, 0.6)
    return (ground * (1 - shade[..., None])).astype(np.uint8)


def _find_covered(outline: Outline, cover: np.ndarray) -> np.ndarray:
    """bool [100, 100]: what the piece covers; between its strands counts as covered."""
    x, y, width, height = outline
    full = np.zeros((SCENE_SIZE, SCENE_SIZE), dtype=np.float32)
    full[y : y + height, x : x + width] = cover
    ratio = SCENE_SIZE // MASK_SIZE
    covered = full.reshape(MASK_SIZE, ratio, MASK_SIZE, ratio).mean(axis=(1, 3))
    return soften((covered > 0.3).astype(np.float32), 1.5) > 0.5
