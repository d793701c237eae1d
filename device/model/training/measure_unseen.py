"""Sources that training never saw: failing frames of each against good webcam frames, also never seen.

This is what decides. Within a split by groups a network may know the photographer, the camera or the printer.
"""

from collections.abc import Sequence

from estimates import Measured, estimate
from figures import RANKINGS
from scoring import Scored

JOINED = "all joined"


def measure_unseen(scored: Sequence[Scored], never_seen: frozenset[str], webcams: frozenset[str]) -> dict[str, dict]:
    """Per source of failing frames: its figures against all unseen webcams' good frames, and against each.

    Empty where no source of the one or the other kind was left out.
    """
    good = [item for item in scored if not item.frame.is_failing and item.frame.source in never_seen & webcams]
    failing = [item for item in scored if item.frame.is_failing and item.frame.source in never_seen]
    if not good or not failing:
        return {}
    sources = sorted({item.frame.source for item in failing})
    photographs = [source for source in sources if source not in webcams]
    chosen = {source: [source] for source in sources}
    if len(photographs) > 1:
        chosen[JOINED] = photographs
    return {
        name: _measure_against([item for item in failing if item.frame.source in members], good)
        for name, members in chosen.items()
    }


def _measure_against(failing: list[Scored], good: list[Scored]) -> dict:
    cameras = sorted({item.frame.source for item in good})
    result: dict = {"failing": len(failing), "good": len(good), "webcams": cameras} | _rank([*failing, *good])
    each = {
        camera: {"good": sum(item.frame.source == camera for item in good)}
        | _rank([*failing, *(item for item in good if item.frame.source == camera)])
        for camera in cameras
    }
    return result | {"perWebcam": each}


def _rank(scored: list[Scored]) -> dict[str, Measured]:
    return {name: estimate(figure, scored) for name, figure in RANKINGS.items()}
