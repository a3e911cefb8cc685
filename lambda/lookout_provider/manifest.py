"""Manifests of image datasets: JSON Lines, one image each, with what is known of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lookout_files import documents, text_files
from lookout_files.documents import NotJson
from lookout_files.text_files import Unreadable, shown

#: The bytes that UpdateDatasetEntries takes in one call.
_PORTION = 10 * 1024 * 1024
#: The characters that a line may have.
_LONGEST = 8_192
#: The bytes beyond which a line certainly has more.
_MOST_BYTES = 4 * _LONGEST + 100
_LOCATION = re.compile(r"s3://([^/]+)/.+")
_IMAGES = (".png", ".jpg", ".jpeg")

#: The member that says in a file of ours of which properties it is.
_DIGITS = "in-force"

#: Lines, by the location of their image.
Lines = Mapping[str, str]


class InvalidManifest(ValueError):
    """The service would not take the manifest: the text says where, what it got and what it expects."""


def parse(content: bytes) -> Lines:
    """The lines of a manifest, spelled in one way; of two lines for one image the later one counts.

    Raises InvalidManifest for the first thing that the service would not take, as far as that is the same for every
    kind of label.
    """
    lines: dict[str, str] = {}
    try:
        for number, line in enumerate(text_files.lines(content, _MOST_BYTES), 1):
            if not line.isspace():
                image, spelled = _line(number, line.rstrip("\r\n"))
                lines[image] = spelled
    except Unreadable as error:
        raise InvalidManifest(str(error)) from None
    _check(lines)
    return lines


def of_images(bucket: str, keys: Mapping[str, Iterable[str]]) -> Lines:
    """The lines for the images among the *keys* of each class, `normal` and `anomaly`.

    Raises InvalidManifest when there is no image at all.
    """
    lines = {
        f"s3://{bucket}/{key}": _spell(
            {
                "source-ref": f"s3://{bucket}/{key}",
                "label": 1 if name == "anomaly" else 0,
                "label-metadata": {
                    "class-name": name,
                    "confidence": 1,
                    "human-annotated": "yes",
                    "job-name": "cdk-lookout",
                    "type": "groundtruth/image-classification",
                },
            }
        )
        for name, found in keys.items()
        for key in found
        if key.lower().endswith(_IMAGES)
    }
    _check(lines)
    return lines


def content(lines: Iterable[str]) -> bytes:
    """*lines* as a file."""
    return "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True)
class Remembered:
    """What is in force: digits of the properties, and the lines that they brought about."""

    digits: str = ""
    lines: Lines = field(default_factory=dict)


def to_remember(remembered: Remembered) -> bytes:
    """A file that `remembered` reads."""
    return content([json.dumps({_DIGITS: remembered.digits}), *remembered.lines.values()])


def remembered(file: bytes) -> Remembered:
    """What *file* says; nothing when it is none of ours."""
    first, _, rest = file.partition(b"\n")
    try:
        return Remembered(json.loads(first)[_DIGITS], parse(rest) if rest else {})
    except (ValueError, TypeError, KeyError):
        return Remembered()


def digest(lines: Iterable[str]) -> str:
    """32 hex digits of *lines*, whatever their order."""
    return hashlib.sha256(content(sorted(lines))).hexdigest()[:32]


def portion(lines: Iterable[str]) -> bytes:
    """As many of *lines* as one call takes."""
    return b"".join(_fitting(lines))


def _fitting(lines: Iterable[str]) -> Iterator[bytes]:
    size = 0
    for line in lines:
        encoded = content([line])
        size += len(encoded)
        if size > _PORTION:
            return
        yield encoded


def _line(number: int, line: str) -> tuple[str, str]:
    if len(line) > _LONGEST:
        raise InvalidManifest(f"line {number}: got {len(line)} characters, expected at most {_LONGEST}")
    expected = "expected a JSON object with a source-ref s3://..."
    try:
        members = documents.parse(line)
    except NotJson as error:
        raise InvalidManifest(f"line {number}: got {shown(line)}, {expected}: {error}") from None
    image = members.get("source-ref") if isinstance(members, dict) else None
    if not isinstance(image, str) or not _LOCATION.fullmatch(image):
        raise InvalidManifest(f"line {number}: got {shown(line)}, {expected}")
    spelled = _spell(members)
    # Numbers may be longer than they were written.
    return image, spelled if len(spelled) <= _LONGEST else line.strip()


def _spell(members: Mapping[str, object]) -> str:
    """In one way, and without escapes: those of most languages are longer than their characters."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _check(lines: Lines) -> None:
    buckets = sorted({image.split("/")[2] for image in lines})
    if len(buckets) > 1:
        raise InvalidManifest(f"got images in {', '.join(buckets)}, expected all in one bucket")
    if not lines:
        raise InvalidManifest("got no image, expected at least one")
