"""The users' data: where it is, and by whose right it is read."""
