"""Which release runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The release of the package that runs."""
    try:
        return version("cdk-lookout")
    except PackageNotFoundError:
        return "unknown"
