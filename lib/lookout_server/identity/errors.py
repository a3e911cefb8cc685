"""What is wrong with keys and their store, in words for whoever runs the server."""

from __future__ import annotations


class IdentityError(Exception):
    """A key, a name or a policy cannot be made, changed or found; nothing was changed."""
