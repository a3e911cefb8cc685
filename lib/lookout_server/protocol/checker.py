"""One value, checked against its shape.

Messages about input are worded as AWS words them, with the path of the member in the form `tags.1.member.key`.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from lookout_server.protocol.errors import WrongAnswer
from lookout_server.protocol.times import FIRST, LAST, from_epoch, is_told, to_epoch

#: Findings that a message lists; a request of megabytes has room for more.
_SHOWN = 50

#: The numbers of each type end before this, and at its negative.
_WHOLE = {"integer": 2**31, "long": 2**63}

_TOLD = f"from {FIRST.isoformat()} to {LAST.isoformat()}"
# The classes of Java that the models use; Python's \w is the letters and numbers of all languages, and the underscore.
_JAVA_CLASSES = {
    r"[\P{M}\p{M}]": r"[\s\S]",
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\p{L}\p{Z}\p{N}": "\\w \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}


class Checker:
    """Walks one value along its shape, converts it and collects what is wrong with it."""

    def __init__(self, *, incoming: bool) -> None:
        self._incoming = incoming
        #: How much is wrong.
        self.count = 0

        self._findings: list[str] = []

    @property
    def findings(self) -> str:
        """What is wrong, as far as a message has room for it."""
        more = self.count - len(self._findings)
        return "; ".join([*self._findings, f"and {more} more"] if more else self._findings)

    def convert(self, shape: Shape, value: Any, path: str) -> Any:
        """The value as it is used here, or as it is sent; what is wrong with it is added to the findings."""
        if isinstance(shape, StructureShape):
            return self._structure(shape, value, path)
        if isinstance(shape, ListShape):
            return self._list(shape, value, path)
        return self._scalar(shape, value, path)

    def _structure(self, shape: StructureShape, value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            return self._wrong_type(value, path, "a structure")
        present = {name: item for name, item in value.items() if item is not None}
        for name in shape.required_members:
            if name not in present:
                self._add("null", _join(path, name), "Member must not be null")
        converted: dict[str, Any] = {}
        for name, item in present.items():
            member = shape.members.get(name)
            if member is None:
                known = ", ".join(shape.members) or "none"
                self._found(f"Member at '{_short(_join(path, name))}' is not known: expected one of [{known}]")
            else:
                converted[name] = self.convert(member, item, _join(path, name))
        return converted

    def _list(self, shape: ListShape, value: Any, path: str) -> Any:
        if not isinstance(value, list | tuple):
            return self._wrong_type(value, path, "a list")
        if not self._length(shape, value, path):
            return []  # what has too many elements is not looked at one by one
        return [
            self._element(shape.member, item, f"{path}.{position}.member")
            for position, item in enumerate(value, start=1)
        ]

    def _element(self, shape: Shape, value: Any, path: str) -> Any:
        if value is None:
            self._add("null", path, "Member must not be null")
            return None
        return self.convert(shape, value, path)

    def _scalar(self, shape: Shape, value: Any, path: str) -> Any:
        kind = shape.type_name
        if kind == "string":
            return self._string(shape, value, path)
        if kind == "timestamp":
            return self._timestamp(value, path)
        if kind == "boolean":
            return value if isinstance(value, bool) else self._wrong_type(value, path, "a boolean")
        if kind == "blob":
            return self._blob(shape, value, path)
        if kind in ("integer", "long"):
            end = _WHOLE[kind]
            if isinstance(value, bool) or not isinstance(value, int) or not -end <= value < end:
                return self._wrong_type(value, path, f"an integer from {-end} to {end - 1}")
            self._range(shape, value, path)
            return value
        if kind in ("float", "double"):
            number = _float(value)
            if number is None:
                return self._wrong_type(value, path, "a number")
            self._range(shape, number, path)
            return number
        raise WrongAnswer(f"shape {shape.name}: type {kind} is not handled")

    def _string(self, shape: Shape, value: Any, path: str) -> Any:
        if not isinstance(value, str):
            return self._wrong_type(value, path, "a string")
        if not self._length(shape, value, path):
            return value  # some patterns take the square of the length
        pattern = shape.metadata.get("pattern")
        if pattern and not _compiled(pattern).fullmatch(value):
            self._add(f"'{value}'", path, f"Member must satisfy regular expression pattern: {pattern}")
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            self._add(f"'{value}'", path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
        return value

    def _blob(self, shape: Shape, value: Any, path: str) -> Any:
        """Bytes; base64 within JSON."""
        content = value
        if self._incoming and isinstance(value, str):
            try:
                content = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                return self._wrong_type(value, path, "base64")
        if not isinstance(content, bytes):
            return self._wrong_type(value, path, "bytes")
        self._length(shape, content, path)
        return content if self._incoming else base64.b64encode(content).decode()

    def _timestamp(self, value: Any, path: str) -> Any:
        if self._incoming:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return self._wrong_type(value, path, "a timestamp in epoch seconds")
            time = from_epoch(value)
            return self._wrong_type(value, path, f"a timestamp {_TOLD}") if time is None else time
        if not isinstance(value, datetime) or value.tzinfo is None or not is_told(value):
            return self._wrong_type(value, path, f"a datetime with a time zone {_TOLD}")
        return to_epoch(value)

    def _length(self, shape: Shape, value: Any, path: str) -> bool:
        """Whether it is not too long."""
        shown = f"{len(value)} bytes" if isinstance(value, bytes) else f"'{value}'"
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and len(value) < low:
            self._add(shown, path, f"Member must have length greater than or equal to {low}")
        if high is not None and len(value) > high:
            self._add(shown, path, f"Member must have length less than or equal to {high}")
            return False
        return True

    def _range(self, shape: Shape, value: float, path: str) -> None:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            self._add(f"'{value}'", path, f"Member must have value greater than or equal to {low}")
        if high is not None and value > high:
            self._add(f"'{value}'", path, f"Member must have value less than or equal to {high}")

    def _wrong_type(self, value: Any, path: str, expected: str) -> None:
        self._add(f"'{value}'", path or "request", f"Member must be {expected}")

    def _add(self, shown: str, path: str, constraint: str) -> None:
        self._found(f"Value {_short(shown)} at '{_short(path)}' failed to satisfy constraint: {constraint}")

    def _found(self, finding: str) -> None:
        self.count += 1
        if len(self._findings) < _SHOWN:
            self._findings.append(finding)


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:297]}...'"


def _float(value: object) -> float | None:
    """A number as a float; None for what is none, or no finite one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _join(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, whose dialect is Java's, for Python; `\\w`, `\\d` and `\\s` mean ASCII there."""
    flags = re.NOFLAG if r"\p{L}" in pattern else re.ASCII
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern, flags)
