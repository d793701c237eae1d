"""train, average, export and evaluate, as `run` calls them."""

import argparse
import os
from pathlib import Path

from cli_evaluate import add_evaluate
from cli_export import add_export
from speed import add_speed

MODEL_FOLDER = Path(__file__).resolve().parent.parent
FRAMES = MODEL_FOLDER.parents[2] / "shared" / "frames"


def main() -> None:
    arguments = _make_parser().parse_args()
    arguments.command(arguments)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="device/model/training/run", description="Layerwatch's failure detector")
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("train", help="train on labelled frames; writes a checkpoint")
    _add_frames(train)
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--epochs", type=int, default=12)
    train.add_argument("--samples", type=int, default=1600, help="an epoch's samples")
    train.add_argument("--threads", type=int, default=2)
    train.add_argument("--workers", type=int, default=2, help="processes that draw samples")
    train.add_argument("--drawn", type=int, default=20000, help="samples drawn, from which every run learns")
    train.add_argument("--drawing-seed", type=int, default=1)
    train.add_argument("--store", type=Path, default=_cache(), help="folder of drawn samples (64 kB each)")
    train.add_argument("--rendered", type=Path, help="a folder of frames rendered in `train` worlds")
    train.add_argument("--loose-weight", type=float, default=1.0, help="weight of failing frames labelled loosely")
    train.add_argument("--continue-from", type=Path, metavar="CHECKPOINT", help="go on from these weights")
    train.add_argument("--peak-rate", type=float, default=1.0, help="factor on the learning rates")
    train.add_argument("--out", type=Path, help="where the checkpoint goes; outside the project")
    train.set_defaults(command=run_train)
    average = commands.add_parser("average", help="average the weights of runs that share their start")
    average.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    average.add_argument("--out", type=Path, required=True, help="the averaged checkpoint")
    average.set_defaults(command=run_average)
    add_export(commands, MODEL_FOLDER)
    add_evaluate(commands, MODEL_FOLDER, FRAMES)
    add_speed(commands, MODEL_FOLDER)
    return parser


def _add_frames(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--frames", type=Path, default=FRAMES, help="folder with manifest.jsonl (default: ../shared/frames)"
    )
    parser.add_argument(
        "--leave-out", action="append", default=[], metavar="SOURCE", help="leave a source out whole; may repeat"
    )


def run_train(arguments: argparse.Namespace) -> None:
    from train import TrainingPlan, train

    plan = TrainingPlan(
        frames=str(arguments.frames),
        store=str(arguments.store),
        drawn=arguments.drawn,
        drawing_seed=arguments.drawing_seed,
        seed=arguments.seed,
        epochs=arguments.epochs,
        samples_per_epoch=arguments.samples,
        left_out=tuple(arguments.leave_out),
        threads=arguments.threads,
        workers=arguments.workers,
        rendered=str(arguments.rendered) if arguments.rendered else None,
        loose_weight=arguments.loose_weight,
        continued_from=str(arguments.continue_from) if arguments.continue_from else None,
        peak_rate=arguments.peak_rate,
    )
    print(f"checkpoint: {train(plan, arguments.out or _default_out(plan.left_out, plan.seed))}")


def run_average(arguments: argparse.Namespace) -> None:
    from average import average_checkpoints

    average_checkpoints(arguments.checkpoints, arguments.out)


def _cache() -> Path:
    """Checkpoints and drawn samples are large: they stay in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "layerwatch-training"


def _default_out(left_out: tuple[str, ...], seed: int) -> Path:
    return _cache() / "-".join(["run", *left_out, f"seed{seed}"])


if __name__ == "__main__":
    main()
