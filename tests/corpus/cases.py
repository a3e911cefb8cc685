"""Files as they come: what every reader of a kind makes of them, whoever it is and however it is written.

Each folder has files of one kind, and beside them `expected.toml`, which says of each what is read of it, or with which
words it is refused. What is too large for a repository is put together from `pieces`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet

ROOT = Path(__file__).parent
INDEX = "expected.toml"
KINDS = ("sensors", "labels", "label_sets", "schemas", "manifests", "pictures")


@dataclass(frozen=True)
class Case:
    """One file."""

    kind: str
    name: str
    expected: Mapping[str, Any]

    @property
    def content(self) -> bytes:
        """What is in it."""
        if pieces := self.expected.get("pieces"):
            return b"".join(text.encode() * times for text, times in pieces)
        return (ROOT / self.kind / self.name).read_bytes()

    @property
    def refused(self) -> bool:
        """Whether somebody refuses it."""
        return "error" in self.expected or "service" in self.expected

    @property
    def error(self) -> str:
        """A part of the message with which it is refused; empty when it is not."""
        return str(self.expected.get("error", ""))


def cases(kind: str, *, generated: bool = True, good: bool = True, bad: bool = True) -> list[ParameterSet]:
    """The files of a kind, as parameters of a test: those that are put together, that are taken, that are refused."""
    made = [Case(kind, name, expected) for name, expected in index(kind).items()]
    return [
        pytest.param(case, id=case.name)
        for case in made
        if (generated or "pieces" not in case.expected) and (bad if case.refused else good)
    ]


def index(kind: str) -> dict[str, dict[str, Any]]:
    """What is expected, by the name of the file."""
    return tomllib.loads((ROOT / kind / INDEX).read_text(encoding="utf-8"))
