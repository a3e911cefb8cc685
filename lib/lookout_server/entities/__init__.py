"""What the operations work on: dataclasses that are read from documents, changed, and committed once."""
