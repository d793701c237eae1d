"""Many trainings in one table: sources left out, seeds, and training on sources with a licence alone.

A folder holds runs, each with its `checkpoint.pt`. What a run left out is in its plan. Its figures are kept
beside it in `figures.json`, so that a table is made again in no time.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from data import WEBCAM_SOURCES, Frame, select_part
from measure_unseen import JOINED, measure_unseen

CHECKPOINT_NAME, FIGURES_NAME = "checkpoint.pt", "figures.json"
FIGURES_VERSION = 1  # what is measured, and how: another number measures kept figures anew
UNSEEN_FIGURES = ("recallAt1", "recallAt5", "auc")


def find_unlicensed(frames: Sequence[Frame]) -> set[str]:
    """Sources that state no licence, or one for research alone."""
    return {f.source for f in frames if f.licence.lower().startswith("none") or "research" in f.licence.lower()}


def gather(folder: Path, frames_folder: Path) -> dict:
    """The rows of the table, from every run below a folder."""
    from folder import read_folder

    frames, _ = read_folder(frames_folder)
    unlicensed = find_unlicensed(frames)
    runs = []
    for path in sorted(folder.glob(f"*/{CHECKPOINT_NAME}")):
        print(f"{path.parent.name} …", file=sys.stderr, flush=True)
        runs.append(_measure_run(path, frames, unlicensed, frames_folder))
    return {"heldOut": _join_held_out(runs), "unseen": _join_unseen(runs, unlicensed)}


def _measure_run(path: Path, frames: Sequence[Frame], unlicensed: set[str], frames_folder: Path) -> dict:
    """A run's figures: on the held-out part where it may be asked, and on what it left out, whole."""
    kept, key = path.with_name(FIGURES_NAME), _hash_of(path, frames_folder)
    if kept.exists():
        run = json.loads(kept.read_text(encoding="utf-8"))
        if run["key"] == key:
            return run
    from evaluate import Question, measure
    from scoring import open_folder, open_model, score_frames

    with open_folder(path, path.parent) as folder:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        model = open_model(folder)
        left_out = frozenset(frame.source for frame in frames) - {source["name"] for source in manifest["sources"]}
        run = {"key": key, "leftOut": sorted(left_out), "training": manifest["training"]}
        run["isLicensed"] = unlicensed <= left_out
        if run["isLicensed"] or not left_out:
            held_out = measure(model, Question(select_part(frames, "test"))).figures
            run["heldOut"] = {name: held_out[name] for name in ("frames", "alarmProbability", "figures")}
        whole = [frame for frame in frames if frame.source in left_out]
        if whole:
            run["unseen"] = measure_unseen(score_frames(model, whole)[0], left_out, WEBCAM_SOURCES)
    kept.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return run


def _hash_of(path: Path, frames_folder: Path) -> str:
    from folder import hash_manifest

    parts = (FIGURES_VERSION, hashlib.sha256(path.read_bytes()).hexdigest(), hash_manifest(frames_folder))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _join_held_out(runs: Sequence[dict]) -> list[dict]:
    """One row for the runs on everything, one for those on licensed sources alone; each over its seeds."""
    rows = []
    for is_licensed in (False, True):
        chosen = [run for run in runs if run["isLicensed"] == is_licensed and (is_licensed or not run["leftOut"])]
        # A licensed run may leave out more, to be asked for that; the held-out row takes those that leave out least.
        fewest = min((len(run["leftOut"]) for run in chosen), default=0)
        chosen = [run for run in chosen if len(run["leftOut"]) == fewest]
        if chosen:
            names = chosen[0]["heldOut"]["figures"]
            figures = {name: join_figures([run["heldOut"]["figures"][name] for run in chosen]) for name in names}
            rows.append({"isLicensed": is_licensed, "runs": len(chosen), "figures": figures})
    return rows


def _join_unseen(runs: Sequence[dict], unlicensed: set[str]) -> list[dict]:
    """A row per source asked for, and for training on everything else or on licensed sources alone."""
    found: dict[tuple, list[dict]] = {}
    for run in runs:
        for source, row in run.get("unseen", {}).items():
            if source == JOINED and not run["isLicensed"]:
                continue
            left = tuple(sorted(set(run["leftOut"]) - (unlicensed if run["isLicensed"] else set())))
            found.setdefault((run["isLicensed"], source, tuple(row["webcams"]), left), []).append(row)
    rows = []
    for (is_licensed, source, webcams, left), same in sorted(found.items()):
        figures = {name: join_figures([row[name] for row in same]) for name in UNSEEN_FIGURES}
        each = {
            camera: {"good": same[0]["perWebcam"][camera]["good"]}
            | {name: join_figures([row["perWebcam"][camera][name] for row in same]) for name in UNSEEN_FIGURES}
            for camera in webcams
        }
        counts = {"failing": same[0]["failing"], "good": same[0]["good"], "runs": len(same)}
        origin = {"source": source, "webcams": list(webcams), "isLicensed": is_licensed, "alsoLeftOut": list(left)}
        rows.append(origin | counts | {"figures": figures, "perWebcam": each})
    return rows


def join_figures(measured: Sequence[dict]) -> dict:
    """Over seeds: the mean, the mean of the intervals' ends, and the range where there are several."""
    values = [one["value"] for one in measured]
    joined: dict = {"value": round(sum(values) / len(values), 3), "interval": None}
    if all(one["interval"] for one in measured):
        ends = zip(*(one["interval"] for one in measured), strict=True)
        joined["interval"] = [round(sum(end) / len(end), 3) for end in ends]
    return joined | ({"range": [min(values), max(values)]} if len(values) > 1 else {})
