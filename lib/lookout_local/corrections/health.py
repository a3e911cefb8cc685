"""The address /health.

AWS: belongs to whoever has a bucket, an API or a function's URL there.
MiniStack: shows its own health at every host. Its other pages have addresses of their own, at which the gateway answers
nothing.
"""

from __future__ import annotations

from ministack import app


def install() -> None:
    """Leave no address to MiniStack's health."""
    app._HEALTH_PATHS = ()
