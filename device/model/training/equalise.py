"""Scaling the channels of a residual stream so that one range of 8 bits fits all of them.

What a stream carries is linear: a channel may be made smaller where it is written and larger where it is read,
and the function stays (cross-layer equalisation: Nagel et al. 2019, arXiv:1906.04721).
"""

import numpy as np
import onnx
from onnx import numpy_helper

from graph import list_consumers

LARGEST_FACTOR = 16.0


def equalise_streams(model: onnx.ModelProto, peaks: dict[str, np.ndarray]) -> None:
    """Change the weights in place. `peaks`: the largest magnitude that each channel of a tensor took."""
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for stream in _find_streams(graph, makers):
        writers = [makers[name] for name in stream if makers[name].op_type == "Conv"]
        readers = [node for name in stream for node in list_consumers(graph, name) if node.op_type != "Add"]
        if any(node.op_type != "Conv" or _is_grouped(node) for node in readers) or not stream <= peaks.keys():
            continue
        peak = np.max([peaks[name] for name in stream], axis=0)
        read = np.max([np.abs(_values(weights, node, 1)).max(axis=(0, 2, 3)) for node in readers], axis=0)
        alive = (peak > 0) & (read > 0)
        factor = np.where(alive, np.sqrt(np.where(alive, peak, 1) / np.where(alive, read, 1)), 1.0)
        middle = np.exp(np.log(factor).mean())
        factor = np.clip(factor / middle, 1 / LARGEST_FACTOR, LARGEST_FACTOR)
        for node in writers:
            _multiply(weights, node, 1, (1 / factor).reshape(-1, 1, 1, 1))
            _multiply(weights, node, 2, 1 / factor)
        for node in readers:
            _multiply(weights, node, 1, factor.reshape(1, -1, 1, 1))


def _find_streams(graph: onnx.GraphProto, makers: dict[str, onnx.NodeProto]) -> list[set[str]]:
    """Sets of linear tensors joined by additions: outputs of convolutions that nothing clips, and their sums."""
    streams: list[set[str]] = []
    for node in graph.node:
        if node.op_type == "Add":
            joined = {*node.input, node.output[0]}
        elif node.op_type == "Conv" and _is_linear(graph, node.output[0]):
            joined = {node.output[0]}
        else:
            continue
        touched = [stream for stream in streams if stream & joined]
        streams = [stream for stream in streams if not stream & joined] + [joined.union(*touched)]
    return [stream for stream in streams if all(name in makers for name in stream)]


def _is_linear(graph: onnx.GraphProto, tensor: str) -> bool:
    consumers = list_consumers(graph, tensor)
    return bool(consumers) and all(node.op_type in ("Conv", "Add") for node in consumers)


def _is_grouped(node: onnx.NodeProto) -> bool:
    return any(attribute.name == "group" and attribute.i > 1 for attribute in node.attribute)


def _values(weights: dict[str, onnx.TensorProto], node: onnx.NodeProto, index: int) -> np.ndarray:
    return numpy_helper.to_array(weights[node.input[index]])


def _multiply(weights: dict[str, onnx.TensorProto], node: onnx.NodeProto, index: int, factor: np.ndarray) -> None:
    tensor = weights[node.input[index]]
    tensor.CopyFrom(numpy_helper.from_array((numpy_helper.to_array(tensor) * factor).astype(np.float32), tensor.name))
