"""What must not be lost: documents and blobs, behind two ports, with SQLite and a directory as their adapters."""

from lookout_server.store.blobs import Blobs, BlobWriter
from lookout_server.store.directory import DirectoryBlobs
from lookout_server.store.documents import Check, Delete, Document, Documents, Put, Write
from lookout_server.store.errors import BlobMissing, Conflict, NewerFormat, StoreDamaged, StoreError, StoreUnavailable
from lookout_server.store.integrity import problems
from lookout_server.store.retention import expire
from lookout_server.store.sqlite import MEMORY, SqliteDocuments
from lookout_server.store.sweep import GRACE, sweep

__all__ = [
    "GRACE",
    "MEMORY",
    "BlobMissing",
    "BlobWriter",
    "Blobs",
    "Check",
    "Conflict",
    "Delete",
    "DirectoryBlobs",
    "Document",
    "Documents",
    "NewerFormat",
    "Put",
    "SqliteDocuments",
    "StoreDamaged",
    "StoreError",
    "StoreUnavailable",
    "Write",
    "expire",
    "problems",
    "sweep",
]
