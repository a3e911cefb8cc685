"""Dataclasses as JSON, by the types of their fields.

What is None or empty by default is left out, and a member that is absent is the default: so documents of an earlier
release, which know fewer members, are read. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from lookout_server.entities.blob import Blob, Keeper

T = TypeVar("T")
#: In the metadata of a field: it is not part of the document.
NOT_KEPT = {"kept": False}
_MICROSECOND = timedelta(microseconds=1)
_TIME, _BYTES = "$time", "$bytes"


@dataclass(frozen=True)
class Codec:
    """How values of one type are written and read."""

    #: The JSON of a value. The digests of the blobs that it refers to are appended to the list.
    encode: Callable[[Any, list[str]], Any]
    #: The value of JSON, whose blobs the keeper has.
    decode: Callable[[Any, Keeper], Any]


@cache
def codec(hint: Any) -> Codec:
    """The codec of a type; raises TypeError for one that no document can hold."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in (str, int, bool, NoneType) or origin is Literal:
        return Codec(lambda value, _: value, lambda raw, _: raw)
    if hint is float:
        return Codec(lambda value, _: value, lambda raw, _: float(raw))
    if hint is Any:
        return Codec(lambda value, _: _plain(value), lambda raw, _: _rich(raw))
    if hint is datetime:
        return Codec(lambda value, _: _text(value), lambda raw, _: datetime.fromisoformat(raw))
    if hint is timedelta:
        return Codec(lambda value, _: value // _MICROSECOND, lambda raw, _: raw * _MICROSECOND)
    if origin in (Union, UnionType):
        return _union([one for one in arguments if one is not NoneType])
    if origin in (list, tuple, set, frozenset):
        return _sequence(origin, arguments)
    if origin in (dict, Mapping):
        return _mapping(*arguments)
    if hint is Blob:
        return Codec(_encode_blob, lambda raw, keeper: keeper.find(raw))
    if origin is Kept:
        [kind] = arguments
        return Codec(
            lambda value, blobs: _encode_blob(value.blob, blobs),
            lambda raw, keeper: Kept(keeper.find(raw), kind, keeper),
        )
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return Codec(lambda value, _: value.value, lambda raw, _: hint(raw))
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint)
    raise TypeError(f"no document can hold a {hint}")


class Kept(Generic[T]):
    """A value that may be large, kept as a blob of its JSON: read when it is looked at, and never changed."""

    def __init__(self, blob: Blob, kind: Any, keeper: Keeper) -> None:
        self.blob = blob
        self._kind = kind
        self._keeper = keeper

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and self.blob == other.blob

    def __hash__(self) -> int:
        return hash(self.blob)

    @classmethod
    def of(cls, keeper: Keeper, kind: Any, value: T) -> Kept[T]:
        """Keep a value, of which no part refers to a blob."""
        blob = keeper.keep(json.dumps(codec(kind).encode(value, []), separators=(",", ":")).encode())
        made = cls(blob, kind, keeper)
        made.__dict__["value"] = value
        return made

    @cached_property
    def value(self) -> T:
        """The value; raises BlobMissing."""
        found: T = codec(self._kind).decode(json.loads(self.blob.read()), self._keeper)
        return found


def _encode_blob(value: Blob, blobs: list[str]) -> Any:
    if value.digest:
        blobs.append(value.digest)
    return value.reference


def _union(kinds: list[Any]) -> Codec:
    """One type or none; or a text, or one that is written as an object."""
    if len(kinds) == 1:
        inner = codec(kinds[0])
        return Codec(
            lambda value, blobs: None if value is None else inner.encode(value, blobs),
            lambda raw, keeper: None if raw is None else inner.decode(raw, keeper),
        )
    [other] = [kind for kind in kinds if kind is not str]
    inner = codec(other)
    return Codec(
        lambda value, blobs: value if value is None or isinstance(value, str) else inner.encode(value, blobs),
        lambda raw, keeper: raw if raw is None or isinstance(raw, str) else inner.decode(raw, keeper),
    )


def _sequence(origin: Any, arguments: tuple[Any, ...]) -> Codec:
    if origin is tuple and arguments[1:] != (Ellipsis,):
        parts = [codec(one) for one in arguments]
        return Codec(
            lambda value, blobs: [part.encode(one, blobs) for part, one in zip(parts, value, strict=True)],
            lambda raw, keeper: tuple(part.decode(one, keeper) for part, one in zip(parts, raw, strict=True)),
        )
    item = codec(arguments[0])
    in_order = sorted if origin in (set, frozenset) else list
    return Codec(
        lambda value, blobs: [item.encode(one, blobs) for one in in_order(value)],
        lambda raw, keeper: origin(item.decode(one, keeper) for one in raw),
    )


def _mapping(key: Any, value: Any) -> Codec:
    """By texts, an object; by anything else, pairs."""
    item = codec(value)
    if key is str:
        return Codec(
            lambda given, blobs: {name: item.encode(one, blobs) for name, one in given.items()},
            lambda raw, keeper: {name: item.decode(one, keeper) for name, one in raw.items()},
        )
    name = codec(key)
    return Codec(
        lambda given, blobs: [[name.encode(one, blobs), item.encode(two, blobs)] for one, two in given.items()],
        lambda raw, keeper: {name.decode(one, keeper): item.decode(two, keeper) for one, two in raw},
    )


def _dataclass(kind: Any) -> Codec:
    hints = get_type_hints(kind)
    kept = [one for one in dataclasses.fields(kind) if one.init and one.metadata.get("kept", True)]
    parts = [(one.name, codec(hints[one.name]), _default(one)) for one in kept]

    def encode(value: Any, blobs: list[str]) -> dict[str, Any]:
        found = {}
        for name, part, default in parts:
            held = getattr(value, name)
            if not (held is default or (default == () and not held and held is not None)):
                found[name] = part.encode(held, blobs)
        return found

    def decode(raw: Mapping[str, Any], keeper: Keeper) -> Any:
        return kind(**{name: part.decode(raw[name], keeper) for name, part, _ in parts if name in raw})

    return Codec(encode, decode)


_MISSING = object()


def _default(field: dataclasses.Field[Any]) -> Any:
    """The default that need not be written: None, False, or () for whatever is empty by default."""
    if field.default is None or field.default is False:
        return field.default
    if field.default_factory in (list, dict, set, tuple) or field.default == ():
        return ()
    return _MISSING


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()


def _plain(value: Any) -> Any:
    """Parameters and answers of the API: JSON, with times and bytes in it."""
    if isinstance(value, datetime):
        return {_TIME: _text(value)}
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _rich(raw: Any) -> Any:
    if isinstance(raw, dict):
        if len(raw) == 1:
            [(name, text)] = raw.items()
            if name == _TIME:
                return datetime.fromisoformat(text)
            if name == _BYTES:
                return base64.b64decode(text)
        return {name: _rich(item) for name, item in raw.items()}
    if isinstance(raw, list):
        return [_rich(item) for item in raw]
    return raw
