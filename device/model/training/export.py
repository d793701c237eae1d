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

from data import Frame, leave_out, select_part
from folder import hash_manifest, open_pixels, read_frames
from graph import tidy_graph
from losses import HOTTEST_CELLS
from network import INPUT_SIZE, LABELS, MAP_SIZE, Network
from quantise import quantise
from scoring import average_hottest, open_session
from tfjs import write_tfjs

OPSET = 17
TOLERANCE = 1e-3
CELL_THRESHOLD = 0.5
ONNX_NAME, REFERENCE_NAME = "layerwatch.onnx", "reference.json"
INT8_NAME, INT8_REFERENCE_NAME = "layerwatch-int8.onnx", "reference-int8.json"
# Integer sums are exact and 7 bit weights never saturate, so that processors differ by the rounding of scales alone.
# Measured between ONNX Runtime's optimised and plain graphs on x64: see `check_int8_spread`.
INT8_TOLERANCE = 0.25
QUANTISING_PICTURES = 150


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
    write_json(folder / REFERENCE_NAME, describe_answer(expected))
    manifest = describe_model(checkpoint, folder, tfjs_files, version)
    if checkpoint.plan:
        manifest["files"]["onnxInt8"] = export_int8(checkpoint, folder)
    write_json(folder / "manifest.json", manifest)
    print(f"onnx differs from PyTorch by {np.abs(run_onnx(onnx_path, pixels) - expected).max():.1e}")
    check_tfjs(folder)


def export_int8(checkpoint: Checkpoint, folder: Path) -> dict:
    """Write the 8 bit weights and what they answer to the reference input; returns their entry in the manifest.

    They are quantised by frames of the training part. Their calibration is the one that brings their logits on
    the calibration part nearest to the first weights' and then does what these do.
    """
    frames = read_frames(Path(checkpoint.plan["frames"]))
    source, target = folder / ONNX_NAME, folder / INT8_NAME
    training = select_part(leave_out(frames, checkpoint.plan["left_out"]), "train")
    quantise(source, target, [open_pixels(frame.path) for frame in draw_evenly(training, QUANTISING_PICTURES)])
    pictures = [open_pixels(frame.path) for frame in select_part(frames, "calibration")]
    theirs, ours = _score_all(source, pictures), _score_all(target, pictures)
    gain, offset = np.polyfit(ours, theirs, 1)
    slope, intercept = checkpoint.calibration
    answer = run_onnx(target, make_reference_input())
    write_json(folder / INT8_REFERENCE_NAME, describe_answer(answer))
    return {
        "path": INT8_NAME,
        "sha256": hash_file(target),
        "calibration": {"slope": round(slope * gain, 6), "intercept": round(slope * offset + intercept, 6)},
        "reference": {"tolerance": INT8_TOLERANCE, "path": INT8_REFERENCE_NAME},
    }


def _score_all(path: Path, pictures: list[np.ndarray]) -> np.ndarray:
    """Frame logits."""
    session = open_session(path)
    maps = [session.run(None, {"pixels": pixels[None].astype(np.float32)})[0] for pixels in pictures]
    return np.array([average_hottest(cells[0, :, :, 0], HOTTEST_CELLS) for cells in maps])


def draw_evenly(frames: list[Frame], count: int) -> list[Frame]:
    """From each source's good and failing frames in turn, so that the large ones don't crowd out the others."""
    rng = np.random.default_rng(0)
    kinds: dict[tuple[str, bool], list[Frame]] = {}
    for frame in frames:
        kinds.setdefault((frame.source, frame.is_failing), []).append(frame)
    queues = [[members[index] for index in rng.permutation(len(members))] for _, members in sorted(kinds.items())]
    rounds = [queue[turn] for turn in range(max(map(len, queues))) for queue in queues if turn < len(queue)]
    return rounds[:count]


def describe_answer(answer: np.ndarray) -> dict:
    return {"shape": list(answer.shape), "logits": [round(float(value), 6) for value in answer.flatten()]}


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
    simplify_onnx(path)


def simplify_onnx(path: Path) -> None:
    """Fold constants as ONNX Runtime does, then tidy: a fifth less time for the same function."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    onnx.save(tidy_graph(onnx.load(path)), path)


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
        "trainedOn": {"manifestSha256": hash_manifest(Path(checkpoint.plan["frames"]))} if checkpoint.plan else {},
        "training": describe_training(checkpoint.plan),
        "sources": list_sources(Path(checkpoint.plan["frames"]), checkpoint.plan) if checkpoint.plan else [],
    }


def describe_training(plan: dict) -> list[dict]:
    """The runs that led to these weights, the first one first."""
    if not plan:
        return []
    if "averaged" in plan:
        return [run for member in plan["averaged"] for run in describe_training(member)]
    run = {
        "seed": plan["seed"],
        "epochs": plan["epochs"],
        "samplesPerEpoch": plan["samples_per_epoch"],
        "leftOut": list(plan["left_out"]),
        "withRendered": bool(plan.get("rendered")),
        "looseWeight": plan.get("loose_weight", 1.0),
        "peakRate": plan.get("peak_rate", 1.0),
    }
    earlier = open_checkpoint(Path(plan["continued_from"])).plan if plan.get("continued_from") else {}
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
