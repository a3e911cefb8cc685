"""The code of the provider's function: one zip, built with the package."""

from __future__ import annotations

import functools
import hashlib
import zipfile
from pathlib import Path

#: Where the build puts the zip.
PROVIDER_ZIP = Path(__file__).parents[1] / "_assets" / "lookout_provider.zip"


class AssetNotBuilt(FileNotFoundError):
    """The package was installed without the code of the provider's function."""


def provider_zip(path: Path = PROVIDER_ZIP) -> Path:
    """The zip with the code of the provider's function.

    Raises AssetNotBuilt when it is not there.
    """
    if not path.is_file():
        raise AssetNotBuilt(
            f"code of the provider's function: got no file {path.name} in {path.parent}, "
            "expected the one that building cdk-lookout writes: run `make asset` in a checkout, "
            "or install the wheel of cdk-lookout again"
        )
    return path


def content_hash(path: Path) -> str:
    """A digest of the names and the uncompressed contents in the zip at *path*.

    It is the same wherever and with whatever compressor the zip was written.
    """
    stat = path.stat()
    return _content_hash(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=8)
def _content_hash(path: Path, _changed_at: int, _size: int) -> str:
    digest = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            content = archive.read(name)
            digest.update(f"{len(name.encode())}:{name}:{len(content)}:".encode())
            digest.update(content)
    return digest.hexdigest()
