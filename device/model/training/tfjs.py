"""Writing the network as a tf.layers model: `model.json` and shards, from the same table PyTorch runs.

The format is that of TensorFlow.js' `tf.loadLayersModel`: Keras' description of layers, and float32 weights
in the order of a manifest, cut into shards.
"""

import json
from pathlib import Path

import numpy as np

from network import INPUT_SIZE, RESCALE_DIVISOR, RESCALE_OFFSET, Layer, Network

SHARD_BYTES = 4 * 1024 * 1024
INPUT_NAME = "pixels"


def write_tfjs(network: Network, folder: Path) -> list[Path]:
    """Write the model into an empty folder; returns its files, `model.json` first."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.iterdir():
        stale.unlink()
    weights = _list_weights(network)
    shards = _write_shards(folder, b"".join(values.tobytes() for _, values in weights))
    manifest = [
        {
            "paths": [shard.name for shard in shards],
            "weights": [{"name": name, "shape": list(values.shape), "dtype": "float32"} for name, values in weights],
        }
    ]
    model = {
        "format": "layers-model",
        "generatedBy": "Layerwatch",
        "convertedBy": None,
        "modelTopology": {"class_name": "Model", "config": _describe_model(network.layers)},
        "weightsManifest": manifest,
    }
    path = folder / "model.json"
    path.write_text(json.dumps(model, separators=(",", ":")) + "\n", encoding="utf-8")
    return [path, *shards]


def _list_weights(network: Network) -> list[tuple[str, np.ndarray]]:
    """Kernels and biases with batch-norm folded, in TensorFlow's order of axes."""
    weights = []
    for name, step in network.steps.items():
        kernel, bias = (values.numpy().astype("<f4") for values in step.fold())
        is_depthwise = step.layer.kind == "depthwise"
        axes, suffix = ((2, 3, 0, 1), "depthwise_kernel") if is_depthwise else ((2, 3, 1, 0), "kernel")
        weights += [(f"{name}/{suffix}", np.ascontiguousarray(kernel.transpose(axes))), (f"{name}/bias", bias)]
    return weights


def _write_shards(folder: Path, data: bytes) -> list[Path]:
    pieces = [data[start : start + SHARD_BYTES] for start in range(0, len(data), SHARD_BYTES)]
    paths = [folder / f"group1-shard{index + 1}of{len(pieces)}.bin" for index in range(len(pieces))]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece)
    return paths


def _describe_model(layers: list[Layer]) -> dict:
    described = [
        {
            "class_name": "InputLayer",
            "name": INPUT_NAME,
            "inbound_nodes": [],
            "config": {"name": INPUT_NAME, "batch_input_shape": [None, INPUT_SIZE, INPUT_SIZE, 3], "dtype": "float32"},
        },
        {
            "class_name": "Rescaling",
            "name": "input",
            "inbound_nodes": [[[INPUT_NAME, 0, 0, {}]]],
            "config": {"name": "input", "scale": 1 / RESCALE_DIVISOR, "offset": -RESCALE_OFFSET / RESCALE_DIVISOR},
        },
    ]
    described += [_describe_layer(layer) for layer in layers]
    return {
        "name": "layerwatch",
        "layers": described,
        "input_layers": [[INPUT_NAME, 0, 0]],
        "output_layers": [[layers[-1].name, 0, 0]],
    }


def _describe_layer(layer: Layer) -> dict:
    class_name, config = _configure(layer)
    inbound = [[[name, 0, 0, {}] for name in layer.inputs]]
    return {
        "class_name": class_name,
        "name": layer.name,
        "config": {"name": layer.name, **config},
        "inbound_nodes": inbound,
    }


def _configure(layer: Layer) -> tuple[str, dict]:
    """The class and settings of a layer. "same" pads as PyTorch's side does, see `Convolution`."""
    if layer.kind == "add":
        return "Add", {}
    if layer.kind == "concat":
        return "Concatenate", {"axis": -1}
    if layer.kind == "upsample":
        return "UpSampling2D", {"size": [2, 2], "interpolation": "nearest", "data_format": "channels_last"}
    shared = {
        "kernel_size": [layer.kernel] * 2,
        "strides": [layer.stride] * 2,
        "padding": "same",
        "data_format": "channels_last",
        "use_bias": True,
        "activation": "relu6" if layer.relu6 else "linear",
    }
    if layer.kind == "depthwise":
        return "DepthwiseConv2D", {**shared, "depth_multiplier": 1}
    return "Conv2D", {**shared, "filters": layer.channels}
