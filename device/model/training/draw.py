"""Things drawn by rule: tangles of filament, which fail, and what resembles them and does not.

A piece is uint8 [height, width, 3] with its cover, float32 [height, width] in 0..1. Strands of a tangle are thin,
many and without order; cables are few and smooth; lattices, skirts, infill and what is printed on a bed are lines
with order; a wall is one plain colour.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

OVERSAMPLING = 2
Piece = tuple[np.ndarray, np.ndarray]
Colour = np.ndarray  # float [3], 0..255


@dataclass
class Canvas:
    """A drawing at several times its size: colours and cover."""

    size: int
    colours: Image.Image
    cover: Image.Image

    def line(self, points: np.ndarray, width: float, colour: Colour) -> None:
        """A polyline; points float [n, 2] in pixels of the piece."""
        flat = [tuple(point) for point in points * OVERSAMPLING]
        thickness = max(int(round(width * OVERSAMPLING)), 1)
        shade = tuple(int(value) for value in colour.clip(0, 255))
        ImageDraw.Draw(self.colours).line(flat, fill=shade, width=thickness, joint="curve")
        ImageDraw.Draw(self.cover).line(flat, fill=255, width=thickness, joint="curve")

    def finish(self, rng: np.random.Generator) -> Piece:
        target = (self.size, self.size)
        cover = self.cover.resize(target, Image.Resampling.BOX)
        # Colours are averaged over the drawn parts only: no dark rim.
        drawn = np.asarray(self.cover, dtype=np.float32)[..., None] / 255
        premultiplied = Image.fromarray((np.asarray(self.colours) * drawn).astype(np.uint8))
        colours = np.asarray(premultiplied.resize(target, Image.Resampling.BOX), dtype=np.float32)
        share = np.asarray(cover, dtype=np.float32) / 255
        colours = colours / np.maximum(share, 0.05)[..., None]
        softened = np.asarray(cover.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.8))), dtype=np.float32) / 255
        return colours.clip(0, 255).astype(np.uint8), softened


def open_canvas(size: int) -> Canvas:
    large = (size * OVERSAMPLING, size * OVERSAMPLING)
    return Canvas(size, Image.new("RGB", large), Image.new("L", large))


def draw_tangle(size: int, rng: np.random.Generator) -> Piece:
    """Loose filament: loops that wander about a place, in one colour under one light."""
    canvas, base = open_canvas(size), draw_colour(rng)
    width = max(size * rng.uniform(0.006, 0.022), 0.8)
    strands = int(rng.integers(4, 60))
    spread, flat = rng.uniform(0.12, 0.3), rng.uniform(0.5, 1.0)
    curl = rng.uniform(0.15, 0.7)
    if rng.random() < 0.5:  # what lies underneath is darker
        strands = int(strands * 1.5)
    for index in range(strands):
        points = _wander(size, rng, (spread, flat, curl))
        depth = 0.45 + 0.55 * (index + 1) / strands
        canvas.line(points + rng.uniform(0.3, 1.0), width * 1.1, base * depth * 0.4)
        canvas.line(points, width, base * depth * rng.uniform(0.85, 1.15))
        canvas.line(points - width * 0.2, width * 0.35, base * depth * 1.25 + 20)
    return canvas.finish(rng)


def _wander(size: int, rng: np.random.Generator, shape: tuple[float, float, float]) -> np.ndarray:
    """A path whose direction drifts, drawn back to the middle."""
    spread, flat, curl = shape
    count = int(rng.integers(15, 70))
    middle = np.array([0.5, 0.6]) * size
    point = middle + rng.normal(0, spread, 2) * size * [1, flat]
    heading, bend = rng.uniform(0, 2 * np.pi), rng.normal(0, curl)
    step = size * rng.uniform(0.012, 0.03)
    points = np.empty((count, 2))
    for index in range(count):
        points[index] = point
        bend = 0.85 * bend + rng.normal(0, curl * 0.4)
        heading += bend
        point = point + step * np.array([np.cos(heading), np.sin(heading) * flat])
        away = (point - middle) / [1, flat]
        if np.hypot(*away) > 0.4 * size:
            point = middle + away * 0.92 * [1, flat]
            heading += np.pi * 0.6
    return points


def draw_cables(size: int, rng: np.random.Generator) -> Piece:
    """A few smooth cables or tubes."""
    canvas = open_canvas(size)
    for _ in range(int(rng.integers(1, 5))):
        ends = rng.uniform(0, 1, (4, 2)) * size
        t = np.linspace(0, 1, 40)[:, None]
        points = (
            (1 - t) ** 3 * ends[0] + 3 * t * (1 - t) ** 2 * ends[1] + 3 * t**2 * (1 - t) * ends[2] + t**3 * ends[3]
        )
        base, width = draw_colour(rng), max(size * rng.uniform(0.012, 0.05), 1.5)
        canvas.line(points + 1, width * 1.1, base * 0.35)
        canvas.line(points, width, base)
        canvas.line(points - width * 0.2, width * 0.3, base * 1.2 + 25)
    return canvas.finish(rng)


def draw_lattice(size: int, rng: np.random.Generator) -> Piece:
    """Lines with order, seen at a slant: infill, supports, a skirt, a bed's grid."""
    canvas, base = open_canvas(size), draw_colour(rng)
    gap, width = size * rng.uniform(0.04, 0.14), max(size * rng.uniform(0.006, 0.025), 0.8)
    shape = rng.choice(["lines", "grid", "triangles", "loops"])
    for points in _order(str(shape), size, gap):
        canvas.line(_slant(points, size), width, base * rng.uniform(0.9, 1.1))
    return canvas.finish(rng)


