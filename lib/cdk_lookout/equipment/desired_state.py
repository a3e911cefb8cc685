"""Whether a scheduler is to run."""

from __future__ import annotations

import enum


class DesiredState(enum.Enum):
    """What a deployment leaves a scheduler in; what others do to it meanwhile, the next change of it puts right."""

    #: It runs.
    RUNNING = "RUNNING"
    #: It exists, but does nothing.
    STOPPED = "STOPPED"
