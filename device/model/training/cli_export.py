"""`run export`: from a checkpoint to the files the agent ships with."""

import argparse
from datetime import date
from pathlib import Path


def add_export(commands, model_folder: Path) -> None:
    parser = commands.add_parser("export", help="write the shipped files from a checkpoint")
    parser.add_argument("checkpoint", help="path of a checkpoint, or `untrained`")
    parser.add_argument("--version", help="the version the manifest states (default: today's)")
    parser.add_argument("--to", type=Path, default=model_folder, help="the model's folder")
    parser.set_defaults(command=run_export)


def run_export(arguments: argparse.Namespace) -> None:
    from export import export_checkpoint, make_untrained, open_checkpoint

    is_untrained = arguments.checkpoint == "untrained"
    checkpoint = make_untrained() if is_untrained else open_checkpoint(Path(arguments.checkpoint))
    version = arguments.version or ("0-untrained" if is_untrained else f"{date.today().isoformat()}.1")
    export_checkpoint(checkpoint, arguments.to, version)
