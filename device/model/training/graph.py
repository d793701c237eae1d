"""Tidying an exported ONNX graph: what PyTorch writes as steps of their own goes into the convolutions.

Every change leaves the function as it is, up to rounding.
"""

import numpy as np
import onnx
from onnx import numpy_helper


def tidy_graph(model: onnx.ModelProto) -> onnx.ModelProto:
    """Padding becomes the convolutions' own, and the division of the pixels a factor of the first weights."""
    _fold_padding(model.graph)
    _fold_division(model.graph)
    drop_unused(model.graph)
    onnx.checker.check_model(model)
    return model


def fold_activations(model: onnx.ModelProto, kept: tuple[str, ...]) -> onnx.ModelProto:
    """Drop the clipping to 0..6 after convolutions, except after those whose names hold one of `kept`.

    In 8 bits the range of the output clips by itself; a step of its own would be rounded twice. Alone, the
    result is another function: whoever quantises it must give these tensors a range of 0..6 at most.
    """
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    for clip in [node for node in graph.node if node.op_type == "Clip"]:
        maker = makers[clip.input[0]]
        if maker.op_type == "Conv" and not any(part in maker.name for part in kept):
            maker.output[0] = clip.output[0]
            graph.node.remove(clip)
    drop_unused(graph)
    return model


def find_constant(graph: onnx.GraphProto, name: str) -> np.ndarray | None:
    """A weight, or what a Constant node holds."""
    for initializer in graph.initializer:
        if initializer.name == name:
            return numpy_helper.to_array(initializer)
    for node in graph.node:
        if node.op_type == "Constant" and name in node.output:
            return numpy_helper.to_array(node.attribute[0].t)
    return None


def list_consumers(graph: onnx.GraphProto, tensor: str) -> list[onnx.NodeProto]:
    return [node for node in graph.node if tensor in node.input]


def set_attribute(node: onnx.NodeProto, name: str, value) -> None:
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])


def _fold_padding(graph: onnx.GraphProto) -> None:
    """A copy of the whole tensor saved for every convolution of stride 2."""
    for pad in [node for node in graph.node if node.op_type == "Pad"]:
        amounts = find_constant(graph, pad.input[1])
        value = find_constant(graph, pad.input[2]) if len(pad.input) > 2 and pad.input[2] else np.zeros(1)
        consumers = list_consumers(graph, pad.output[0])
        if amounts is None or value is None or value.any() or [node.op_type for node in consumers] != ["Conv"]:
            continue
        before, after = amounts[: len(amounts) // 2], amounts[len(amounts) // 2 :]
        if before[:2].any() or after[:2].any():
            continue
        own = next((list(a.ints) for a in consumers[0].attribute if a.name == "pads"), [0] * 4)
        set_attribute(consumers[0], "pads", [int(p) for p in np.array(own) + np.concatenate([before[2:], after[2:]])])
        consumers[0].input[0] = pad.input[0]
        graph.node.remove(pad)


def _fold_division(graph: onnx.GraphProto) -> None:
    for division in [node for node in graph.node if node.op_type == "Div"]:
        divisor = find_constant(graph, division.input[1])
        consumers = list_consumers(graph, division.output[0])
        if divisor is None or divisor.size != 1 or [node.op_type for node in consumers] != ["Conv"]:
            continue
        weight = next(i for i in graph.initializer if i.name == consumers[0].input[1])
        scaled = numpy_helper.to_array(weight) / divisor.reshape(())
        weight.CopyFrom(numpy_helper.from_array(scaled.astype(np.float32), weight.name))
        consumers[0].input[0] = division.input[0]
        graph.node.remove(division)


def drop_unused(graph: onnx.GraphProto) -> None:
    """Constants that nothing reads any more."""
    used = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    for node in [n for n in graph.node if n.op_type == "Constant" and n.output[0] not in used]:
        graph.node.remove(node)
    for initializer in [i for i in graph.initializer if i.name not in used]:
        graph.initializer.remove(initializer)
