"""An inspector that has learnt, and what it says about a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lookout_server.detection.images.backbone import Backbone
from lookout_server.detection.images.edges import fitted
from lookout_server.detection.images.evidence import Evidence
from lookout_server.detection.images.features import Cache, Extractor
from lookout_server.detection.images.labels import Flags, Labels
from lookout_server.detection.images.pictures import Floats, Picture, Pixels, Preprocessing
from lookout_server.detection.images.settings import Settings
from lookout_server.detection.images.threshold import Threshold

#: The calibrated score from which on a picture, or a place in it, is anomalous.
ALARM = 0.5


@dataclass(frozen=True)
class Score:
    #: Between 0 and 1; 0.5 is the alarm.
    score: float
    #: The same before it was calibrated.
    raw: float

    @property
    def anomalous(self) -> bool:
        return self.score >= ALARM

    @property
    def confidence(self) -> float:
        """That `anomalous` is right: from 0.5 to 1."""
        return max(self.score, 1 - self.score)


@dataclass(frozen=True)
class Judgement(Score):
    #: height x width of the picture: how anomalous each place is, calibrated as the score is.
    map: Floats
    #: Where which anomaly is, by label; without labels, or without an anomaly, nothing.
    labels: dict[str, Flags]

    @property
    def mask(self) -> Flags:
        """Where the picture is anomalous; nowhere in a picture that is not, and somewhere in one that is."""
        return shown(self.map) & self.anomalous

    @property
    def areas(self) -> dict[str, float]:
        """The part of the picture, in per cent, that each label has."""
        return {name: 100 * float(places.mean()) for name, places in self.labels.items()}


@dataclass(frozen=True)
class Model:
    settings: Settings
    preprocessing: Preprocessing
    backbone: Backbone
    evidence: Evidence
    threshold: Threshold
    labels: Labels | None = None

    @cached_property
    def _extractor(self) -> Extractor:
        return Extractor(self.backbone, self.preprocessing, self.settings.layers)

    def with_threshold(self, threshold: Threshold) -> Model:
        """The same model with another alarm; nothing is learnt again."""
        return replace(self, threshold=threshold)

    def raw(self, picture: Picture, cache: Cache | None = None) -> float:
        """Only the score, before it is calibrated: what a threshold is chosen on."""
        grid = replace(self._extractor, cache=cache)(picture)
        return self.evidence.score(self.evidence.map(grid, self.settings), self.settings)

    def score(self, picture: Picture, cache: Cache | None = None) -> Score:
        """Say only how anomalous a picture is; raises `BadPicture`."""
        return self._score(self.raw(picture, cache))

    def judge(self, picture: Picture, cache: Cache | None = None) -> Judgement:
        """Say how anomalous a picture is, and where; raises `BadPicture`."""
        pixels = self.preprocessing.decoded(picture)
        grid = self._extractor.of_pixels(pixels) if cache is None else replace(self._extractor, cache=cache)(picture)
        evidence = self.evidence.map(grid, self.settings)
        score = self._score(self.evidence.score(evidence, self.settings))
        places = self._placed(evidence, pixels)
        found: dict[str, Flags] = {}
        if self.labels is not None and score.anomalous:
            found = self.labels.divided(
                shown(places), self.evidence.scaling(grid).reshape(grid.shape), self._box(pixels)
            )
        return Judgement(score.score, score.raw, places, found)

    def _score(self, raw: float) -> Score:
        return Score(float(self.threshold.calibrated(np.float64(raw))), raw)

    def judge_all(self, pictures: Iterable[Picture]) -> Iterator[Judgement]:
        """One after another: a picture is judged alike in whatever company it comes."""
        return map(self.judge, pictures)

    def _placed(self, evidence: Floats, pixels: Pixels) -> Floats:
        left, top, right, bottom = self._box(pixels)
        places = np.zeros(pixels.shape[:2], np.float32)
        seen = fitted(evidence, np.ascontiguousarray(pixels[top:bottom, left:right]))
        places[top:bottom, left:right] = self.threshold.placed(seen)
        return places

    def _box(self, pixels: Pixels) -> tuple[int, int, int, int]:
        return self.preprocessing.box(*pixels.shape[:2])


def shown(places: Floats) -> Flags:
    """The places at which the alarm is, or if it is nowhere, at the highest."""
    found: Flags = places >= min(ALARM, float(places.max()))
    return found
