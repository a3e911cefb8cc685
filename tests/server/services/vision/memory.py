"""Tests train thousands of models with a few pictures: what is seen in one is remembered by the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lookout_server.detection.images import ByHand
from lookout_server.detection.images.pictures import digest


@contextmanager
def remembered() -> Iterator[None]:
    """Features by hand are made once of each picture."""
    seen: dict[Any, Any] = {}
    look = ByHand.__call__

    def remembering(self: ByHand, pixels: Any, *how: Any) -> Any:
        key = (digest(pixels), *how)
        if key not in seen:
            seen[key] = look(self, pixels, *how)
        return seen[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ByHand, "__call__", remembering)
        yield
