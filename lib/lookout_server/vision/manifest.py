"""JSON Lines of a dataset: one image each, with its label and, for segmentation, its mask.

Source: developer guide, "Defining JSON lines for anomaly classification" and "... for image segmentation".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lookout_files import documents, text_files
from lookout_files.text_files import Unreadable
from lookout_server.protocol.times import within
from lookout_server.vision.errors import Invalid
from lookout_server.vision.masks import Mask, parse_colors

LABELS = ("normal", "anomaly")
#: Characters that a DatasetEntry may have.
_LONGEST_LINE = 8_192

#: Bytes beyond which a line is certainly too long.
_MOST_BYTES = 4 * _LONGEST_LINE + 100

_SHOWN_FINDINGS, _MOST_FINDINGS = 10, 1_000
_LOCATION = re.compile(r"s3://([0-9A-Za-z.\-_]{3,63})/([^\ud800-\udfff]+)")  # half a character is no part of a key
_METADATA = "-metadata"
_GROUND_TRUTH = "groundtruth/"
_CLASSIFICATION = "groundtruth/image-classification"
_SEGMENTATION = "groundtruth/semantic-segmentation"


@dataclass(frozen=True)
class Line:
    """One line, as it was given and as it was understood."""

    text: str
    source_ref: str
    bucket: str
    key: str
    label_attribute: str
    #: `normal` or `anomaly`; None for an image whose class is another one, which counts as unlabeled.
    label: str | None

    labeled_at: datetime | None
    mask: Mask | None


@dataclass(frozen=True)
class Room:
    """How many images a dataset can have."""

    kind: str
    most: int

    def check(self, images: int) -> None:
        """Raise Invalid when it would have too many."""
        if images > self.most:
            raise Invalid(f"the {self.kind} dataset would have {images} images, the quota is {self.most}")


class _Wrong(Exception):
    """What is wrong with one line."""


def parse(content: bytes, room: Room | None = None) -> list[Line]:
    """The lines of a manifest or of the changes to a dataset; of two lines for one image, the later one counts.

    Blank lines are left out, as AWS's own scripts do.

    Raises Invalid, with the number of each wrong line, or when there are too many images. All images and masks must be
    in one bucket.
    """
    lines: dict[str, Line] = {}
    findings: list[str] = []
    try:
        for number, line in enumerate(text_files.lines(content, _MOST_BYTES), start=1):
            if line.isspace():
                continue
            try:
                parsed = _line(line.rstrip("\r\n"))
                lines[parsed.source_ref] = parsed
                if room:
                    room.check(len(lines))
            except _Wrong as wrong:
                findings.append(f"line {number}: {wrong}")
                if len(findings) > _MOST_FINDINGS:
                    break  # nobody reads on in what is no manifest
    except Unreadable as error:
        findings.append(str(error))
    if not lines and not findings:
        raise Invalid("expected at least one JSON line, got none")
    if not findings:
        findings = one_bucket(list(lines.values()))
    if findings:
        more = f"; and {len(findings) - _SHOWN_FINDINGS} more" if len(findings) > _SHOWN_FINDINGS else ""
        raise Invalid("; ".join(findings[:_SHOWN_FINDINGS]) + more)
    return list(lines.values())


def one_bucket(lines: Sequence[Line]) -> list[str]:
    """What is wrong with the buckets of images and masks, which must all be the same."""
    images = {line.bucket for line in lines}
    if len(images) > 1:
        return [f"source-ref: expected all images in one bucket, got {', '.join(sorted(images))}"]
    return [
        f"{line.mask.attribute}: expected {line.mask.location} in the bucket of the images, {line.bucket}"
        for line in lines
        if line.mask and line.mask.bucket != line.bucket
    ]


def _line(text: str) -> Line:
    if len(text) > _LONGEST_LINE:
        raise _Wrong(f"got {len(text)} characters, expected at most {_LONGEST_LINE}")
    try:
        raw = documents.parse(text)
    except documents.NotJson as error:
        raise _Wrong(f"not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise _Wrong("expected a JSON object")
    text = text.strip()
    source_ref = raw.get("source-ref")
    bucket, key = _location(source_ref, "source-ref")
    attribute, metadata = _attribute(raw, _CLASSIFICATION)
    if attribute is None:
        raise _Wrong(f"expected a label attribute with metadata of the type {_CLASSIFICATION}")
    _check_annotation(metadata, attribute)
    class_name = metadata.get("class-name")
    if not isinstance(class_name, str):
        raise _Wrong(f"{attribute}{_METADATA}.class-name: got {_shown(class_name)}, expected a string")
    confidence = metadata.get("confidence", 1)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        raise _Wrong(f"{attribute}{_METADATA}.confidence: got {_shown(confidence)}, expected a number")
    return Line(
        text=text,
        source_ref=str(source_ref),
        bucket=bucket,
        key=key,
        label_attribute=attribute,
        label=class_name if class_name in LABELS else None,
        labeled_at=_creation_date(metadata, attribute),
        mask=_mask(raw),
    )


def _attribute(raw: Mapping[str, Any], kind: str) -> tuple[str | None, Mapping[str, Any]]:
    """The attribute whose metadata has a type, and the metadata; an attribute goes by any name.

    What other jobs of Ground Truth have added to the line, such as a verification, is left out.
    """
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, metadata in raw.items():
        if not name.endswith(_METADATA) or name == f"source-ref{_METADATA}":
            continue
        given = metadata.get("type") if isinstance(metadata, dict) else metadata
        if not isinstance(given, str) or not given.startswith(_GROUND_TRUTH):
            raise _Wrong(f"{name}.type: got {_shown(given)}, expected {_CLASSIFICATION} or {_SEGMENTATION}")
        if given == kind:
            attribute = name.removesuffix(_METADATA)
            if attribute not in raw:
                raise _Wrong(f"{attribute}: expected a value beside {name}")
            found.append((attribute, metadata))
    if len(found) > 1:
        raise _Wrong(f"expected one attribute of the type {kind}, got {', '.join(name for name, _ in found)}")
    return found[0] if found else (None, {})


def _mask(raw: Mapping[str, Any]) -> Mask | None:
    attribute, metadata = _attribute(raw, _SEGMENTATION)
    if attribute is None:
        return None
    if not attribute.endswith("-ref"):
        raise _Wrong(f"{attribute}: expected a name that ends with -ref")
    bucket, key = _location(raw[attribute], attribute)
    _check_annotation(metadata, attribute)
    _creation_date(metadata, attribute)
    try:
        colors = parse_colors(metadata.get("internal-color-map"))
    except Invalid as error:
        raise _Wrong(f"{attribute}{_METADATA}.internal-color-map{error}") from error
    return Mask(attribute, str(raw[attribute]), bucket, key, colors)


def _check_annotation(metadata: Mapping[str, Any], attribute: str) -> None:
    """What both kinds of metadata have in common."""
    annotated = metadata.get("human-annotated")
    if annotated not in ("yes", "no"):
        raise _Wrong(f"{attribute}{_METADATA}.human-annotated: got {_shown(annotated)}, expected yes or no")
    job = metadata.get("job-name", "")
    if not isinstance(job, str):
        raise _Wrong(f"{attribute}{_METADATA}.job-name: got {_shown(job)}, expected a string")


def _creation_date(metadata: Mapping[str, Any], attribute: str) -> datetime | None:
    """The date, as far as it is told in ISO 8601: consoles write it as a browser shows it."""
    given = metadata.get("creation-date", "")
    if not isinstance(given, str):
        raise _Wrong(f"{attribute}{_METADATA}.creation-date: got {_shown(given)}, expected a string")
    try:
        return within(datetime.fromisoformat(given))
    except (ValueError, OverflowError):
        return None


def _location(value: object, attribute: str) -> tuple[str, str]:
    match = _LOCATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _Wrong(f"{attribute}: got {_shown(value)}, expected s3://BUCKET/KEY")
    return match[1], match[2]


def _shown(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else f"{text[:97]}..."
