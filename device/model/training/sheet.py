"""A contact sheet of the worst errors, to look at: one JPEG, the failure map drawn over each frame.

It shows labelled pictures, which are no part of this project: write it elsewhere.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from folder import open_pixels
from network import INPUT_SIZE
from scoring import Model, Scored

COLUMNS = 6
CAPTION_HEIGHT = 34
GAP = 4
HEADING_HEIGHT = 24
HEAT = np.array([255.0, 32.0, 0.0])


def write_sheet(path: Path, model: Model, scored: Sequence[Scored], count: int) -> None:
    """The good frames that score highest, then the failing ones that score lowest, `count` of each."""
    good = sorted((item for item in scored if not item.frame.is_failing), key=lambda item: -item.logit)
    failing = sorted((item for item in scored if item.frame.is_failing), key=lambda item: item.logit)
    sections = {"good frames, highest score first": good[:count], "failing frames, lowest score first": failing[:count]}
    parts = [_draw_section(title, model, items) for title, items in sections.items() if items]
    if not parts:
        raise ValueError("there is no frame to draw")
    sheet = Image.new("RGB", (parts[0].width, sum(part.height for part in parts)))
    top = 0
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    sheet.save(path, quality=85)


def _draw_section(title: str, model: Model, items: Sequence[Scored]) -> Image.Image:
    tile_height = INPUT_SIZE + CAPTION_HEIGHT + GAP
    rows = -(-len(items) // COLUMNS)
    section = Image.new("RGB", (COLUMNS * (INPUT_SIZE + GAP), HEADING_HEIGHT + rows * tile_height))
    ImageDraw.Draw(section).text((4, 6), title, fill="white")
    for index, item in enumerate(items):
        row, column = divmod(index, COLUMNS)
        section.paste(_draw_tile(model, item), (column * (INPUT_SIZE + GAP), HEADING_HEIGHT + row * tile_height))
    return section


def _draw_tile(model: Model, item: Scored) -> Image.Image:
    """The frame with its heat and its labelled boxes, and which it is."""
    tile = Image.new("RGB", (INPUT_SIZE, INPUT_SIZE + CAPTION_HEIGHT))
    tile.paste(_lay_heat(open_pixels(item.frame.path), model.to_probability(item.cells)))
    draw = ImageDraw.Draw(tile)
    for box in item.frame.failure_boxes:
        draw.rectangle([edge * INPUT_SIZE for edge in box.edges()], outline="lime")
    probability = float(model.to_probability(np.array(item.logit)))
    draw.text((2, INPUT_SIZE + 2), f"{probability:.3f}  {item.frame.source}", fill="white")
    draw.text((2, INPUT_SIZE + 17), item.frame.path.name[:52], fill="gray")
    return tile


def _lay_heat(pixels: np.ndarray, heat: np.ndarray) -> Image.Image:
    """Red where the map is hot, at most half opaque."""
    scale = INPUT_SIZE // heat.shape[0]
    alpha = np.kron(heat, np.ones((scale, scale)))[..., None] * 0.5
    return Image.fromarray((pixels * (1 - alpha) + HEAT * alpha).astype(np.uint8))
