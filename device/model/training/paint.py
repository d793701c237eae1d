"""Painting over parts of a picture, so that what surrounds a failure can be shown without it.

Pictures are uint8 [size, size, 3]; masks are float32 [size, size] in 0..1, 1 where the paint goes.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

Painter = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


def soften(mask: np.ndarray, radius: float) -> np.ndarray:
    """The mask with a soft edge of about this many pixels."""
    image = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, dtype=np.float32) / 255


def blend(picture: np.ndarray, paint: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The paint where the mask is 1, the picture where it is 0."""
    alpha = mask[..., None]
    return (picture * (1 - alpha) + paint * alpha).round().clip(0, 255).astype(np.uint8)


def turn_hue(x: np.ndarray, angle: float) -> np.ndarray:
    """Colours turned about the grey axis: float [..., 3]."""
    cosine, sine = np.cos(angle), np.sin(angle) / np.sqrt(3)
    third = (1 - cosine) / 3
    turn = np.full((3, 3), third) + np.eye(3) * cosine
    turn += sine * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return x @ turn.T.astype(np.float32)


def paint_flat(picture: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One colour: the mean of what is not painted, or any."""
    outside = picture[mask < 0.5]
    colour = outside.mean(axis=0) if len(outside) and rng.random() < 0.7 else rng.integers(0, 256, 3)
    return blend(picture, np.broadcast_to(colour, picture.shape), mask)


def paint_noise(picture: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Soft noise around the surrounding's mean colour."""
    outside = picture[mask < 0.5]
    mean = outside.mean(axis=0) if len(outside) else np.array([128.0] * 3)
    coarse = int(rng.integers(8, 80))
    noise = rng.normal(0, rng.uniform(5, 30), (coarse, coarse, 3)) + mean
    scaled = Image.fromarray(noise.clip(0, 255).astype(np.uint8)).resize(picture.shape[1::-1], Image.Resampling.BICUBIC)
    return blend(picture, np.asarray(scaled), mask)


def paint_blur(picture: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture itself, blurred until no strand can be told."""
    radius = picture.shape[0] * rng.uniform(0.05, 0.12)
    return blend(picture, np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius))), mask)


def paint_texture(picture: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Tiles from the unpainted part of the same picture, mirrored at will."""
    size = picture.shape[0]
    tile = int(size * rng.uniform(0.08, 0.2))
    corners = _find_free_tiles(mask, tile)
    if not corners:
        return paint_noise(picture, mask, rng)
    paint = np.zeros_like(picture)
    for y in range(0, size, tile):
        for x in range(0, size, tile):
            top, left = corners[int(rng.integers(len(corners)))]
            patch = picture[top : top + tile, left : left + tile]
            patch = patch[:, ::-1] if rng.random() < 0.5 else patch
            paint[y : y + tile, x : x + tile] = patch[: size - y, : size - x]
    return blend(picture, np.asarray(Image.fromarray(paint).filter(ImageFilter.GaussianBlur(1))), mask)


def _find_free_tiles(mask: np.ndarray, tile: int) -> list[tuple[int, int]]:
    """Corners of tiles that the mask leaves free."""
    size, step = mask.shape[0], max(tile // 2, 1)
    return [
        (y, x)
        for y in range(0, size - tile + 1, step)
        for x in range(0, size - tile + 1, step)
        if mask[y : y + tile, x : x + tile].max() < 0.05
    ]


def paint_inpaint(picture: np.ndarray, mask: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """Colours flowing in from the edge, coarse to fine. Kept for measuring: training never sees it."""
    known = (mask < 0.5).astype(np.float32)
    return blend(picture, _flow_in(picture.astype(np.float32) * known[..., None], known), mask)


def _flow_in(weighted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill where the weight is 0 from a picture of half the size, which is filled likewise."""
    size = weight.shape[0]
    if size <= 2 or size % 2:
        total = max(weight.sum(), 1e-6)
        mean = weighted.sum(axis=(0, 1)) / total
    else:
        halves = (size // 2, 2, size // 2, 2)
        smaller = _flow_in(weighted.reshape(*halves, 3).sum(axis=(1, 3)), weight.reshape(halves).sum(axis=(1, 3)))
        image = Image.fromarray(smaller.clip(0, 255).astype(np.uint8)).resize((size, size), Image.Resampling.BILINEAR)
        mean = np.asarray(image, dtype=np.float32)
    alpha = (weight > 0)[..., None]
    return np.where(alpha, weighted / np.maximum(weight, 1e-6)[..., None], mean)


TRAINING_PAINTERS: tuple[Painter, ...] = (paint_flat, paint_noise, paint_blur, paint_texture)
MEASURING_PAINTERS: dict[str, Painter] = {"blur": paint_blur, "texture": paint_texture, "inpaint": paint_inpaint}
