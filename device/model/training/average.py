"""Averaging the weights of several runs from the same start: as quick as one network, and surer on cameras unseen.

M. Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time", ICML 2022. The runs must share their start, or their heads don't match.
"""

from pathlib import Path

import numpy as np
import torch

from data import leave_out, select_part
from features import Trunk
from figures import fit_calibration
from folder import read_frames
from network import Network
from train import infer_scores


def average_checkpoints(paths: list[Path], out: Path) -> None:
    """Write the mean of the checkpoints' weights, calibrated anew on the calibration part."""
    saved = [torch.load(path, map_location="cpu", weights_only=True) for path in paths]
    plans = [each["plan"] for each in saved]
    if len({(tuple(plan["left_out"]), plan["frames"]) for plan in plans}) > 1:
        raise ValueError("these checkpoints were trained on different frames or left out different sources")
    network = Network(tuple(saved[0]["labels"]))
    network.load_state_dict({name: _mean([each["weights"][name] for each in saved]) for name in saved[0]["weights"]})
    network.to(memory_format=torch.channels_last).eval()
    frames = select_part(leave_out(read_frames(Path(plans[0]["frames"])), plans[0]["left_out"]), "calibration")
    scores = infer_scores(network, Trunk().look_at(frames))
    calibration = fit_calibration(scores, np.array([float(frame.is_failing) for frame in frames]))
    plan = {**plans[0], "averaged": plans}
    torch.save({**saved[0], "weights": network.state_dict(), "plan": plan, "calibration": list(calibration)}, out)


def _mean(tensors: list[torch.Tensor]) -> torch.Tensor:
    if not tensors[0].dtype.is_floating_point:
        return tensors[0]
    return torch.stack(tensors).mean(dim=0)
