"""`run speed`: CPU time of a frame on one thread, against EfficientNet-Lite0 in fp32 under ONNX Runtime.

What is compared takes turns, so that a busy machine slows all of it alike; the figure is the median of the
ratios of turns that lie side by side. CPU time is the process's own, not the clock's.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime

WARM_UP_RUNS, RUNS_A_TURN = 5, 8
NODE_TIMEOUT_SECONDS = 300
NODE_BACKENDS = ("onnx-int8", "onnx", "tfjs-node", "tfjs-wasm")


def add_speed(commands, model_folder: Path) -> None:
    parser = commands.add_parser("speed", help="CPU time of a frame against the network the weights started from")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--write", action="store_true", help="write the figures into the manifest and the card")
    parser.set_defaults(command=run_speed, model_folder=model_folder)


def run_speed(arguments: argparse.Namespace) -> None:
    rows = measure_speed(arguments.model_folder, arguments.turns)
    if arguments.write:
        from report import write_scores

        write_scores(arguments.model_folder, {"speed": rows})
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    for name, row in rows.items():
        if "reason" in row:
            print(f"{name:12} not measured: {row['reason']}")
        else:
            low, high = row["quartiles"]
            print(f"{name:12} {row['cpuMs']:6.1f} ms a frame, {row['ratio']:.2f} × the baseline ({low:.2f} to {high:.2f})")


def measure_speed(folder: Path, turns: int) -> dict[str, dict]:
    """CPU milliseconds a frame and the ratio to the baseline, for each runtime of the agent."""
    from baseline import SIZE, write_baseline
    from scoring import open_session

    with TemporaryDirectory() as name:
        path = Path(name) / "baseline.onnx"
        write_baseline(path)
        baseline = open_session(path)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, SIZE, SIZE)).astype(np.float32)
    own: dict[str, list[float]] = {"baseline": [], **{backend: [] for backend in NODE_BACKENDS}}
    ratios: dict[str, list[float]] = {backend: [] for backend in NODE_BACKENDS}
    reasons: dict[str, str] = {}
    _time_session(baseline, pixels)
    for _ in range(turns):
        for backend in NODE_BACKENDS:
            if backend in reasons:
                continue
            before = _time_session(baseline, pixels)
            answer = _time_in_node(folder, backend)
            if "reason" in answer:
                reasons[backend] = answer["reason"]
                continue
            after = _time_session(baseline, pixels)
            own["baseline"] += [before, after]
            own[backend].append(answer["cpuMs"])
            ratios[backend].append(answer["cpuMs"] / ((before + after) / 2))
    rows = {"baseline": _summarise(own["baseline"], [1.0])}
    rows |= {backend: _summarise(own[backend], values) for backend, values in ratios.items() if values}
    return rows | {backend: {"reason": reason} for backend, reason in reasons.items()}


def _summarise(milliseconds: list[float], ratios: list[float]) -> dict:
    quartiles = [round(float(end), 3) for end in np.quantile(ratios, [0.25, 0.75])]
    return {
        "cpuMs": round(float(np.median(milliseconds)), 2),
        "ratio": round(float(np.median(ratios)), 3),
        "quartiles": quartiles,
        "turns": len(ratios),
    }


def _time_session(session: onnxruntime.InferenceSession, pixels: np.ndarray) -> float:
    """Median CPU milliseconds of a few runs."""
    name, times = session.get_inputs()[0].name, []
    for run in range(WARM_UP_RUNS + RUNS_A_TURN):
        started = time.process_time()
        session.run(None, {name: pixels})
        if run >= WARM_UP_RUNS:
            times.append(1000 * (time.process_time() - started))
    return float(np.median(times))


def _time_in_node(folder: Path, backend: str) -> dict:
    """The same in the agent's own process, on the agent's own runtime."""
    node, script = Path(__file__).parents[3] / "deploy/node24", Path(__file__).with_name("time-backend.ts")
    command = [str(node), str(script), str(folder), backend, str(RUNS_A_TURN)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=NODE_TIMEOUT_SECONDS, check=False)
    if done.returncode:
        return {"reason": (done.stderr.strip().splitlines() or ["no reason given"])[-1]}
    return json.loads(done.stdout)
