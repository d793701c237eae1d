"""The network that speed is compared with: EfficientNet-Lite0 as it comes, under the smallest head.

Features at stride 16 and 32 are brought to 128 channels each, added on a 20×20 map and read out as two channels.
Written apart from `network.py` on purpose: it must stay as it is when ours changes. Speed depends on the shapes
alone, so its weights are drawn at random.
"""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE, HEAD_CHANNELS, CHANNELS = 320, 128, 2
# (repeats, kernel, stride, expansion, output channels) of EfficientNet-Lite0
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STAGES_AT_STRIDE_16 = 5


class Same(nn.Module):
    """A convolution padded as TensorFlow's "same", with batch-norm and, mostly, ReLU6."""

    def __init__(self, entry: int, width: int, kernel: int, stride: int, groups: int, activation: bool) -> None:
        super().__init__()
        self.total = kernel - stride if stride > 1 else kernel - 1
        self.conv = nn.Conv2d(entry, width, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        before = self.total // 2
        after = self.total - before
        value = self.norm(self.conv(functional.pad(x, (before, after, before, after)) if self.total else x))
        return functional.relu6(value) if self.activation else value


class Block(nn.Module):
    def __init__(self, entry: int, width: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = entry * expansion
        steps = [Same(entry, inner, 1, 1, 1, True)] if expansion > 1 else []
        steps += [Same(inner, inner, kernel, stride, inner, True), Same(inner, width, 1, 1, 1, False)]
        self.steps = nn.Sequential(*steps)
        self.adds = stride == 1 and entry == width

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(x) + x if self.adds else self.steps(x)


class Baseline(nn.Module):
    """float32 [1, 3, 320, 320] in, [1, 2, 20, 20] out."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Same(3, 32, 3, 2, 1, True)
        stages, entry = [], 32
        for repeats, kernel, stride, expansion, width in STAGES:
            blocks = []
            for index in range(repeats):
                blocks.append(Block(entry, width, kernel, stride if index == 0 else 1, expansion))
                entry = width
            stages.append(nn.Sequential(*blocks))
        self.fine = nn.Sequential(*stages[:STAGES_AT_STRIDE_16])
        self.coarse = nn.Sequential(*stages[STAGES_AT_STRIDE_16:])
        fine_width, coarse_width = STAGES[STAGES_AT_STRIDE_16 - 1][4], STAGES[-1][4]
        self.from_fine = nn.Conv2d(fine_width, HEAD_CHANNELS, 1)
        self.from_coarse = nn.Conv2d(coarse_width, HEAD_CHANNELS, 1)
        self.map = nn.Conv2d(HEAD_CHANNELS, CHANNELS, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        fine = self.fine(self.stem((pixels - 127) / 128))
        coarse = functional.interpolate(self.from_coarse(self.coarse(fine)), scale_factor=2, mode="nearest")
        return self.map(functional.relu6(self.from_fine(fine) + coarse))


def write_baseline(path: Path) -> None:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Baseline().eval(), (torch.zeros(1, 3, SIZE, SIZE),), str(path), opset_version=17, dynamo=False
        )
