"""What goes wrong with a local cloud as a whole."""

from __future__ import annotations


class LocalCloudError(RuntimeError):
    """A local cloud cannot be started, reached or stopped; the message says what to do."""


class MissingExtra(LocalCloudError):
    """The packages of the extra `local` are not installed."""
