"""Whether everything is there and as it was written."""

from __future__ import annotations

from collections.abc import Iterator

from lookout_server.store.blobs import Blobs
from lookout_server.store.documents import Documents
from lookout_server.store.errors import BlobMissing


def problems(documents: Documents, blobs: Blobs) -> Iterator[str]:
    """Read every document and every blob that one refers to; what is wrong, one sentence each."""
    yield from documents.check()
    for digest in sorted(documents.blobs()):
        try:
            if not blobs.verify(digest):
                yield f"blob {digest}: is not what was written; restore it from a backup"
        except BlobMissing as error:
            yield str(error)
