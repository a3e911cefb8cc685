"""The file of places, in TOML or JSON, read strictly: what, where, got and expected."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lookout_files import documents
from lookout_server.files.directory import DirectoryBuckets
from lookout_server.files.endpoints import S3, Credentials, Endpoint
from lookout_server.files.names import check_bucket
from lookout_server.files.places import Area, Grant, Place, Places
from lookout_server.protocol.errors import StorageError

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/*?-]+", re.ASCII)
_ACCOUNT = re.compile("[0-9]{12}", re.ASCII)
_REGION = "us-east-1"
_OTHERS = 0o077
_DIRECTORY = {"kind", "path", "region"}
_S3 = {
    *("kind", "region", "endpoint_url", "credentials_file", "assume_roles", "sts_endpoint_url", "external_id"),
    *("session_tags", "connect_timeout", "read_timeout", "attempts"),
}


class PlacesError(Exception):
    """The file of places cannot be read; the message says what is wrong where."""


def load(path: Path, *, default: Place | None = None) -> Places:
    """What a file says. What names no place there is at the default one, or at the only one. Raises PlacesError.

    Paths in it are seen from where it is.
    """
    raw = _read(path)
    where = str(path)
    _no_others(raw, {"places", "roles", "accounts"}, where)
    places = {
        name: _place(_table(one, f"{where}: places.{name}"), f"{where}: places.{name}", path.parent)
        for name, one in _table(raw.get("places", {}), f"{where}: places").items()
    }
    if default is None and len(places) == 1:
        [default] = places.values()
    roles = _grants(raw, "roles", "role", _ROLE, where, places, default)
    return Places(where, roles, _grants(raw, "accounts", "account", _ACCOUNT, where, places, default))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PlacesError(f"{path}: cannot be read ({error.strerror}); check the path and its rights") from error
    try:
        if path.suffix == ".json":
            return _table(documents.parse(content), str(path))
        return tomllib.loads(content.decode())
    except (documents.NotJson, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise PlacesError(f"{path}: not valid {kind}: {error}") from error


def _place(raw: Mapping[str, Any], where: str, folder: Path) -> Place:
    kind = raw.get("kind")
    if kind == "directory":
        _no_others(raw, _DIRECTORY, where)
        root = folder / _text(raw, "path", where)
        if not root.is_dir():
            raise PlacesError(f"{where}.path: got '{root}', expected a directory whose folders are buckets")
        return DirectoryBuckets(root, region=_text(raw, "region", where, _REGION))
    if kind != "s3":
        raise PlacesError(f"{where}.kind: got {kind!r}, expected 'directory' or 's3'")
    _no_others(raw, _S3, where)
    file = _optional(raw, "credentials_file", where)
    return S3(
        Endpoint(
            region=_text(raw, "region", where, _REGION),
            url=_url(raw, "endpoint_url", where),
            credentials=_credentials(folder / file, f"{where}.credentials_file") if file else None,
            assume_roles=_boolean(raw, "assume_roles", where),
            sts_url=_url(raw, "sts_endpoint_url", where),
            external_id=_optional(raw, "external_id", where),
            session_tags=_texts(raw.get("session_tags", {}), f"{where}.session_tags"),
            connect_timeout=_number(raw, "connect_timeout", where, Endpoint.connect_timeout),
            read_timeout=_number(raw, "read_timeout", where, Endpoint.read_timeout),
            attempts=int(_number(raw, "attempts", where, Endpoint.attempts)),
        )
    )


def _credentials(path: Path, where: str) -> Credentials:
    """A key in a file of its own, which only its owner may read."""
    raw = _read_secret(path, where)
    _no_others(raw, {"access_key", "secret", "token"}, f"{path}")
    return Credentials(
        _text(raw, "access_key", str(path)), _text(raw, "secret", str(path)), _optional(raw, "token", str(path))
    )


def _read_secret(path: Path, where: str) -> Mapping[str, Any]:
    try:
        if path.stat().st_mode & _OTHERS:
            raise PlacesError(f"{where}: others than its owner may read {path}; chmod 600 {path}")
    except OSError as error:
        raise PlacesError(
            f"{where}: {path} cannot be read ({error.strerror}); check the path and its rights"
        ) from error
    return _read(path)


def _grants(
    raw: Mapping[str, Any],
    table: str,
    kind: str,
    pattern: re.Pattern[str],
    file: str,
    places: Mapping[str, Place],
    default: Place | None,
) -> Sequence[Grant]:
    found = []
    given = raw.get(table, [])
    if not isinstance(given, list):
        raise PlacesError(f"{file}: {table}: got {type(given).__name__}, expected a list: [[{table}]]")
    for index, one in enumerate(given):
        where = f"{file}: {table}[{index}]"
        entry = _table(one, where)
        _no_others(entry, {kind, "place", "read", "write"}, where)
        who = _text(entry, kind, where)
        if not pattern.fullmatch(who):
            expected = "12 digits" if kind == "account" else "the ARN of a role, which may have * and ? in its name"
            raise PlacesError(f"{where}.{kind}: got '{who}', expected {expected}")
        name = _optional(entry, "place", where)
        place = places.get(name) if name is not None else default
        if place is None:
            known = ", ".join(sorted(places)) or "none, and there is no default"
            raise PlacesError(f"{where}.place: got {name!r}, expected one of the places: {known}")
        areas = {access: _areas(entry.get(access, []), f"{where}.{access}") for access in ("read", "write")}
        if not any(areas.values()):
            raise PlacesError(f"{where}: allows nothing, expected read or write with buckets")
        found.append(Grant(who, place, areas["read"], areas["write"]))
    return tuple(found)


def _areas(raw: Any, where: str) -> tuple[Area, ...]:
    if not isinstance(raw, list):
        raise PlacesError(f"{where}: got {raw!r:.80}, expected a list of buckets, with a folder or without")
    return tuple(_area(one, f"{where}[{index}]") for index, one in enumerate(raw))


def _area(raw: Any, where: str) -> Area:
    expected = "*, a bucket, or a bucket and a folder that ends with /, such as sensors/plant-a/"
    if not isinstance(raw, str):
        raise PlacesError(f"{where}: got {raw!r:.80}, expected {expected}")
    bucket, _, prefix = raw.partition("/")
    # Without its end a folder would be every other one, too, whose name begins like it.
    if (prefix and not prefix.endswith("/")) or (bucket == "*" and prefix):
        raise PlacesError(f"{where}: got '{raw}', expected {expected}")
    if bucket != "*":
        try:
            check_bucket(bucket)
        except StorageError as error:
            raise PlacesError(f"{where}: {error}") from error
    return Area(bucket, prefix)


def _table(raw: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise PlacesError(f"{where}: got {raw!r:.80}, expected a table of names and values")
    return raw


def _texts(raw: Any, where: str) -> Mapping[str, str]:
    table = _table(raw, where)
    return {name: _text(table, name, where) for name in table}


def _text(raw: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    found = raw.get(name, default)
    if not isinstance(found, str) or not found:
        raise PlacesError(f"{where}.{name}: got {found!r:.80}, expected a text")
    return found


def _optional(raw: Mapping[str, Any], name: str, where: str) -> str | None:
    return _text(raw, name, where) if name in raw else None


def _url(raw: Mapping[str, Any], name: str, where: str) -> str | None:
    found = _optional(raw, name, where)
    if found is not None and not re.fullmatch(r"https?://[^\s/?#]+/?", found):
        raise PlacesError(f"{where}.{name}: got '{found}', expected a URL such as https://s3.example.com:9000")
    return found


def _boolean(raw: Mapping[str, Any], name: str, where: str) -> bool:
    found = raw.get(name, False)
    if not isinstance(found, bool):
        raise PlacesError(f"{where}.{name}: got {found!r:.80}, expected true or false")
    return found


def _number(raw: Mapping[str, Any], name: str, where: str, default: float) -> float:
    found = raw.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 1 <= found <= 3600:
        raise PlacesError(f"{where}.{name}: got {found!r:.80}, expected a number of 1 to 3600")
    return found


def _no_others(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    if others := sorted(raw.keys() - known):
        raise PlacesError(f"{where}: got {others[0]}, expected only {', '.join(sorted(known))}")
