"""The exported network in 8 bits: smaller and faster, and a function of its own close to the first.

Activations take 8 bits, unsigned, a range for each tensor; weights 7 bits, signed, a range for each channel:
with 8 bits AVX2's instruction for pairs of products saturates, so that processors would disagree (measured: more
than three times as many frames off by 0.05). What 7 bits lose is mostly won back by rounding each weight with an
eye on the others (`rounding.py`). The last layer stays in float32, since its output is the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.calibrate import CalibrationMethod, TensorData, TensorsData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

from equalise import equalise_streams
from graph import drop_unused, fold_activations
from network import RESCALE_OFFSET
from rounding import InputMoments, round_weights

QUANTISED_STEPS = ("Conv", "Add", "Concat", "Resize")
KEPT_IN_FLOAT = ("/map/",)
PICTURES_FOR_PEAKS = 30
RAREST_SHARE, MOST_VALUES = 1e-4, 20_000  # beyond a linear tensor's range, of so many of its values
LARGEST, DEPTHWISE_LARGEST = 64, 127  # 7 bits; depthwise kernels don't add in pairs, so nothing saturates in 8


@dataclass
class Observed:
    """The range that calibration saw of a tensor."""

    low: float = 0.0
    high: float = 0.0


def quantise(source: Path, target: Path, pictures: Sequence[np.ndarray]) -> None:
    """Write the 8 bit model. `pictures` are uint8 [320, 320, 3]; none of them may be measured on afterwards."""
    exact = onnx.load(source)
    equalise_streams(exact, _observe_peaks(exact, pictures[:PICTURES_FOR_PEAKS]))
    ranges, moments = _observe(exact, pictures)
    model = fold_activations(exact, KEPT_IN_FLOAT)  # keeps the names of the tensors observed
    rough = _quantise_plainly(model, ranges)
    _round_with_care(model, rough, moments)
    _quantise_pixels(rough.graph)
    onnx.save(rough, target)
    onnx.checker.check_model(str(target))


def _observe(
    model: onnx.ModelProto, pictures: Sequence[np.ndarray]
) -> tuple[dict[str, Observed], dict[str, InputMoments]]:
    """Ranges of all tensors, and moments of every quantised convolution's input, over the pictures."""
    convolutions = list_quantised(model.graph)
    moments = {node.name: InputMoments() for node in convolutions}
    ranges: dict[str, Observed] = {}
    session, names = _open_with_all_outputs(model)
    rng = np.random.default_rng(0)
    for pixels in pictures:
        values = dict(zip(names, session.run(None, {"pixels": pixels[None].astype(np.float32)}), strict=True))
        for name, value in values.items():
            seen, (low, high) = ranges.setdefault(name, Observed()), _find_range(value)
            seen.low, seen.high = min(seen.low, low), max(seen.high, high)
        for node in convolutions:
            moments[node.name].add(node, values[node.input[0]], rng.integers(2**31))
    ranges["pixels"] = Observed(0.0, 255.0)
    for node in (node for node in model.graph.node if node.op_type == "Sub"):
        ranges[node.output[0]] = Observed(-RESCALE_OFFSET, 255.0 - RESCALE_OFFSET)  # a step of 1 for each level
    return ranges, moments