def _order(shape: str, size: int, gap: float) -> list[np.ndarray]:
    """Polylines of a pattern, flat."""
    low, high = 0.15 * size, 0.85 * size
    if shape == "loops":  # a skirt or a vase's walls
        turns = np.linspace(0, 2 * np.pi, 60)
        circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
        return [size / 2 + circle * radius for radius in np.arange(high / 2.6, high / 2, max(gap / 4, 1.5))]
    angles = {"lines": [0.0], "grid": [0.0, np.pi / 2], "triangles": [0.0, np.pi / 3, 2 * np.pi / 3]}[shape]
    lines = []
    for angle in angles:
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        for offset in np.arange(-(high - low) / 2, (high - low) / 2, gap):
            reach = (high - low) / 2
            lines.append(np.array([size / 2 + across * offset + along * end for end in (-reach, reach)]))
    return lines


def _slant(points: np.ndarray, size: int) -> np.ndarray:
    """As a plane seen from above and the front: farther is smaller. The same for every line of a piece."""
    y = points[:, 1] / size
    narrowing = 0.65 + 0.35 * y
    x = size / 2 + (points[:, 0] - size / 2) * narrowing
    return np.stack([x, size * (0.3 + 0.6 * y**1.2)], axis=1)


def draw_lettering(size: int, rng: np.random.Generator) -> Piece:
    """What is printed on a bed, seen at a slant: a maker's name, a ruler, an arrow, a warning's frame."""
    canvas = open_canvas(size)
    base = np.full(3, rng.uniform(170, 250)) if rng.random() < 0.7 else draw_colour(rng)
    width = max(size * rng.uniform(0.006, 0.02), 0.8)
    for _ in range(int(rng.integers(1, 4))):
        left, top = rng.uniform(0.1, 0.5, 2) * size
        right, bottom = rng.uniform(0.6, 0.95, 2) * size
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
        match str(rng.choice(["frame", "ruler", "arrow"])):
            case "frame":
                lines = [corners]
            case "ruler":
                ticks = np.arange(left, right, size * rng.uniform(0.04, 0.1))
                lines = [corners[:2], *(np.array([[x, top], [x, top + size * 0.04]]) for x in ticks)]
            case _:
                barbs = np.array([[-0.08, -0.05], [0, 0], [-0.08, 0.05]]) * size
                lines = [corners[:2], corners[1] + barbs]
        for points in lines:
            canvas.line(_slant(points, size), width, base)
    _write(canvas, base, rng)
    return canvas.finish(rng)


def _write(canvas: Canvas, colour: Colour, rng: np.random.Generator) -> None:
    """Words of capitals, small letters and figures, narrowed as the bed they lie on."""
    large = canvas.size * OVERSAMPLING
    letters = list("ABCDEFGHIKLMNOPRSTUVXYabcdefghiklmnoprstuvxy0123456789-!")
    word = "".join(rng.choice(letters, int(rng.integers(3, 11))))
    font = ImageFont.load_default(size=max(large * rng.uniform(0.08, 0.25), 8))
    plate = Image.new("L", (large, large))
    place = (large * rng.uniform(0.02, 0.4), large * rng.uniform(0.2, 0.6))
    ImageDraw.Draw(plate).text(place, word, fill=255, font=font, stroke_width=int(rng.integers(0, 3)))
    plate = plate.resize((large, max(int(large * rng.uniform(0.3, 1.0)), 8)))
    plate = plate.rotate(rng.normal(0, 8), resample=Image.Resampling.BILINEAR)
    canvas.colours.paste(tuple(int(value) for value in colour.clip(0, 255)), (0, 0), plate)
    canvas.cover.paste(255, (0, 0), plate)


def draw_wall(size: int, rng: np.random.Generator) -> Piece:
    """A plain part in one colour seen from the side, often with its mirror image on a glossy bed."""
    canvas, base = open_canvas(size), draw_colour(rng)
    left, right = rng.uniform(0.05, 0.35) * size, rng.uniform(0.6, 0.95) * size
    foot = rng.uniform(0.4, 0.85) * size
    top = foot - rng.uniform(0.1, 0.95) * foot
    lean = rng.normal(0, 0.06) * size
    pitch = max(size * rng.uniform(0.006, 0.02), 1.0)
    for y in np.arange(foot, top, -pitch):
        shift = lean * (foot - y) / size
        row = np.array([[left + shift, y], [right + shift, y]])
        canvas.line(row, pitch * 1.3, base * rng.uniform(0.93, 1.07))
    if rng.random() < 0.5:
        for y in np.arange(foot + pitch, min(2 * foot - top, size), pitch):
            row = np.array([[left, y], [right, y]])
            canvas.line(row, pitch * 1.3, base * 0.55 * rng.uniform(0.93, 1.07))
    return canvas.finish(rng)


def draw_colour(rng: np.random.Generator) -> Colour:
    """A filament's or a cable's colour: black, white and grey as often as all others."""
    kind = rng.random()
    if kind < 0.2:
        return np.full(3, rng.uniform(20, 60))
    if kind < 0.5:
        return np.full(3, rng.uniform(110, 245)) + rng.normal(0, 6, 3)
    return rng.uniform(20, 245, 3)


HARMLESS_DRAWERS = (draw_cables, draw_lattice, draw_lettering, draw_wall)
