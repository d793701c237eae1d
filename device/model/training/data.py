"""The labelled frames: reading the manifest, splitting by group, and cells from boxes.

A frames folder holds `manifest.jsonl` and the pictures it names. Frames of one group show the same scene,
so a group lies wholly in one part of the split, which follows from the group's name alone.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Sequence

import numpy as np
from PIL import Image

from network import INPUT_SIZE

Part = Literal["train", "calibration", "test"]

# What a box of each class says about the two channels. The printer's gantry is no failure.
FAILURE_CLASSES = frozenset({"spaghetti", "stringing", "under_extrusion", "over_extrusion", "warping"})
SPAGHETTI_CLASSES = frozenset({"spaghetti", "stringing"})
# Calls seams, zits and splits "spaghetti" as well: a failure, but no lesson in what spaghetti looks like.
LOOSE_SPAGHETTI_SOURCES = frozenset({"prottos"})
# One fixed camera over a print; the others are photographs.
WEBCAM_SOURCES = frozenset({"hiltes", "emptydeck-P1", "timelapseplus"})
UNDETERMINED_LICENCE = ("none stated", "none stated; public labelled set")


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
        return clip(self.x - half_width), clip(self.y - half_height), clip(self.x + half_width), clip(self.y + half_height)


@dataclass(frozen=True)
class Frame:
    """One labelled picture. `world` is set for rendered frames only."""

    path: Path
    source: str
    group: str
    is_failing: bool
    boxes: tuple[Box, ...] = field(default=())
    licence: str = ""
    world: str | None = None

    @property
    def failure_boxes(self) -> tuple[Box, ...]:
        return tuple(box for box in self.boxes if box.kind in FAILURE_CLASSES)

    @property
    def is_webcam(self) -> bool:
        return self.source in WEBCAM_SOURCES


def read_frames(folder: Path) -> list[Frame]:
    """All frames of a folder's manifest, in its order."""
    with open(folder / "manifest.jsonl", encoding="utf-8") as lines:
        return [_parse_frame(folder, json.loads(line)) for line in lines if line.strip()]


def _parse_frame(folder: Path, row: dict) -> Frame:
    boxes = tuple(Box(box["class"], *box["box"]) for box in row.get("boxes", ()))
    return Frame(
        path=folder / row["file"], source=row["source"], group=row["group"], is_failing=row["label"] == "failure",
        boxes=boxes, licence=row.get("licence", ""), world=row.get("world"),
    )


def read_rendered_frames(folder: Path) -> list[Frame]:
    """Rendered frames for training. Refuses those of any world but `train`, which are kept to judge by."""
    frames = read_frames(folder)
    refused = sorted({str(frame.world) for frame in frames if frame.world != "train"})
    if refused:
        raise ValueError(f"{folder} holds frames of the world {', '.join(refused)}; training takes 'train' only")
    return frames


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
        return picture.convert("RGB").resize((size, size), Image.Resampling.BOX if max(picture.size) > 2 * size else Image.Resampling.BILINEAR)


def fill_boxes(boxes: Sequence[Box], size: int, margin: float = 0.0) -> np.ndarray:
    """A float32 [size, size] mask, 1 inside the boxes grown by a margin (in 0..1 of the frame)."""
    mask = np.zeros((size, size), dtype=np.float32)
    for box in boxes:
        left, top, right, bottom = box.edges()
        x0, y0 = int(np.floor((left - margin) * size + 0.5)), int(np.floor((top - margin) * size + 0.5))
        x1, y1 = int(np.ceil((right + margin) * size - 0.5)), int(np.ceil((bottom + margin) * size - 0.5))
        mask[max(y0, 0):max(y1, y0 + 1, 0), max(x0, 0):max(x1, x0 + 1, 0)] = 1.0
    return mask
