"""By which figures an inspector of pictures is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookout_server.detection.images.labels import components

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
NAMES = ("auroc", "f1", "precision", "recall", "brier", "pixel auroc", "pro")
#: False positive rates of places up to which the mean overlap of regions is taken, in so many steps.
_LIMIT, _STEPS = 0.3, 60
#: Rows at which maps and masks are compared.
_ROWS = 256
_BINS = 10


@dataclass(frozen=True)
class Answer:
    """About one picture of a test. probable: that it is anomalous. map, mask: `comparable`, where there is a mask."""

    truth: bool
    raw: float
    probable: float
    map: Floats | None = None
    mask: Flags | None = None


def auroc(negative: NDArray[np.floating], positive: NDArray[np.floating]) -> float:
    """How often a positive is above a negative; equals count half."""
    low, ordered = np.asarray(negative, np.float64), np.sort(np.asarray(positive, np.float64))
    above = len(ordered) - np.searchsorted(ordered, low, "right")
    equal = np.searchsorted(ordered, low, "right") - np.searchsorted(ordered, low, "left")
    return float((above + equal / 2).sum() / (len(low) * len(ordered)))


def figures(answers: Sequence[Answer]) -> dict[str, float]:
    truth, raw, probable = (np.array([getattr(one, key) for one in answers]) for key in ("truth", "raw", "probable"))
    alarms = probable >= 0.5
    hits, false, missed = (alarms & truth).sum(), (alarms & ~truth).sum(), (~alarms & truth).sum()
    return {
        "auroc": auroc(raw[~truth], raw[truth]),
        "f1": float(2 * hits / max(2 * hits + false + missed, 1)),
        "precision": float(hits / max(hits + false, 1)),
        "recall": float(hits / max(hits + missed, 1)),
        "brier": float(((probable - truth) ** 2).mean()),
        **places([(one.map, one.mask) for one in answers if one.map is not None and one.mask is not None]),
    }


def places(pairs: Sequence[tuple[Floats, Flags]]) -> dict[str, float]:
    """pairs: maps and masks. AUROC of all places, and the overlap with each defect (PRO).

    The overlap is its mean over the false positive rates up to .3.
    """
    pairs = [(one, mask) for one, mask in pairs if mask.any()]
    if not pairs:
        return {"pixel auroc": float("nan"), "pro": float("nan")}
    inside = np.concatenate([one[mask] for one, mask in pairs])
    outside = np.sort(np.concatenate([one[~mask] for one, mask in pairs]))
    defects = [np.sort(one[part]) for one, mask in pairs for part in components(mask, corners=False)]
    rates = np.linspace(0, _LIMIT, _STEPS + 1)
    thresholds = outside[((1 - rates) * (len(outside) - 1)).astype(int)]
    overlaps = np.mean([1 - np.searchsorted(defect, thresholds, "right") / len(defect) for defect in defects], axis=0)
    return {"pixel auroc": auroc(outside, inside), "pro": float(np.trapezoid(overlaps, rates) / _LIMIT)}


def comparable(found: Floats, mask: Flags) -> tuple[Floats, Flags]:
    """Map and mask of a picture with the rows at which they are compared."""
    size = (max(1, round(_ROWS * mask.shape[1] / mask.shape[0])), _ROWS)
    small = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)
    grey = Image.fromarray(found).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(grey), np.asarray(small) > 127


def pooled(answers: Sequence[Answer]) -> dict[str, float]:
    """Of all sets and seeds together: how far what was said to be probable is from how often it was so, and Brier."""
    truth, probable = (np.array([getattr(one, key) for one in answers], float) for key in ("truth", "probable"))
    bins = np.minimum((probable * _BINS).astype(int), _BINS - 1)
    errors = [abs((probable - truth)[bins == at].sum()) for at in range(_BINS)]
    return {"calibration error": float(sum(errors) / len(answers)), "brier": float(((probable - truth) ** 2).mean())}
