"""Limits of quality gates that both services have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_lookout.validation import invalid


def share(what: str, member: str, least: float | None, lowest: int = 0) -> Iterator[dict[str, Any]]:
    """The limit *what* of a `QualityGate`: *member* is a share, which has to be at least *least*; none for None.

    Raises InvalidProperty for what is no number from *lowest* to 1.
    """
    if least is None:
        return
    if isinstance(least, bool) or not isinstance(least, int | float) or not lowest <= least <= 1:
        raise invalid(what, "QualityGate", least, f"a number from {lowest} to 1")
    yield {"Member": member, "AtLeast": str(least)}
