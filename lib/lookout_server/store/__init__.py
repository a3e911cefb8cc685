"""What must not be lost: documents and blobs, behind two ports, with SQLite and a directory as their adapters."""

from lookout_server.store.documents import Check, Delete, Document, Documents, Put, Write
from lookout_server.store.errors import BlobMissing, Conflict, NewerFormat, StoreError, StoreUnavailable
from lookout_server.store.sqlite import MEMORY, SqliteDocuments

__all__ = [
    "MEMORY",
    "BlobMissing",
    "Check",
    "Conflict",
    "Delete",
    "Document",
    "Documents",
    "NewerFormat",
    "Put",
    "SqliteDocuments",
    "StoreError",
    "StoreUnavailable",
    "Write",
]
