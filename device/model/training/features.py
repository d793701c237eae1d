"""The samples, drawn once and taken as far as the frozen part of the network goes.

The stem and the first blocks keep their ImageNet weights, so what they make of a sample never changes: it is
computed once (onnxruntime, several times as fast as training's forward pass) and every run learns from the store.
A run that leaves sources out skips the samples made of them.
"""

import hashlib
import io
import json
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import Frame, load_picture, read_rendered_frames, select_part
from folder import read_frames
from network import INPUT_SIZE, LABELS, Network, load_imagenet
from samples import Samples, build_pool

CHUNK = 16
DRAWING_MODULES = ("augment.py", "data.py", "draw.py", "folder.py", "network.py", "paint.py", "samples.py", "scene.py")
PLANES = ("features", "cells", "weights", "label", "label_weight", "kind", "origins")


@dataclass(frozen=True)
class DrawingPlan:
    """What a store of samples follows from."""

    frames: str
    rendered: str | None
    count: int
    seed: int
    loose_weight: float
    workers: int = 2

    def name(self) -> str:
        """A folder's name that tells apart what was drawn from other frames, by another plan or by other code."""
        told = {key: value for key, value in asdict(self).items() if key != "workers"}
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        for module in DRAWING_MODULES:
            digest.update(Path(__file__).with_name(module).read_bytes())
        return f"samples-{digest.hexdigest()[:12]}"


@dataclass(frozen=True)
class Store:
    """Memory-mapped samples: features float16 [N, 80, 20, 20]; cells and weights uint8 [N, labels, 20, 20],
    weights in 255ths; label, label_weight, kind [N]; origins [N, 3], lines of the frames' manifest or -1."""

    planes: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.planes["label"])

    def select_without(self, frames: Sequence[Frame], kept: Sequence[Frame]) -> np.ndarray:
        """The samples that are made of kept frames alone."""
        is_kept = np.zeros(len(frames) + 1, dtype=bool)
        is_kept[[frame.index for frame in kept]] = True
        is_kept[-1] = True  # no origin: rendered or drawn
        return np.flatnonzero(is_kept[self.planes["origins"]].all(axis=1))


def open_store(plan: DrawingPlan, folder: Path) -> Store:
    """The plan's store, drawn now where it is not there yet. Progress goes to stderr."""
    target = folder / plan.name()
    if not (target / "done").exists():
        target.mkdir(parents=True, exist_ok=True)
        _draw_store(plan, target)
        (target / "done").touch()
    return Store({name: np.load(target / f"{name}.npy", mmap_mode="r") for name in PLANES})


def _draw_store(plan: DrawingPlan, target: Path) -> None:
    frames = select_part(read_frames(Path(plan.frames)), "train")
    rendered = read_rendered_frames(Path(plan.rendered)) if plan.rendered else []
    samples = Samples(build_pool(frames, rendered, plan.loose_weight), plan.count, plan.seed)
    trunk, planes, done, started = Trunk(), {}, 0, time.monotonic()
    for batch in DataLoader(samples, CHUNK, num_workers=plan.workers, prefetch_factor=8 if plan.workers else None):
        rows = _pack(batch, trunk)
        for name, values in rows.items():
            if name not in planes:
                planes[name] = np.lib.format.open_memmap(
                    target / f"{name}.npy", "w+", values.dtype, (plan.count, *values.shape[1:])
                )
            planes[name][done : done + len(values)] = values
        done += len(rows["label"])
        if done % (CHUNK * 50) == 0:
            left = (time.monotonic() - started) / done * (plan.count - done)
            print(f"drawing samples: {done} of {plan.count}, {left:.0f} s left", file=sys.stderr, flush=True)
    for plane in planes.values():
        plane.flush()


def _pack(batch: dict[str, torch.Tensor], trunk: "Trunk") -> dict[str, np.ndarray]:
    return {
        "features": trunk.find_features(batch["pixels"].numpy()),
        "cells": batch["cells"].numpy().astype(np.uint8),
        "weights": (batch["weights"].numpy() * 255).round().astype(np.uint8),
        "label": batch["label"].numpy().astype(np.float32),
        "label_weight": batch["label_weight"].numpy().astype(np.float32),
        "kind": batch["kind"].numpy().astype(np.uint8),
        "origins": batch["origins"].numpy().astype(np.int32),
    }


class Trunk:
    """The frozen part of the network under onnxruntime, on one thread."""

    def __init__(self) -> None:
        network = Network(LABELS)
        load_imagenet(network)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(_export_trunk(network), options, providers=["CPUExecutionProvider"])

    def find_features(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 [N, 3, 320, 320] → float16 [N, 80, 20, 20]."""
        return self.session.run(None, {"pixels": pixels.astype(np.float32)})[0].astype(np.float16)

    def look_at(self, frames: Sequence[Frame]) -> np.ndarray:
        """Features of whole frames."""
        pictures = [np.asarray(load_picture(frame.path)).transpose(2, 0, 1) for frame in frames]
        starts = range(0, len(pictures), CHUNK)
        return np.concatenate([self.find_features(np.stack(pictures[start : start + CHUNK])) for start in starts])


class _TrunkModule(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.network.find_features(pixels)


def _export_trunk(network: Network) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _TrunkModule(network).eval(),
            (torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE),),
            buffer,
            opset_version=17,
            dynamo=False,
            input_names=["pixels"],
            output_names=["features"],
            dynamic_axes={"pixels": {0: "count"}, "features": {0: "count"}},
        )
    return buffer.getvalue()
