"""The labelled frames: what is known of each, splitting by group, and cells from boxes.

A frames folder holds `manifest.jsonl` and the pictures it names. Frames of one group show the same scene,
so a group lies wholly in one part of the split, which follows from the group's name alone.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from network import INPUT_SIZE

Part = Literal["train", "calibration", "test"]

# What a box of each class says about the channels. The printer's gantry is no failure.
FAILURE_CLASSES = frozenset({"spaghetti", "stringing", "under_extrusion", "over_extrusion", "warping"})
SPAGHETTI_CLASSES = frozenset({"spaghetti", "stringing"})
WARPING_CLASSES = frozenset({"warping"})
GANTRY_CLASS = "printer_gantry"
# Calls seams, zits and splits "spaghetti" as well: a failure, but no lesson in what spaghetti looks like.
LOOSE_SPAGHETTI_SOURCES = frozenset({"prottos"})
# One fixed camera over a print; the others are photographs.
WEBCAM_SOURCES = frozenset({"hiltes", "emptydeck-P1", "timelapseplus"})
RENDERED = "rendered"
RENDERED_TANGLES = frozenset({"spaghetti", "detached"})


@dataclass(frozen=True)
class Box:
    """A labelled rectangle: class, centre, width and height in 0..1 of the frame."""

    kind: str
    x: float
    y: float
    width: float
    height: float

    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom, clipped to the frame."""
        clip = lambda value: min(max(value, 0.0), 1.0)
        half_width, half_height = self.width / 2, self.height / 2
        return (
            clip(self.x - half_width),
            clip(self.y - half_height),
            clip(self.x + half_width),
            clip(self.y + half_height),
        )


@dataclass(frozen=True)
class Frame:
    """One labelled picture."""

    path: Path
    source: str
    group: str
    is_failing: bool
    boxes: tuple[Box, ...] = field(default=())
    licence: str = ""
    index: int = -1  # line of the manifest; -1 for what is rendered

    @property
    def failure_boxes(self) -> tuple[Box, ...]:
        return tuple(box for box in self.boxes if box.kind in FAILURE_CLASSES)

    @property
    def is_webcam(self) -> bool:
        return self.source in WEBCAM_SOURCES


def read_rendered_frames(folder: Path) -> list[Frame]:
    """The simulator's frames, for training: good ones, and those whose loose strands can be seen.

    Refuses any world but `train`; the others are kept to judge by. Failures that one frame can't show, or
    can't show yet, are left out.
    """
    with open(folder / "frames.jsonl", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    foreign = sorted({row["print"] for row in rows if not row["print"].startswith("train-")})
    if foreign:
        raise ValueError(f"{folder} holds prints of other worlds than 'train': {', '.join(foreign[:3])} …")
    return [_parse_rendered(folder, row) for row in rows if row["failure"] is None or _shows_strands(row)]


def _shows_strands(row: dict) -> bool:
    return row["isVisible"] and "strandsBox" in row and row["failure"] in RENDERED_TANGLES


def _parse_rendered(folder: Path, row: dict) -> Frame:
    boxes: tuple[Box, ...] = ()
    if row["failure"] is not None:
        left, top, width, height = row["strandsBox"]
        boxes = (Box("spaghetti", left + width / 2, top + height / 2, width, height),)
    return Frame(folder / row["file"], RENDERED, row["print"], row["failure"] is not None, boxes)


def part_of(group: str) -> Part:
    """The part of the split a group belongs to: 70 % train, 10 % calibration, 20 % test."""
    bucket = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") % 10
    if bucket < 2:
        return "test"
    return "calibration" if bucket == 2 else "train"


def select_part(frames: Sequence[Frame], part: Part) -> list[Frame]:
    return [frame for frame in frames if part_of(frame.group) == part]


def leave_out(frames: Sequence[Frame], sources: Sequence[str]) -> list[Frame]:
    """Without these sources, nor any frame of a group that one of them shares."""
    groups = {frame.group for frame in frames if frame.source in sources}
    return [frame for frame in frames if frame.group not in groups and frame.source not in sources]


def load_picture(path: Path, size: int = INPUT_SIZE) -> Image.Image:
    """The whole frame squeezed to a square, as the agent does it."""
    with Image.open(path) as picture:
        return squeeze(picture.convert("RGB"), size)


def squeeze(picture: Image.Image, size: int = INPUT_SIZE) -> Image.Image:
    filtering = Image.Resampling.BOX if max(picture.size) > 2 * size else Image.Resampling.BILINEAR
    return picture.resize((size, size), filtering)


def fill_boxes(boxes: Sequence[Box], size: int, margin: float = 0.0) -> np.ndarray:
    """A float32 [size, size] mask, 1 inside the boxes grown by a margin (in 0..1 of the frame)."""
    mask = np.zeros((size, size), dtype=np.float32)
    for box in boxes:
        left, top, right, bottom = box.edges()
        x0, y0 = int(np.floor((left - margin) * size + 0.5)), int(np.floor((top - margin) * size + 0.5))
        x1, y1 = int(np.ceil((right + margin) * size - 0.5)), int(np.ceil((bottom + margin) * size - 0.5))
        mask[max(y0, 0) : max(y1, y0 + 1, 0), max(x0, 0) : max(x1, x0 + 1, 0)] = 1.0
    return mask
