"""The tables of docs/detection-images.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from bench.quality.picture_figures import NAMES, Answer, comparable, figures, pooled
from bench.quality.splits import Split, masks_of, splits
from lookout_server.detection.images import Model, Settings, fit
from lookout_server.detection.images.changes import lit, moved, turned
from lookout_server.detection.images.pictures import Pixels, Preprocessing

_NORMALS, _ANOMALIES = 20, 10
_DISTURBED: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda pixels: pixels,
    "turned by 3 degrees": lambda pixels: turned(pixels, 3),
    "the same, black behind": lambda pixels: turned(pixels, 3, "black"),
    "moved by 2 %": lambda pixels: moved(pixels, 0.02, 0),
    "15 % darker": lambda pixels: lit(pixels, 0.85),
    "15 % brighter": lambda pixels: lit(pixels, 1.15),
}
_ABLATIONS: dict[str, Settings] = {
    "all": Settings(),
    "without changed copies": Settings(changed=0),
    "without the head": Settings(weights=(0.0,)),
    "the head alone, nearly": Settings(weights=(1.0,)),
    "only stride 8": Settings(layers=("stride8",)),
    "only stride 16": Settings(layers=("stride16b",)),
    "all four layers": Settings(layers=("stride8", "stride4", "stride16a", "stride16b")),
    "300 patches": Settings(remembered=300),
    "2,000 patches": Settings(remembered=2_000),
    "score of the top 3 %": Settings(tops=(0.03,)),
    "score of the edge, too": Settings(edge=0),
    "without blur": Settings(blur=0.0),
    "blur of 2 cells": Settings(blur=2.0),
}
_SIDES = (320, 640)


class Kept:
    """Features in memory, for as long as a set is looked at."""

    def __init__(self) -> None:
        self._found: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._found.get(key)

    def put(self, key: str, content: bytes) -> None:
        self._found[key] = content


def trained(split: Split, kept: Kept, settings: Settings | None = None, side: int | None = None) -> Model:
    normal = [path.read_bytes() for path in split.normal]
    preprocessing = Preprocessing(side=side) if side else None
    return fit(normal, split.examples(), settings, preprocessing=preprocessing, cache=kept)


def answer(model: Model, path: Path, truth: bool) -> Answer:
    judgement, masks = model.judge(path.read_bytes()), masks_of(path)
    if not masks:
        return Answer(truth, judgement.raw, judgement.score)
    place, mask = comparable(judgement.map, np.any(list(masks.values()), axis=0))
    return Answer(truth, judgement.raw, judgement.score, place, mask)


def answers(model: Model, split: Split) -> list[Answer]:
    return [answer(model, path, truth) for path, truth in zip(split.test, split.truth, strict=True)]


def mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def show(title: str, rows: dict[str, dict[str, float]], names: Sequence[str]) -> None:
    print(f"\n{title}\n\n| | {' | '.join(names)} |\n| --- |{' --- |' * len(names)}")
    for name, row in rows.items():
        cells = ["-" if np.isnan(row[key]) else f"{row[key]:.3f}" for key in names]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def report(sets: list[Path]) -> None:
    for anomalies in (0, _ANOMALIES):
        table, everything = {}, list[Answer]()
        for folder in sets:
            rows, kept = [], Kept()
            for split in splits(folder, normals=_NORMALS, anomalies=anomalies):
                found = answers(trained(split, kept), split)
                rows.append(figures(found))
                everything += found
            table[folder.name] = mean(rows)
        show(f"{_NORMALS} normal and {anomalies} anomalous pictures, means of three seeds", table, NAMES)
        show("All sets and seeds together", {"": pooled(everything)}, ("calibration error", "brier"))
    show("Normal pictures of the test that raise an alarm", *disturbed(sets))
    show("What each part gives: F1 with anomalous pictures, AUROC without", *ablation(sets))


def disturbed(sets: list[Path]) -> tuple[dict[str, dict[str, float]], list[str]]:
    """How many normal pictures are anomalous for the inspector once they are turned, moved, darker or brighter."""
    rows: dict[str, dict[str, float]] = {}
    for folder in sets:
        for anomalies in (0, _ANOMALIES):
            kept, found = Kept(), []
            for split in splits(folder, normals=_NORMALS, anomalies=anomalies):
                model = trained(split, kept)
                normal = [path for path, truth in zip(split.test, split.truth, strict=True) if not truth]
                pixels = [np.asarray(Image.open(path).convert("RGB")) for path in normal]
                limit = model.threshold.value
                found.append(
                    {
                        name: float(np.mean([model.raw(change(one)) >= limit for one in pixels]))
                        for name, change in _DISTURBED.items()
                    }
                )
            rows[f"{folder.name}, {anomalies} anomalous"] = mean(found)
    return rows, list(_DISTURBED)


def ablation(sets: list[Path]) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Of each set and the first seed: AUROC and F1, without anomalous pictures (0) and with them, for each way."""
    ways: list[tuple[str, Settings, int | None]] = [(name, settings, None) for name, settings in _ABLATIONS.items()]
    ways += [(f"{side} pixels", Settings(), side) for side in _SIDES]
    rows: dict[str, dict[str, float]] = {name: {} for name, _, _ in ways}
    names = []
    for folder in sets:
        usual = Kept()
        for name, settings, side in ways:
            kept = usual if settings.layers == Settings().layers and side is None else Kept()
            for anomalies, suffix in ((0, " 0"), (_ANOMALIES, "")):
                (split,) = splits(folder, normals=_NORMALS, anomalies=anomalies, seeds=(0,))
                model = trained(split, kept, settings, side)
                found = figures([quick(model, path, truth, kept) for path, truth in pairs(split)])
                rows[name] |= {f"{folder.name} {key}{suffix}": found[key] for key in ("auroc", "f1")}
        names += [f"{folder.name} {kind}" for kind in ("auroc 0", "f1 0", "auroc", "f1")]
    return rows, names


def pairs(split: Split) -> list[tuple[Path, bool]]:
    return list(zip(split.test, split.truth, strict=True))


def quick(model: Model, path: Path, truth: bool, kept: Kept) -> Answer:
    raw = model.raw(path.read_bytes(), kept)
    return Answer(truth, raw, float(model.threshold.calibrated(raw)))
