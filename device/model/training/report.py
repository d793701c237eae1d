"""Figures for people, and into the manifest and the card."""

import json
from pathlib import Path

from card import FIGURES, format_figure, render_card
from export import write_json


def print_figures(measured: dict) -> None:
    """A table for the terminal."""
    frames = measured["frames"]
    print(
        f"model {measured['model'][:12]}: {frames['good']} good and {frames['failing']} failing frames, {frames['groups']} groups"
    )
    print(f"alarm where 5 % of the good frames do: probability {measured['alarmProbability']}\n")
    for key, text in FIGURES:
        if key in measured["figures"]:
            print(f"{text:75} {format_figure(measured['figures'][key])}")
    print()
    for name, source in measured["sources"].items():
        parts = [f"{key} {format_figure(source[key])}" for key in ("recall", "falseAlarms", "auc") if key in source]
        print(f"{name:15} {source['good']:4} good {source['failing']:4} failing   {'   '.join(parts)}")


def write_figures(folder: Path, measured: dict, left_out: list[str], training: list[dict]) -> None:
    """Into `manifest.json` and `card.md`: the held-out figures, or those of another training without a source."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    scores = manifest.get("scores", {})
    if left_out:
        run = {"training": training, "frames": measured["frames"], "auc": measured["figures"]["auc"]}
        scores.setdefault("leftOut", {})["+".join(left_out)] = run
    else:
        scores = {key: value for key, value in measured.items() if key != "model"} | {
            "leftOut": scores.get("leftOut", {})
        }
    manifest["scores"] = scores
    write_json(path, manifest)
    (folder / "card.md").write_text(render_card(manifest), encoding="utf-8")