def _find_range(value: np.ndarray) -> tuple[float, float]:
    """All of it where ReLU6 has clipped it; of what is linear, all but the rarest, whose room the others need."""
    low, high = float(value.min()), float(value.max())
    if low >= 0:
        return low, high
    some = value.ravel()[:: max(1, value.size // MOST_VALUES)]
    low, high = np.quantile(some, [RAREST_SHARE, 1 - RAREST_SHARE])
    return float(low), float(high)


def _observe_peaks(model: onnx.ModelProto, pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """The largest magnitude of each channel of each tensor [1, channels, height, width]."""
    session, names = _open_with_all_outputs(model)
    peaks: dict[str, np.ndarray] = {}
    for pixels in pictures:
        for name, value in zip(names, session.run(None, {"pixels": pixels[None].astype(np.float32)}), strict=True):
            peak = np.abs(value).max(axis=(0, 2, 3))
            peaks[name] = np.maximum(peaks[name], peak) if name in peaks else peak
    return peaks


def list_quantised(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    return [n for n in graph.node if n.op_type == "Conv" and not any(part in n.name for part in KEPT_IN_FLOAT)]


def _open_with_all_outputs(model: onnx.ModelProto) -> tuple[onnxruntime.InferenceSession, list[str]]:
    open_model = onnx.ModelProto()
    open_model.CopyFrom(model)
    known = {output.name for output in open_model.graph.output}
    for name in [name for node in open_model.graph.node for name in node.output if name not in known]:
        open_model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(open_model.SerializeToString(), options)
    return session, [output.name for output in session.get_outputs()]


def _quantise_plainly(model: onnx.ModelProto, ranges: dict[str, Observed]) -> onnx.ModelProto:
    """ONNX Runtime's own quantiser, with the ranges given."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    nodes = [node.name for node in copy.graph.node if node.op_type in QUANTISED_STEPS]
    kept = [name for name in nodes if any(part in name for part in KEPT_IN_FLOAT)]
    data = {
        name: TensorData(lowest=np.float32(seen.low), highest=np.float32(seen.high)) for name, seen in ranges.items()
    }
    quantiser = QDQQuantizer(
        copy,
        True,  # a scale for each channel
        True,  # 7 bits
        QuantType.QInt8,
        QuantType.QUInt8,
        TensorsData(CalibrationMethod.MinMax, data),
        nodes,
        kept,
        list(QUANTISED_STEPS),
        {"WeightSymmetric": True},
    )
    quantiser.quantize_model()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rough.onnx"
        quantiser.model.save_model_to_file(str(path))
        return onnx.load(path)


def _round_with_care(model: onnx.ModelProto, rough: onnx.ModelProto, moments: dict[str, InputMoments]) -> None:
    """Put better rounded weights, and biases that make up for what rounding shifts, in place of the plain ones."""
    floats = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    stored = {tensor.name: tensor for tensor in rough.graph.initializer}
    for node in list_quantised(model.graph):
        _, weight_name, bias_name = node.input
        largest = DEPTHWISE_LARGEST if moments[node.name].is_depthwise else LARGEST
        for name in (f"{weight_name}_scale", f"{bias_name}_quantized_scale"):
            _replace(stored[name], numpy_helper.to_array(stored[name]) * np.float32(LARGEST / largest))
        scales = numpy_helper.to_array(stored[f"{weight_name}_scale"]).astype(np.float64)
        weights = floats[weight_name].astype(np.float64)
        rounded = round_weights(weights, scales, moments[node.name], largest)
        shift = moments[node.name].shift_of(rounded * scales.reshape(-1, 1, 1, 1) - weights)
        # ONNX Runtime gives a bias the product of the two scales, so that it adds to the integer sums.
        bias_scale = numpy_helper.to_array(stored[f"{bias_name}_quantized_scale"]).astype(np.float64)
        bias = np.round((floats[bias_name] - shift) / np.where(bias_scale == 0, 1, bias_scale))
        _replace(stored[f"{weight_name}_quantized"], rounded.astype(np.int8))
        _replace(stored[f"{bias_name}_quantized"], bias.clip(-(2**31), 2**31 - 1).astype(np.int32))


def _quantise_pixels(graph: onnx.GraphProto) -> None:
    """Take the pixels as the bytes they are: the offset becomes the first convolution's zero point.

    pixels → transpose → subtract → quantise becomes pixels → quantise → transpose, on a quarter of the memory.
    """
    subtraction = next(node for node in graph.node if node.op_type == "Sub")
    transposition = next(node for node in graph.node if subtraction.input[0] in node.output)
    quantisation = next(node for node in graph.node if subtraction.output[0] in node.input)
    kept = ("pixels_step", "pixels_zero", "pixels_in_bytes")
    graph.initializer.append(numpy_helper.from_array(np.array(1, dtype=np.float32), kept[0]))
    graph.initializer.append(numpy_helper.from_array(np.array(0, dtype=np.uint8), kept[1]))
    bytes_of_pixels = onnx.helper.make_node("QuantizeLinear", ["pixels", *kept[:2]], [kept[2]], name=kept[2])
    transposition.input[0], transposition.output[0] = kept[2], quantisation.output[0]
    graph.node.remove(subtraction)
    graph.node.remove(quantisation)
    graph.node.insert(0, bytes_of_pixels)
    drop_unused(graph)


def _replace(tensor: onnx.TensorProto, values: np.ndarray) -> None:
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values), tensor.name))
