"""A model on disk: `manifest.json` and one `.npy` file for each array, and nothing in them that could run.

A model is made of parts: dataclasses of arrays and of what JSON can hold. What kind of model it is, and how its parts
belong together, is up to the package that has it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_MANIFEST = "manifest.json"
#: An archive is the same whenever it is made.
_TIME = (1980, 1, 1, 0, 0, 0)
_Part = TypeVar("_Part")


#: numpy reads the head of an array by Python's parser, of which two at once may fail until Python 3.11.8
#: (https://github.com/python/cpython/issues/106905).
_PARSING = threading.Lock()


class BadModel(ValueError):
    """What is in the directory is not a model that this release can read."""


def array(stream: IO[bytes]) -> NDArray[Any]:
    """The next array of a stream in the form of `.npy`; safe in several threads. Raises ValueError."""
    with _PARSING:
        found: NDArray[Any] = np.load(stream, allow_pickle=False)
    return found


def contents(
    version: int,
    header: Mapping[str, Any],
    parts: Mapping[str, Any],
    others: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """The files of a model by name, the manifest last. The same model gives the same bytes.

    version: of the format. header: what the manifest says besides. others: further files by name.
    """
    found: dict[str, bytes] = {}
    numbers: dict[str, Any] = {}
    for name, part in parts.items():
        for field in dataclasses.fields(part):
            value, key = getattr(part, field.name), f"{name}.{field.name}"
            if isinstance(value, np.ndarray):
                stream = io.BytesIO()
                np.save(stream, value, allow_pickle=False)
                found[f"{key}.npy"] = stream.getvalue()
            else:
                numbers[key] = value
    found |= others or {}
    files = {name: {"sha256": sha256(content), "bytes": len(content)} for name, content in found.items()}
    manifest = {"format": version, **header, "numbers": numbers, "files": files}
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False)
    return {**found, _MANIFEST: text.encode()}


def write(
    directory: Path,
    version: int,
    header: Mapping[str, Any],
    parts: Mapping[str, Any],
    others: Mapping[str, bytes] | None = None,
) -> None:
    """Write a model into the directory, which is made where it is missing; see `contents`."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in contents(version, header, parts, others).items():
        (directory / name).write_bytes(content)  # the manifest last: what has one is whole


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files of a model, by name, as a zip: the same ones give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), content)
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """What was packed; raises BadModel for what is no zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise BadModel(f"model: got {error}, expected the zip of one") from error


@dataclass(frozen=True)
class Stored:
    """A model that was opened: its directory, or its files by name, its manifest, and its parts on demand."""

    place: Path | Mapping[str, bytes]
    manifest: dict[str, Any]

    @classmethod
    def open(cls, place: Path | Mapping[str, bytes], version: int) -> Stored:
        try:
            manifest = json.loads(_read(place, _MANIFEST))
        except (OSError, ValueError) as error:
            raise BadModel(f"{_named(place, _MANIFEST)}: got {error}, expected the manifest of a model") from error
        if not isinstance(manifest, dict) or manifest.get("format") != version:
            found = manifest.get("format") if isinstance(manifest, dict) else None
            raise BadModel(
                f"{_named(place, _MANIFEST)}: got the format {found}, expected {version}; use the release that wrote it"
            )
        return cls(place, manifest)

    def lacks(self, error: Exception) -> BadModel:
        """The error to raise where something that the manifest should have is missing or of another kind."""
        return BadModel(f"{_named(self.place, _MANIFEST)}: lacks, or has too much of, what makes a model: {error}")

    def part(self, kind: type[_Part], name: str) -> _Part:
        """Put a part together: the fields that are listed as files from these, the others from the numbers.

        Raises KeyError where the manifest has neither; `settings` turns lists into the tuples that they were.
        """
        values: dict[str, Any] = {}
        for field in dataclasses.fields(kind):  # type: ignore[arg-type]
            key = f"{name}.{field.name}"
            if f"{key}.npy" in self.manifest["files"]:
                values[field.name] = array(io.BytesIO(self.file(f"{key}.npy")))
            else:
                values[field.name] = as_tuple(self.manifest["numbers"][key])
        return kind(**values)

    def settings(self, kind: type[_Part], name: str = "settings") -> _Part:
        """A flat dataclass that stands in the manifest by itself."""
        given: dict[str, Any] = self.manifest[name]
        return kind(**{key: as_tuple(value) for key, value in given.items()})

    def file(self, name: str) -> bytes:
        """The content of a file, which is what the manifest says that it is."""
        try:
            found = _read(self.place, name)
        except OSError as error:
            raise BadModel(f"{_named(self.place, name)}: got {error}, expected a file of the model") from error
        if sha256(found) != self.manifest["files"][name]["sha256"]:
            raise BadModel(
                f"{_named(self.place, name)}: is not what the manifest says; the model was changed or only half copied"
            )
        return found


def _read(place: Path | Mapping[str, bytes], name: str) -> bytes:
    if isinstance(place, Path):
        return (place / name).read_bytes()
    if name not in place:
        raise FileNotFoundError("no such file")
    return place[name]


def _named(place: Path | Mapping[str, bytes], name: str) -> str:
    return str(place / name) if isinstance(place, Path) else name


def as_tuple(value: Any) -> Any:
    """JSON knows no tuples: what comes back as a list was one."""
    return tuple(map(as_tuple, value)) if isinstance(value, list) else value


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
