"""Frames to scores, by the exported weights in ONNX Runtime on one thread."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
from PIL import Image

from data import Frame
from figures import sigmoid
from folder import Problem, open_pixels


@dataclass(frozen=True)
class Model:
    """A model folder's ONNX weights, with how frames are scored and calibrated."""

    session: onnxruntime.InferenceSession
    labels: tuple[str, ...]
    frame_channel: int
    hottest_cells: int
    slope: float
    intercept: float
    identity: str

    def to_probability(self, logits: np.ndarray) -> np.ndarray:
        return sigmoid(self.slope * logits + self.intercept)

    def to_logit(self, probability: float) -> float:
        return float((np.log(probability / (1 - probability)) - self.intercept) / self.slope)


@dataclass(frozen=True)
class Scored:
    """A frame with its logit and its map of failure logits, [20, 20]."""

    frame: Frame
    logit: float
    cells: np.ndarray


def open_session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@contextmanager
def open_folder(checkpoint: Path | None, model_folder: Path) -> Iterator[Path]:
    """The shipped model's folder, or a passing one with a checkpoint's export."""
    if checkpoint is None:
        yield model_folder
        return
    from export import ONNX_NAME, describe_model, open_checkpoint, write_json, write_onnx

    with TemporaryDirectory() as name:
        folder, opened = Path(name), open_checkpoint(checkpoint)
        write_onnx(opened.network, folder / ONNX_NAME)
        write_json(folder / "manifest.json", describe_model(opened, folder, [], "checkpoint"))
        yield folder


def open_model(folder: Path, weights: str = "onnx") -> Model:
    """The weights a manifest lists under this name: `onnx`, or `onnxInt8` with a calibration of its own."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    file = manifest["files"][weights]
    calibration = file.get("calibration", manifest["calibration"])
    return Model(
        open_session(folder / file["path"]),
        tuple(manifest["labels"]),
        manifest["labels"].index(manifest["frameScore"]["channel"]),
        manifest["frameScore"]["hottestCells"],
        calibration["slope"],
        calibration["intercept"],
        file["sha256"],
    )


def score_pixels(model: Model, pixels: np.ndarray) -> tuple[float, np.ndarray]:
    """Logit and failure map of one picture, uint8 [320, 320, 3]."""
    maps = model.session.run(None, {"pixels": pixels[None].astype(np.float32)})[0]
    cells = maps[0, :, :, model.frame_channel]
    return average_hottest(cells, model.hottest_cells), cells


def average_hottest(cells: np.ndarray, count: int) -> float:
    return float(np.sort(cells, axis=None)[-count:].mean())


def score_frames(model: Model, frames: Sequence[Frame]) -> tuple[list[Scored], list[Problem]]:
    """Every picture that can be read, and which can't."""
    scored, problems = [], []
    for frame in frames:
        try:
            pixels = open_pixels(frame.path)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            problems.append(Problem(str(frame.path), f"can't be read: {error}"))
            continue
        scored.append(Scored(frame, *score_pixels(model, pixels)))
    return scored, problems
