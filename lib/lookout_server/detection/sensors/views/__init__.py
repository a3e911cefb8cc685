"""The views: each sees another kind of abnormality, and earns its place in the table of docs/detection.md.

A view is a frozen dataclass of arrays and numbers, which is how it is stored. It learns and judges scaled readings
without holes (rows x sensors) and, for each row, how many rows before it belong to it (`since`).
"""

from __future__ import annotations

from typing import ClassVar, Protocol, Self

from lookout_server.detection.sensors.frame import Floats, Integers
from lookout_server.detection.sensors.views.forecast import Forecast
from lookout_server.detection.sensors.views.range import Range
from lookout_server.detection.sensors.views.relations import Relations
from lookout_server.detection.sensors.views.slow import Slow


class View(Protocol):
    #: How many rows before a row it looks at.
    history: ClassVar[int]
    #: Whether its parts say which sensor it is; of the others, every sensor that goes along has its part.
    names_culprit: ClassVar[bool]

    @classmethod
    def fit(cls, values: Floats, since: Integers) -> Self: ...

    def parts(self, values: Floats, since: Integers) -> Floats:
        """How abnormal, rows x sensors, none negative; their sum over the sensors is the view's score of the row."""
        ...


VIEWS: dict[str, type[View]] = {
    "relations": Relations,
    "forecast": Forecast,
    "slow": Slow,
    "range": Range,
}

__all__ = ["VIEWS", "View"]
