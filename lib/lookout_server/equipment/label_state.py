"""Label groups and labels, as they are remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lookout_server.entities.session import NUMBERED_NAMES, Collection, Entity
from lookout_server.equipment.ids import guid


@dataclass
class Label(Entity):
    """A label: what was the matter with the equipment, from when to when."""

    number: int
    id: str
    start: datetime
    end: datetime
    rating: str
    created_at: datetime
    fault_code: str | None = None
    notes: str | None = None
    equipment: str | None = None


@dataclass
class LabelGroup(Entity):
    """A group of labels."""

    number: int
    name: str
    arn: str
    fault_codes: list[str]
    created_at: datetime
    updated_at: datetime
    #: How many labels it has, so that nobody has to read them all to know.
    count: int = 0

    @property
    def labels(self) -> Collection[str, Label]:
        """Its labels by id."""
        return Collection(self.home, "label", Label, NUMBERED_NAMES, guid(self.arn))
