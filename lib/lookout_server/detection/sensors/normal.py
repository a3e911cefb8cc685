"""What is normal, as all views learnt it together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lookout_server.detection.sensors.covariance import filled
from lookout_server.detection.sensors.frame import Flags, Floats, Integers
from lookout_server.detection.sensors.scaling import Scaling
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.views import VIEWS, View
from lookout_server.detection.sensors.views.relations import Relations


@dataclass(frozen=True)
class Normal:
    """scaling: readings to standard deviations. others: each sensor from the others, for holes and expectations.

    views: by name. switch_weight: what a switch counts in a score.
    """

    scaling: Scaling
    others: Relations
    views: dict[str, View]
    switch_weight: float

    @classmethod
    def fit(cls, values: Floats, since: Integers, settings: Settings) -> Self:
        """values: rows x sensors of normal operation, NaN where missing. since: rows since the last gap, of each."""
        scaling = Scaling.fit(values)
        scaled = scaling(values)
        holes = bool(np.isnan(scaled).any())
        others = Relations.fit(np.nan_to_num(scaled) if holes else scaled, since)
        whole = _as_varied(scaled, others) if holes else scaled
        views = {
            name: others if VIEWS[name] is Relations and not holes else VIEWS[name].fit(whole, since)
            for name in settings.views
        }
        return cls(scaling, others, views, settings.switch_weight)

    @property
    def weights(self) -> Floats:
        """What each sensor counts. Where all are switches there is nothing for them to stand back behind."""
        switch = self.scaling.switch
        return np.where(switch & ~switch.all(), self.switch_weight, 1.0)

    @property
    def history(self) -> int:
        """How many rows before a row its scores look at."""
        return max(view.history for view in self.views.values())

    def prepared(self, values: Floats) -> tuple[Floats, Flags]:
        """Readings in standard deviations with their holes filled, and which of them were seen."""
        return filled(self.scaling(values), self.others.inverse)

    def parts(self, scaled: Floats, seen: Flags, since: Integers) -> dict[str, Floats]:
        """Of each view, how abnormal: rows x sensors. What was not seen has no part."""
        return {name: view.parts(scaled, since) * self.weights * seen for name, view in self.views.items()}

    def scores(self, values: Floats, since: Integers) -> Floats:
        """Of each view, how abnormal each row is: rows x views."""
        return totals(self.parts(*self.prepared(values), since))


def _as_varied(scaled: Floats, others: Relations) -> Floats:
    """The readings with their holes filled by what was expected, off by as much as what was read was, in its order.

    Else a sensor that is missing for long would vary less than it does, and be judged too strictly later.
    """
    whole, seen = filled(scaled, others.inverse)
    off, holes = whole - others.expected(whole), ~seen
    for sensor in np.flatnonzero(holes.any(0) & seen.any(0)):
        whole[holes[:, sensor], sensor] += np.resize(off[seen[:, sensor], sensor], int(holes[:, sensor].sum()))
    return whole


def totals(parts: dict[str, Floats]) -> Floats:
    """The scores, rows x views: the sums of the parts over the sensors."""
    return np.column_stack([part.sum(1) for part in parts.values()])
