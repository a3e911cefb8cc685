"""What the works of the services load when the first of them begins, loaded at once."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from lookout_server import detection, equipment, vision


def load() -> None:
    """Load all that computes, for a process that does the works itself and outlives an upgrade of the package."""
    for package in (detection, equipment, vision):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
