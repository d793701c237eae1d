"""What the network is taught: cells by their boxes, frames by their hottest cells."""

from torch import Tensor
from torch.nn import functional

from network import score_frames

HOTTEST_CELLS = 6
CELL_TARGET_SMOOTHING = 0.05  # boxes are drawn loosely


def measure_loss(maps: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """The frame's loss plus the cells', positive and negative cells counting alike."""
    frame = functional.binary_cross_entropy_with_logits(
        score_frames(maps, HOTTEST_CELLS), batch["label"], weight=batch["label_weight"], reduction="sum"
    ) / batch["label_weight"].sum().clamp(min=1)
    targets = batch["cells"] * (1 - CELL_TARGET_SMOOTHING)
    cells = functional.binary_cross_entropy_with_logits(maps, targets, reduction="none")
    positive = batch["weights"] * batch["cells"]
    negative = batch["weights"] * (1 - batch["cells"])
    return frame + _mean(cells, positive) + _mean(cells, negative)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1)
