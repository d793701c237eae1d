"""Training: one run, one seed, one checkpoint of averaged weights, written anew after every epoch."""

import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import Frame, leave_out, load_picture, read_frames, read_rendered_frames, select_part
from figures import fit_calibration, roc_auc
from losses import HOTTEST_CELLS, measure_loss
from network import LABELS, Network, load_imagenet, score_frames
from samples import Pool, Samples, build_pool

BATCH_SIZE = 16
BACKBONE_RATE, HEAD_RATE, WEIGHT_DECAY = 4e-4, 2e-3, 1e-2
AVERAGING = 0.99
WARM_UP_STEPS = 60


@dataclass(frozen=True)
class TrainingPlan:
    """What a run is made of. Kept in its checkpoint."""

    frames: str
    seed: int = 0
    epochs: int = 12
    samples_per_epoch: int = 1600
    left_out: tuple[str, ...] = ()
    rendered: str | None = None
    loose_weight: float = 1.0
    continued_from: str | None = None
    peak_rate: float = 1.0
    threads: int = 2
    workers: int = 1


def train(plan: TrainingPlan, out: Path) -> Path:
    """Train and return the checkpoint's path. Progress goes to the terminal and to `log.jsonl`."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    out.mkdir(parents=True, exist_ok=True)
    frames = leave_out(read_frames(Path(plan.frames)), plan.left_out)
    rendered = read_rendered_frames(Path(plan.rendered)) if plan.rendered else []
    pool = build_pool(select_part(frames, "train"), rendered, plan.loose_weight)
    calibration = select_part(frames, "calibration")
    network = Network(LABELS)
    load_imagenet(network)
    if plan.continued_from:
        network.load_state_dict(torch.load(plan.continued_from, weights_only=True)["weights"])
    network.to(memory_format=torch.channels_last)
    average = Average(network)
    optimizer = _make_optimizer(network)
    steps = plan.epochs * math.ceil(plan.samples_per_epoch / BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: plan.peak_rate * _rate_at(step, steps))
    checkpoint = out / "checkpoint.pt"
    for epoch in range(plan.epochs):
        started = time.monotonic()
        loss = _train_epoch(network, average, optimizer, schedule, _load_epoch(plan, pool, epoch))
        summary = _judge_epoch(average.network, calibration)
        row = {"epoch": epoch, "loss": round(loss, 4), "seconds": round(time.monotonic() - started), **summary}
        print(json.dumps(row), flush=True)
        with open(out / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        torch.save({"weights": average.network.state_dict(), "labels": LABELS, "plan": asdict(plan), **row}, checkpoint)
    return checkpoint


class Average:
    """An exponential mean of the network's weights: steadier than its last step."""

    def __init__(self, network: Network) -> None:
        self.network = Network(network.labels)
        self.network.load_state_dict(network.state_dict())
        self.network.to(memory_format=torch.channels_last).eval()
        self.updates = 0

    @torch.no_grad()
    def update(self, network: Network) -> None:
        self.updates += 1
        keep = min(AVERAGING, self.updates / (self.updates + 10))
        for ours, theirs in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
            if ours.dtype.is_floating_point:
                ours.mul_(keep).add_(theirs, alpha=1 - keep)


def _make_optimizer(network: Network) -> torch.optim.Optimizer:
    backbone = {layer.name for layer in network.layers if layer.source}
    groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups[name.split(".")[1] in backbone].append(parameter)
    return torch.optim.AdamW(
        [{"params": groups[True], "lr": BACKBONE_RATE}, {"params": groups[False], "lr": HEAD_RATE}],
        weight_decay=WEIGHT_DECAY,
    )


def _rate_at(step: int, steps: int) -> float:
    """A short warm-up, then half a cosine down to a fiftieth."""
    if step < WARM_UP_STEPS:
        return (step + 1) / WARM_UP_STEPS
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps))


def _load_epoch(plan: TrainingPlan, pool: Pool, epoch: int) -> DataLoader:
    samples = Samples(pool, plan.samples_per_epoch, plan.seed, epoch)
    return DataLoader(samples, BATCH_SIZE, num_workers=plan.workers, prefetch_factor=4 if plan.workers else None)


def _train_epoch(
    network: Network,
    average: Average,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    batches: DataLoader,
) -> float:
    """One pass over the batches; returns the mean loss."""
    network.train()
    losses = []
    for batch in batches:
        pixels = batch["pixels"].float().contiguous(memory_format=torch.channels_last)
        loss = measure_loss(network(pixels), batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        average.update(network)
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


@torch.inference_mode()
def infer_scores(network: Network, frames: list[Frame]) -> np.ndarray:
    """Frame logits of whole frames."""
    network.eval()
    scores = []
    for start in range(0, len(frames), 16):
        pictures = [np.asarray(load_picture(frame.path)) for frame in frames[start : start + 16]]
        pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
        scores.append(score_frames(network(pixels.contiguous(memory_format=torch.channels_last)), HOTTEST_CELLS))
    return torch.cat(scores).numpy()


def _judge_epoch(network: Network, frames: list[Frame]) -> dict[str, float | list[float]]:
    """AUC and Platt's calibration on the calibration part."""
    scores, labels = infer_scores(network, frames), np.array([float(frame.is_failing) for frame in frames])
    slope, intercept = fit_calibration(scores, labels)
    return {"auc": round(roc_auc(scores, labels), 4), "calibration": [slope, intercept]}
