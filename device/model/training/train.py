"""Training: one run, one seed, one checkpoint of averaged weights, written anew after every epoch."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from data import Frame, leave_out, select_part
from features import DrawingPlan, Store, Trunk, open_store
from figures import fit_calibration, roc_auc
from folder import read_frames
from losses import HOTTEST_CELLS, measure_loss
from network import LABELS, Network, load_imagenet, score_frames
from samples import KINDS, SHARES

BATCH_SIZE = 16
BACKBONE_RATE, HEAD_RATE, WEIGHT_DECAY = 4e-4, 2e-3, 1e-2
AVERAGING = 0.995
WARM_UP_STEPS = 60
MOST_REPEATED = 3
HEAD_SEED = 1


@dataclass(frozen=True)
class TrainingPlan:
    """What a run is made of. Kept in its checkpoint."""

    frames: str
    store: str
    seed: int = 0
    epochs: int = 12
    samples_per_epoch: int = 1600
    drawn: int = 20000
    drawing_seed: int = 1
    left_out: tuple[str, ...] = ()
    rendered: str | None = None
    loose_weight: float = 1.0
    continued_from: str | None = None
    peak_rate: float = 1.0
    threads: int = 2
    workers: int = 2


def train(plan: TrainingPlan, out: Path) -> Path:
    """Train and return the checkpoint's path. Progress goes to the terminal and to `log.jsonl`."""
    torch.set_num_threads(plan.threads)
    out.mkdir(parents=True, exist_ok=True)
    frames = read_frames(Path(plan.frames))
    kept = leave_out(frames, plan.left_out)
    store = open_store(_plan_drawing(plan), Path(plan.store))
    mix = Mix(store, store.select_without(frames, kept), np.random.default_rng(plan.seed))
    calibration = select_part(kept, "calibration")
    seen = Trunk().look_at(calibration)
    torch.manual_seed(HEAD_SEED)  # whatever the seed: runs that share their start can be averaged
    network = Network(LABELS)
    torch.manual_seed(plan.seed)
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
        loss = _train_epoch((network, average), optimizer, schedule, mix.draw_batches(plan.samples_per_epoch))
        summary = _judge_epoch(average.network, seen, calibration)
        row = {"epoch": epoch, "loss": round(loss, 4), "seconds": round(time.monotonic() - started), **summary}
        print(json.dumps(row), flush=True)
        with open(out / "log.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        torch.save({"weights": average.network.state_dict(), "labels": LABELS, "plan": asdict(plan), **row}, checkpoint)
    return checkpoint


def _plan_drawing(plan: TrainingPlan) -> DrawingPlan:
    return DrawingPlan(
        plan.frames, plan.rendered, plan.drawn, plan.drawing_seed, plan.loose_weight, workers=plan.workers
    )


class Mix:
    """Endless samples of a store, each kind in its share, each sample of a kind once before any comes again.

    A kind of which leaving sources out has left little gets less than its share, or it would be learned by heart.
    """

    def __init__(self, store: Store, chosen: np.ndarray, rng: np.random.Generator) -> None:
        self.store, self.rng = store, rng
        kinds = np.asarray(store.planes["kind"])[chosen]
        self.members = {kind: chosen[kinds == kind] for kind in np.unique(kinds)}
        natural = np.array([len(members) / len(chosen) for members in self.members.values()])
        wanted = np.array([SHARES[KINDS[kind]] for kind in self.members])
        shares = np.minimum(wanted, MOST_REPEATED * natural)
        self.shares = shares / shares.sum()
        self.queues: dict[int, list[int]] = {kind: [] for kind in self.members}

    def draw_batches(self, count: int) -> Iterator[dict[str, Tensor]]:
        order = self._draw(count)
        for start in range(0, count, BATCH_SIZE):
            yield self._read(order[start : start + BATCH_SIZE])

    def _draw(self, count: int) -> np.ndarray:
        kinds = self.rng.choice(list(self.members), size=count, p=self.shares)
        return np.array([self._next(int(kind)) for kind in kinds])

    def _next(self, kind: int) -> int:
        if not self.queues[kind]:
            self.queues[kind] = self.rng.permutation(self.members[kind]).tolist()
        return self.queues[kind].pop()

    def _read(self, rows: np.ndarray) -> dict[str, Tensor]:
        read = lambda name: torch.from_numpy(self.store.planes[name][rows].astype(np.float32))
        return {
            "features": read("features"),
            "cells": read("cells"),
            "weights": read("weights") / 255,
            "label": read("label"),
            "label_weight": read("label_weight"),
        }


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


def _train_epoch(
    networks: tuple[Network, Average],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    batches: Iterator[dict[str, Tensor]],
) -> float:
    """One pass over the batches; returns the mean loss."""
    network, average = networks
    network.train()
    losses = []
    for batch in batches:
        features = batch["features"].contiguous(memory_format=torch.channels_last)
        loss = measure_loss(network.judge_features(features), batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        average.update(network)
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


@torch.inference_mode()
def infer_scores(network: Network, features: np.ndarray) -> np.ndarray:
    """Frame logits from the trunk's features."""
    network.eval()
    scores = []
    for start in range(0, len(features), BATCH_SIZE):
        some = torch.from_numpy(features[start : start + BATCH_SIZE].astype(np.float32))
        maps = network.judge_features(some.contiguous(memory_format=torch.channels_last))
        scores.append(score_frames(maps, HOTTEST_CELLS))
    return torch.cat(scores).numpy()


def _judge_epoch(network: Network, features: np.ndarray, frames: Sequence[Frame]) -> dict[str, float | list[float]]:
    """AUC and Platt's calibration on the calibration part."""
    scores, labels = infer_scores(network, features), np.array([float(frame.is_failing) for frame in frames])
    slope, intercept = fit_calibration(scores, labels)
    return {"auc": round(roc_auc(scores, labels), 4), "calibration": [slope, intercept]}
