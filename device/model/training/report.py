"""Figures for people, and into the manifest and the card."""

import json
from pathlib import Path

from card import FIGURES, format_figure, list_opponents, render_card
from export import write_json


def print_figures(measured: dict) -> None:
    """A table for the terminal."""
    frames = measured["frames"]
    print(
        f"model {measured['model'][:12]}: {frames['good']} good and {frames['failing']} failing frames, {frames['groups']} groups"
    )
    if measured["alarmProbability"] is not None:
        print(f"an alarm is a probability above {measured['alarmProbability']}, where 5 % of the good frames alarm\n")
    for key, text in FIGURES:
        if key in measured["figures"]:
            print(f"{text:75} {format_figure(measured['figures'][key])}")
    print()
    for name, source in measured["sources"].items():
        keys = ("recall", "falseAlarms", "auc", "hottestCellInBox")
        parts = [f"{key} {format_figure(source[key])}" for key in keys if key in source]
        print(f"{name:15} {source['good']:4} good {source['failing']:4} failing   {'   '.join(parts)}")
    if measured.get("unseen"):
        _print_unseen(measured["unseen"])


def _print_unseen(unseen: dict[str, dict]) -> None:
    print("\nnever seen in training: failing frames found where 1 % and 5 % of good webcam frames alarm, and AUC")
    for name, row in unseen.items():
        print(f"{name:15} {row['failing']:4} failing")
        cameras = {"+".join(row["webcams"]): row} | (row["perWebcam"] if len(row["webcams"]) > 1 else {})
        for camera, figures in cameras.items():
            values = "   ".join(format_figure(figures[key]) for key in ("recallAt1", "recallAt5", "auc"))
            print(f"    against {figures['good']:4} of {camera:42} {values}")


def print_table(table: dict) -> None:
    """The rows of many trainings."""
    for row in table["heldOut"]:
        print(f"held-out groups, {_name_training(row)}, {row['runs']} runs")
        for key, text in FIGURES:
            if key in row["figures"]:
                print(f"    {text:75} {format_figure(row['figures'][key])}")
    for row in table["unseen"]:
        print(f"failing frames of {row['source']}, {_name_training(row)}, {row['runs']} runs")
        for cameras, figures in list_opponents(row):
            values = "   ".join(format_figure(figures[key]) for key in ("recallAt1", "recallAt5", "auc"))
            print(f"    against {figures['good']:4} of {'+'.join(cameras):42} {values}")


def _name_training(row: dict) -> str:
    return "trained on licensed sources alone" if row["isLicensed"] else "trained on all other sources"


def write_scores(folder: Path, changes: dict) -> None:
    """Into `manifest.json`, beside the scores that are there, and all of them into `card.md`."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["scores"] = manifest.get("scores", {}) | changes
    write_json(path, manifest)
    (folder / "card.md").write_text(render_card(manifest), encoding="utf-8")
