"""What the command `lookout-server` can do, a module for each subject. None imports what it does not need at once."""

# In the order in which `--help` shows them.
from lookout_server.commands.base import app  # isort: skip
from lookout_server.commands import serving, keys, backups, looking, settings, clients  # isort: skip

__all__ = ["app", "backups", "clients", "keys", "looking", "serving", "settings"]
