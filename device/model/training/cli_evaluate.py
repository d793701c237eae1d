"""`run evaluate`: what is measured follows from the folder of frames and from what the weights were trained on."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

# As sysexits.h has them: a mistake in the arguments, pictures or lines that could not be used, no frames at all.
EXIT_USAGE, EXIT_SOME_UNREADABLE, EXIT_NO_FRAMES = 64, 65, 66

WEIGHTS = {"fp32": "onnx", "int8": "onnxInt8"}


def add_evaluate(commands, model_folder: Path, frames: Path) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "evaluate",
        help="measure the shipped weights, or a checkpoint's",
        description="Measures the held-out groups of the folder that was trained on, and every frame of any other "
        "folder. Exit code: 0, 64 for a mistake in the arguments, 65 where some lines or pictures could not be used "
        "(they are named), 66 where there is nothing to measure.",
    )
    parser.add_argument("--frames", type=Path, default=frames, help="folder with manifest.jsonl (../shared/frames)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--all", action="store_true", help="every frame, though it may have been trained on")
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint instead of the shipped weights")
    parser.add_argument("--weights", choices=WEIGHTS, default="fp32", help="which of the shipped weights")
    parser.add_argument(
        "--leave-out", action="append", default=[], metavar="SOURCE", help="measure this source whole; may repeat"
    )
    parser.add_argument(
        "--webcam", action="append", default=[], metavar="SOURCE", help="a further source of a fixed webcam; may repeat"
    )
    parser.add_argument("--sheet", type=Path, metavar="JPEG", help="draw the worst errors here, outside the project")
    parser.add_argument("--worst", type=int, default=24, help="frames of each kind on the sheet")
    parser.add_argument("--write", action="store_true", help="write the figures into the manifest and the card")
    parser.add_argument("--table", type=Path, metavar="DIR", help="measure every run's checkpoint below this folder")
    parser.set_defaults(command=run_evaluate, model_folder=model_folder)


def run_evaluate(arguments: argparse.Namespace) -> None:
    from evaluate import measure
    from report import print_figures
    from scoring import open_folder, open_model

    if arguments.table:
        _run_table(arguments)
        return
    if arguments.write and (arguments.checkpoint or arguments.leave_out or arguments.all):
        sys.exit(_complain("--write is for the shipped weights on the held-out part, or with --table", EXIT_USAGE))
    with open_folder(arguments.checkpoint, arguments.model_folder) as folder:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        question, problems = _ask(arguments, manifest)
        model = open_model(folder, WEIGHTS[arguments.weights])
        measurement = measure(model, question)
    problems += measurement.problems
    if not measurement.scored:
        _report(problems)
        sys.exit(_complain(f"none of the pictures in {arguments.frames} can be read", EXIT_NO_FRAMES))
    measured = measurement.figures | {"skipped": [vars(problem) for problem in problems]}
    print(json.dumps(measured, indent=1, allow_nan=False)) if arguments.json else print_figures(measured)
    if arguments.sheet:
        from sheet import write_sheet

        write_sheet(arguments.sheet, model, measurement.scored, arguments.worst)
    if arguments.write:
        _write(arguments, measured)
    if problems:
        _report(problems)
        sys.exit(EXIT_SOME_UNREADABLE)


def _run_table(arguments: argparse.Namespace) -> None:
    """The figures of many trainings, printed or into the card."""
    from report import print_table, write_scores
    from table import gather

    table = gather(arguments.table, arguments.frames)
    if not table["heldOut"] and not table["unseen"]:
        sys.exit(_complain(f"{arguments.table} holds no folder with a checkpoint that can be asked", EXIT_NO_FRAMES))
    print(json.dumps(table, indent=1, allow_nan=False)) if arguments.json else print_table(table)
    if arguments.write:
        write_scores(arguments.model_folder, {"table": table})


def _write(arguments: argparse.Namespace, measured: dict) -> None:
    """The held-out figures of the shipped weights, and how close those of 8 bits are on every frame."""
    from folder import read_folder
    from measure_int8 import measure_int8
    from report import write_scores
    from scoring import open_model

    changes = {name: measured[name] for name in ("frames", "alarmProbability", "figures", "sources")}
    manifest = json.loads((arguments.model_folder / "manifest.json").read_text(encoding="utf-8"))
    if WEIGHTS["int8"] in manifest["files"]:
        models = [open_model(arguments.model_folder, weights) for weights in WEIGHTS.values()]
        frames, _ = read_folder(arguments.frames)
        changes["int8"] = measure_int8(*models, frames, measured["alarmProbability"])
    write_scores(arguments.model_folder, changes)


def _ask(arguments: argparse.Namespace, manifest: dict):
    """The question that the arguments put, and what is wrong with the folder's manifest."""
    from data import WEBCAM_SOURCES
    from evaluate import Question
    from folder import read_folder

    try:
        frames, problems = read_folder(arguments.frames)
    except OSError as error:
        sys.exit(_complain(f"no frames to measure: {error}", EXIT_NO_FRAMES))
    trained_on = {source["name"] for source in manifest["sources"]}
    never_seen = frozenset({frame.source for frame in frames} - trained_on)
    chosen = _choose(arguments, manifest, frames, never_seen)
    if not chosen:
        _report(problems)
        sys.exit(_complain(f"{arguments.frames} has no frame to measure", EXIT_NO_FRAMES))
    stated = manifest.get("scores", {}).get("alarmProbability")
    webcams = WEBCAM_SOURCES | set(arguments.webcam)
    return Question(chosen, frozenset(webcams), never_seen, stated), problems


def _choose(arguments: argparse.Namespace, manifest: dict, frames: Sequence, never_seen: frozenset[str]) -> list:
    """Sources left out whole; of the folder trained on, the held-out part; of any other, everything."""
    from data import select_part
    from folder import hash_manifest

    left_out = frozenset(arguments.leave_out)
    if absent := left_out - {frame.source for frame in frames}:
        sys.exit(_complain(f"{arguments.frames} has no frame of {', '.join(sorted(absent))}", EXIT_USAGE))
    if seen := left_out - never_seen:
        sys.exit(_complain(f"these weights were trained on {', '.join(sorted(seen))}", EXIT_USAGE))
    if arguments.all:
        return list(frames)
    trained_folder = manifest.get("trainedOn", {}).get("manifestSha256")
    if hash_manifest(arguments.frames) != trained_folder:
        print("Another folder than the one trained on: every frame is measured.", file=sys.stderr)
        return [frame for frame in frames if not left_out or frame.source in left_out]
    if wanted := left_out or never_seen:
        return [frame for frame in frames if frame.source in wanted]
    return select_part(frames, "test")


def _report(problems: Sequence) -> None:
    for problem in problems:
        print(f"left out: {problem.where}: {problem.reason}", file=sys.stderr)


def _complain(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
