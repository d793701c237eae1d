"""What the network is taught: cells by their boxes, frames by their hottest cells, and where to point."""

import torch
from torch import Tensor
from torch.nn import functional

from network import score_frames

HOTTEST_CELLS = 6
CELL_TARGET_SMOOTHING = 0.05  # boxes are drawn loosely
FRAME_TARGET_SMOOTHING = 0.02
POINTING_WEIGHT = 0.3


def measure_loss(maps: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """The frame's loss, the cells' (positive and negative cells counting alike), and the pointing's."""
    label = batch["label"] * (1 - 2 * FRAME_TARGET_SMOOTHING) + FRAME_TARGET_SMOOTHING
    frame = functional.binary_cross_entropy_with_logits(
        score_frames(maps, HOTTEST_CELLS), label, weight=batch["label_weight"], reduction="sum"
    ) / batch["label_weight"].sum().clamp(min=1)
    targets = batch["cells"] * (1 - CELL_TARGET_SMOOTHING)
    cells = functional.binary_cross_entropy_with_logits(maps, targets, reduction="none")
    positive = batch["weights"] * batch["cells"]
    negative = batch["weights"] * (1 - batch["cells"])
    pointing = _measure_pointing(maps[:, 0], batch["cells"][:, 0])
    return frame + _mean(cells, positive) + _mean(cells, negative) + POINTING_WEIGHT * pointing


def _measure_pointing(failure: Tensor, cells: Tensor) -> Tensor:
    """−ln of the softmax's share that lies inside the boxes: the hottest cell belongs in one."""
    inside = cells.flatten(1) > 0
    has_box = inside.any(dim=1)
    if not has_box.any():
        return failure.sum() * 0
    logits, inside = failure.flatten(1)[has_box], inside[has_box]
    return (torch.logsumexp(logits, 1) - torch.logsumexp(logits.masked_fill(~inside, -1e4), 1)).mean()


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1)
