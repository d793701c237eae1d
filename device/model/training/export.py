"""From a checkpoint to what the agent ships with: tfjs, ONNX, reference outputs and the manifest.

The manifest's scores and the card come from `evaluate`, which measures the exported weights.
"""

import hashlib
import json
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from data import read_frames
from losses import HOTTEST_CELLS
from network import INPUT_SIZE, LABELS, MAP_SIZE, Network
from tfjs import write_tfjs

OPSET = 17
TOLERANCE = 1e-3
CELL_THRESHOLD = 0.5
ONNX_NAME, REFERENCE_NAME = "layerwatch.onnx", "reference.json"


@dataclass(frozen=True)
class Checkpoint:
    """A trained network with what was learned beside it."""

    network: Network
    calibration: tuple[float, float]
    plan: dict


def open_checkpoint(path: Path) -> Checkpoint:
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network = Network(tuple(saved["labels"]))
    network.load_state_dict(saved["weights"])
    return Checkpoint(network.eval(), tuple(saved["calibration"]), saved["plan"])


def make_untrained() -> Checkpoint:
    """The ImageNet backbone under a head that knows nothing: for building what reads a model."""
    from network import load_imagenet

    torch.manual_seed(0)
    network = Network(LABELS)
    load_imagenet(network)
    return Checkpoint(network.eval(), (1.0, 0.0), {})


class ShippedLayout(nn.Module):
    """The network with the agent's layout: pixels [1, 320, 320, 3] in, logits [1, 20, 20, labels] out."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(pixels.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def make_reference_input() -> np.ndarray:
    """A picture made by a rule that every language computes alike. float32 [1, 320, 320, 3]."""
    index = np.arange(INPUT_SIZE * INPUT_SIZE * 3)
    y, x, channel = index // (INPUT_SIZE * 3), (index // 3) % INPUT_SIZE, index % 3
    values = (x * (channel + 1) + 2 * y + (x * y) % 97 + 53 * channel) % 256
    return values.astype(np.float32).reshape(1, INPUT_SIZE, INPUT_SIZE, 3)


def export_checkpoint(checkpoint: Checkpoint, folder: Path, version: str) -> None:
    """Write every shipped file but the card, and check that the runtimes agree."""
    onnx_path = folder / ONNX_NAME
    write_onnx(checkpoint.network, onnx_path)
    tfjs_files = write_tfjs(checkpoint.network, folder / "tfjs")
    pixels = make_reference_input()
    with torch.inference_mode():
        expected = ShippedLayout(checkpoint.network)(torch.from_numpy(pixels)).numpy()
    write_json(
        folder / REFERENCE_NAME,
        {"shape": list(expected.shape), "logits": [round(float(value), 6) for value in expected.flatten()]},
    )
    manifest = describe_model(checkpoint, folder, tfjs_files, version)
    write_json(folder / "manifest.json", manifest)
    print(f"onnx differs from PyTorch by {np.abs(run_onnx(onnx_path, pixels) - expected).max():.1e}")
    check_tfjs(folder)


def write_onnx(network: Network, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            ShippedLayout(network).eval(),
            (torch.from_numpy(make_reference_input()),),
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=["pixels"],
            output_names=["map"],
        )
    onnx.checker.check_model(str(path))


def run_onnx(path: Path, pixels: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"pixels": pixels})[0]


def check_tfjs(folder: Path) -> None:
    """Run the tf.layers model in Node against the reference."""
    script = Path(__file__).with_name("check-tfjs.ts")
    node = Path(__file__).parents[3] / "deploy/node24"
    subprocess.run([str(node), str(script), str(folder)], check=True, timeout=300)


def describe_model(checkpoint: Checkpoint, folder: Path, tfjs_files: list[Path], version: str) -> dict:
    """The manifest, without scores."""
    slope, intercept = checkpoint.calibration
    identity = hash_file(folder / ONNX_NAME)
    return {
        "version": version,
        "labels": list(checkpoint.network.labels),
        "input": {"width": INPUT_SIZE, "height": INPUT_SIZE, "layout": "NHWC", "range": [0, 255], "colours": "RGB"},
        "map": {"width": MAP_SIZE, "height": MAP_SIZE},
        "frameScore": {"channel": checkpoint.network.labels[0], "hottestCells": HOTTEST_CELLS},
        "calibration": {"slope": round(slope, 6), "intercept": round(intercept, 6)},
        "boxes": {"cellThreshold": CELL_THRESHOLD},
        "sha256": identity,
        "files": {
            "tfjs": {
                "path": "tfjs/model.json",
                "files": {path.relative_to(folder).as_posix(): hash_file(path) for path in tfjs_files},
            },
            "onnx": {"path": ONNX_NAME, "sha256": identity},
        },
        "reference": {"tolerance": TOLERANCE, "path": REFERENCE_NAME},
        "training": describe_training(checkpoint.plan),
        "sources": list_sources(Path(checkpoint.plan["frames"]), checkpoint.plan) if checkpoint.plan else [],
    }


def describe_training(plan: dict) -> list[dict]:
    """The runs that led to these weights, the first one first."""
    if not plan:
        return []
    run = {
        "seed": plan["seed"],
        "epochs": plan["epochs"],
        "samplesPerEpoch": plan["samples_per_epoch"],
        "leftOut": list(plan["left_out"]),
        "withRendered": bool(plan["rendered"]),
        "looseWeight": plan["loose_weight"],
        "peakRate": plan["peak_rate"],
    }
    earlier = open_checkpoint(Path(plan["continued_from"])).plan if plan["continued_from"] else {}
    return [*describe_training(earlier), run]


def list_sources(frames: Path, plan: dict) -> list[dict]:
    """Each source of the frames with its licence as stated there, and how many frames were there."""
    rows = [frame for frame in read_frames(frames) if frame.source not in plan["left_out"]]
    return [
        {
            "name": source,
            "licence": next(frame.licence for frame in rows if frame.source == source),
            "good": sum(frame.source == source and not frame.is_failing for frame in rows),
            "failing": sum(frame.source == source and frame.is_failing for frame in rows),
        }
        for source in sorted({frame.source for frame in rows})
    ]


def hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
