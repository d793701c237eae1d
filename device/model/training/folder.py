"""Reading a folder of labelled frames that somebody else put together: what is wrong is named and left out.

The format is that of `data.py`: `manifest.jsonl` beside the pictures. Only `file` and `label` must be there.
"""

import hashlib
import json
import math
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from data import Box, Frame, load_picture, squeeze
from network import INPUT_SIZE

MANIFEST_NAME = "manifest.jsonl"
LABELS_OF_FRAMES = {"ok": False, "failure": True}
UNNAMED_SOURCE = "unnamed"
# A camera's frame has 12 megapixels at most; a scan or a panorama is still read, at less than its full size.
LARGE_PIXELS = 12_000_000
ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class Problem:
    """A line, a box or a picture that can't be used."""

    where: str
    reason: str


def read_folder(folder: Path) -> tuple[list[Frame], list[Problem]]:
    """The frames of a folder in its manifest's order, and what is wrong with the others.

    Raises FileNotFoundError without a manifest.
    """
    frames: list[Frame] = []
    problems: list[Problem] = []
    text = (folder / MANIFEST_NAME).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{MANIFEST_NAME}:{number}"
        try:
            frame = _parse_line(folder, line, where, problems)
            frames.append(replace(frame, index=number - 1))
        except (ValueError, TypeError, KeyError) as error:
            problems.append(Problem(where, _tell(error)))
    return frames, problems


def read_frames(folder: Path) -> list[Frame]:
    """All frames of a folder that has to be whole: what is trained on.

    Raises ValueError where anything is wrong with one, FileNotFoundError without a manifest.
    """
    frames, problems = read_folder(folder)
    if problems:
        raise ValueError(f"{folder}: {problems[0].where} {problems[0].reason}, and {len(problems) - 1} more")
    return frames


def hash_manifest(folder: Path) -> str:
    """What tells one folder of frames from another."""
    return hashlib.sha256((folder / MANIFEST_NAME).read_bytes()).hexdigest()


def _parse_line(folder: Path, line: str, where: str, problems: list[Problem]) -> Frame:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("is no object")
    if not isinstance(row.get("file"), str) or not row["file"]:
        raise ValueError("names no file")
    if row.get("label") not in LABELS_OF_FRAMES:
        raise ValueError(f"{row['file']}: the label is {row.get('label')!r}, neither 'ok' nor 'failure'")
    boxes = []
    for entry in row.get("boxes") or ():
        try:
            boxes.append(_parse_box(entry))
        except (ValueError, TypeError, KeyError) as error:
            problems.append(Problem(f"{where}, a box of {row['file']}", _tell(error)))
    return Frame(
        path=folder / row["file"],
        source=str(row.get("source") or UNNAMED_SOURCE),
        group=str(row.get("group") or row.get("sequence") or row["file"]),
        is_failing=LABELS_OF_FRAMES[row["label"]],
        boxes=tuple(boxes),
        licence=str(row.get("licence") or "none stated"),
    )


def _parse_box(entry: dict) -> Box:
    x, y, width, height = (float(value) for value in entry["box"])
    if not all(math.isfinite(value) for value in (x, y, width, height)) or min(width, height) < 0:
        raise ValueError(f"{entry['box']} is no rectangle")
    if max(x, y, width, height) > 1.5:
        raise ValueError(f"{entry['box']} is not in 0..1 of the frame")
    return Box(str(entry["class"]), x, y, width, height)


def _tell(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else str(error)


def open_pixels(path: Path) -> np.ndarray:
    """The whole picture as the agent would see it, uint8 [320, 320, 3].

    Raises OSError, ValueError or Image.DecompressionBombError where it is no picture or can't be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as picture:
            is_ordinary = (
                picture.mode in ("RGB", "L")
                and picture.width * picture.height <= LARGE_PIXELS
                and picture.getexif().get(ORIENTATION_TAG, 1) == 1
            )
            if not is_ordinary:
                return np.asarray(squeeze(_bring_to_rgb(picture)))
    return np.asarray(load_picture(path))


def _bring_to_rgb(picture: Image.Image) -> Image.Image:
    picture.draft("RGB", (4 * INPUT_SIZE, 4 * INPUT_SIZE))  # a huge JPEG is decoded at an eighth to a half
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # 16 bits a pixel
        upright = Image.fromarray((np.asarray(upright).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
    return upright.convert("RGB")
