"""What can be set about an inspector. Every default was measured: see docs/detection-images.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    #: The outputs of the backbone that are looked at, finest first; left out, those that it says (`Backbone.usual`).
    layers: tuple[str, ...] = ()
    #: How many patches of normal pictures are gathered to choose from, and how many of them are remembered.
    gathered: int = 10_000
    remembered: int = 1_000
    #: Of so many normal pictures, copies that are turned, moved, darker and brighter are learnt, too.
    changed: int = 60
    #: So many normal pictures, and so many anomalous ones, are judged by what was learnt from the others.
    validated: int = 80
    #: Into how many parts the pictures are divided for that.
    folds: int = 5
    #: Anomalous pictures from which on what they look like is learnt.
    least_anomalous: int = 4
    #: How much what anomalies look like counts beside what is unusual; the one that ranks held-out pictures best.
    weights: tuple[float, ...] = (0.0, 0.05, 0.15, 0.3, 1.0)
    #: How strongly the weights of features are held back, see `head`.
    ridge: float = 0.0005
    #: The part of an anomalous picture without a mask that is taken to be the anomaly: the most unusual one.
    unmasked: float = 0.01
    #: The part of a picture, its most anomalous one, whose mean is its score; chosen likewise, the first if in doubt.
    tops: tuple[float, ...] = (0.003, 0.03)
    #: Of so many cells at the edges of a picture the score takes no notice, and the map none of what is only there.
    edge: int = 3
    #: The deviation of the blur of a map, in cells of its grid.
    blur: float = 0.7
    #: Without anomalous pictures, the alarm is so many deviations above the median of held-out normal ones.
    deviations: float = 1.6
