"""train, export and evaluate, as `run` calls them."""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

MODEL_FOLDER = Path(__file__).resolve().parent.parent
PROJECT = MODEL_FOLDER.parent.parent


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
    export = commands.add_parser("export", help="write the shipped files from a checkpoint")
    export.add_argument("checkpoint", help="path of a checkpoint, or `untrained`")
    export.add_argument("--version", help="the version the manifest states (default: today's)")
    export.add_argument("--to", type=Path, default=MODEL_FOLDER, help="the model's folder")
    export.set_defaults(command=run_export)
    evaluate = commands.add_parser("evaluate", help="measure the shipped weights on the held-out groups")
    _add_frames(evaluate)
    evaluate.add_argument("--json", action="store_true")
    evaluate.add_argument(
        "--all", action="store_true", help="measure every frame: for frames that were never trained on"
    )
    evaluate.add_argument("--checkpoint", type=Path, help="measure a checkpoint instead of the shipped weights")
    evaluate.add_argument("--write", action="store_true", help="write the figures into the manifest and the card")
    evaluate.set_defaults(command=run_evaluate)
    return parser


def _add_frames(parser: argparse.ArgumentParser) -> None:
    default = PROJECT.parent / "shared" / "frames"
    parser.add_argument(
        "--frames", type=Path, default=default, help="folder with manifest.jsonl (default: ../shared/frames)"
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


def run_export(arguments: argparse.Namespace) -> None:
    from export import export_checkpoint, make_untrained, open_checkpoint

    is_untrained = arguments.checkpoint == "untrained"
    checkpoint = make_untrained() if is_untrained else open_checkpoint(Path(arguments.checkpoint))
    version = arguments.version or ("0-untrained" if is_untrained else f"{date.today().isoformat()}.1")
    export_checkpoint(checkpoint, arguments.to, version)


def run_evaluate(arguments: argparse.Namespace) -> None:
    from evaluate import choose_frames, measure, open_model
    from report import print_figures, write_figures

    frames = choose_frames(arguments.frames, arguments.leave_out, arguments.all)
    with open_folder(arguments.checkpoint) as folder:
        measured = measure(open_model(folder), frames)
        training = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["training"]
    print(json.dumps(measured, indent=1)) if arguments.json else print_figures(measured)
    if arguments.write:
        write_figures(MODEL_FOLDER, measured, arguments.leave_out, training)


@contextmanager
def open_folder(checkpoint: Path | None) -> Iterator[Path]:
    """The shipped model's folder, or a passing one with a checkpoint's export."""
    if checkpoint is None:
        yield MODEL_FOLDER
        return
    from export import ONNX_NAME, describe_model, open_checkpoint, write_json, write_onnx

    with TemporaryDirectory() as name:
        folder, opened = Path(name), open_checkpoint(checkpoint)
        write_onnx(opened.network, folder / ONNX_NAME)
        write_json(folder / "manifest.json", describe_model(opened, folder, [], "checkpoint"))
        yield folder


def _cache() -> Path:
    """Checkpoints and drawn samples are large: they stay in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "layerwatch-training"


def _default_out(left_out: tuple[str, ...], seed: int) -> Path:
    return _cache() / "-".join(["run", *left_out, f"seed{seed}"])


if __name__ == "__main__":
    main()
