"""Requests that are almost right: inputs of operations as the services' models have them, with a thing or two changed.

The same seed makes the same requests. What is in them refers to what `plant.Plant` has, so that they get far.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from tests.server.fuzz.plant import Plant

DEEP = 3_000


class Raw(str):
    """Text that stands in the body as it is."""


@dataclass(frozen=True)
class Odd:
    """A request, and what is odd about it."""

    service: str
    operation: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    oddities: tuple[str, ...]


NUMBERS: list[Any] = [
    *(Raw(text) for text in ("1e400", "-1e400", "NaN", "Infinity", "-Infinity", "1e-400", "-0", "1E+2", "9" * 400)),
    *(Raw("9" * 5_000), 2**31, 2**63, -(2**63) - 1, 10**30, 1e308, 5e-324, 0.1, 0, -1, True),
]
TIMES: list[Any] = [
    *(253402300799.9999, 253402300799, 253402300800, 253402128000, 253402128000.001, 32503680000000, 1e20, -1e20),
    *(-1, 0, -0.0005, 1e-7, -62135596800, -62135596801, -62135510400, -62135510401, 2**31, 2**63, True),
    *("2024-01-01T00:00:00Z", "9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"),
    *(Raw("1e400"), Raw("NaN"), Raw("9" * 400)),
]
TEXTS: list[Any] = [
    *("", " ", "\0", "a\0b", "a" * 300, "a" * 100_000, "\u2028", "é" * 50, "../../etc", "%00", "a\nb", "{}", "[", '"'),
    *(Raw('"\\ud800"'), Raw('"\\udc00\\ud800"'), Raw('"\\ud83d\\ude00"'), Raw('"a\\u0000"'), "*", "?" * 200, "*" * 900),
    *("P1Y", "P9Y99M999D", "PT9999H", "+14:00", "-12:00", "99:99", "latest", "1" * 11, "${jndi}", "\\", "a\\b < 1e400"),
]
DOCUMENTS: list[Callable[[], str]] = [
    lambda: "[" * DEEP + "]" * DEEP,
    lambda: '{"Statement":' * DEEP + "1" + "}" * DEEP,
    lambda: '{"Components":' + "[" * DEEP + "]" * DEEP + "}",
    lambda: '{"Components": 1e400}',
    lambda: '{"Version": NaN, "Statement": []}',
    lambda: '{"Statement": [], "Statement": []}',
    lambda: '{"Version": "2012-10-17", "Statement": [{"Effect": ["Allow"], "Principal": {"AWS": {"a": 1}}}]}',
    lambda: '{"Components": [{"ComponentName": "\\ud800", "Columns": [[], {}]}]}',
    lambda: '{"Components": [{"ComponentName": 7, "Columns": null}]}',
    lambda: "{'gpu-code': 1e400, [1]: 2}",
    lambda: "{[]: 1}",
    lambda: "(" * 100 + ")" * 100,
    lambda: "9" * 5_000,
    lambda: "null",
    lambda: "{}",
    lambda: "\0",
]


class Maker:
    """Makes odd requests of one random sequence."""

    def __init__(self, plant: Plant, seed: int) -> None:
        self._plant = plant
        self._random = random.Random(seed)
        self._made = 0
        self._service = ""

    def request(self, model: OperationModel) -> Odd:
        """One more request of an operation."""
        shape, value = model.input_shape, self._input(model)
        oddities: list[str] = []
        for _ in range(self._random.choice([0, 1, 1, 1, 2])):
            value = self._changed(value, shape, oddities)
        return self._sent(model, value, oddities)

    def request_with(self, model: OperationModel, path: tuple[str, ...], odd: Any) -> Odd:
        """A request of an operation with such a value as the member at a path."""
        value = self._input(model)
        at, shape = value, model.input_shape
        for name in path[:-1]:
            assert isinstance(shape, StructureShape)
            shape = shape.members[name]
            at = at.setdefault(name, self._value(shape, name))
        at[path[-1]] = odd
        return self._sent(model, value, [f"{'.'.join(path)}: {odd}"[:80]])

    def _input(self, model: OperationModel) -> Any:
        self._made += 1
        self._service = str(model.service_model.signing_name)
        return self._value(model.input_shape, "") if model.input_shape else {}

    def _value(self, shape: Shape, name: str) -> Any:
        """A value that the model allows, or nearly so."""
        chance = self._random
        if isinstance(shape, StructureShape):
            return {
                member: self._value(inner, member)
                for member, inner in shape.members.items()
                if member in shape.required_members or chance.random() < (0.05 if member == "NextToken" else 0.5)
            }
        if isinstance(shape, ListShape):
            return [self._value(shape.member, name) for _ in range(chance.randint(0, 2))]
        if name == "ClientToken":
            return f"token-{self._made}"
        known = self._plant.known(self._service, name)
        if known and chance.random() < 0.95:
            return chance.choice(known)
        if shape.metadata.get("enum"):
            return chance.choice(shape.metadata["enum"])
        kind = shape.type_name
        if kind in ("integer", "long", "float", "double"):
            return max(shape.metadata.get("min", 0), chance.randint(0, 5))
        if kind == "timestamp":
            day = chance.randint(1, 10) + 10 * ("End" in name)
            iso = shape.serialization.get("location") == "querystring"
            return f"2023-01-{day:02}T00:00:00Z" if iso else 1_672_531_200 + day * 86_400
        if kind == "boolean":
            return chance.random() < 0.5
        if kind == "blob":
            return chance.choice(self._plant.blobs)
        return "a" * max(1, shape.metadata.get("min", 1))

    def _changed(self, value: Any, shape: Shape | None, oddities: list[str]) -> Any:
        """The value with one member somewhere in it changed."""
        chance = self._random
        if isinstance(value, dict) and value and chance.random() < 0.9:
            name = chance.choice(sorted(value))
            inner = shape.members.get(name) if isinstance(shape, StructureShape) else None
            return {**value, name: self._changed(value[name], inner, oddities)}
        if isinstance(value, list) and value and chance.random() < 0.7:
            inner = shape.member if isinstance(shape, ListShape) else None
            return [self._changed(value[0], inner, oddities), *value[1:]]
        odd = self._odd(shape)
        oddities.append(f"{shape.name if shape else 'body'}: {str(odd)[:60]}")
        return odd

    def _odd(self, shape: Shape | None) -> Any:
        chance = self._random
        kind = shape.type_name if shape else ""
        fitting: list[Any] = {"timestamp": TIMES, "string": [*TEXTS, *(make() for make in DOCUMENTS)]}.get(
            kind, NUMBERS
        )
        anything = [
            None,
            [],
            {},
            [[[]]],
            {"a": {"a": None}},
            "x",
            Raw("[" * DEEP + "]" * DEEP),
            *NUMBERS,
            *TIMES,
            *TEXTS,
        ]
        return chance.choice(fitting if chance.random() < 0.7 else anything)

    def _sent(self, model: OperationModel, value: Any, oddities: list[str]) -> Odd:
        service = self._service
        if service == "lookoutequipment":
            target = f"{model.service_model.metadata['targetPrefix']}.{model.name}"
            headers = {"x-amz-target": target, "Content-Type": "application/x-amz-json-1.0"}
            return Odd(service, model.name, "POST", "/", headers, self._body(_json(value), oddities), tuple(oddities))
        return self._rest(model, value if isinstance(value, dict) else {}, oddities)

    def _rest(self, model: OperationModel, value: dict[str, Any], oddities: list[str]) -> Odd:
        members = model.input_shape.members if isinstance(model.input_shape, StructureShape) else {}
        path, query, headers, rest = str(model.http["requestUri"]), [], {}, {}
        payload: Any = None
        for name, item in value.items():
            place = members[name].serialization if name in members else {}
            wire = place.get("name", name)
            if place.get("location") == "uri":
                path = path.replace(f"{{{wire}}}", quote(_text(item)[:5_000], safe="%"))
            elif place.get("location") == "querystring":
                query += [(wire, _text(one)[:5_000]) for one in (item if isinstance(item, list) else [item])]
            elif place.get("location") == "header":
                headers[wire] = _text(item)[:5_000]
            elif model.input_shape is not None and model.input_shape.serialization.get("payload") == name:
                payload = item
            else:
                rest[name] = item
        body = payload if isinstance(payload, bytes) else self._body(_json(rest), oddities) if rest else b""
        address = f"{path}?{urlencode(query, quote_via=quote)}" if query else path
        return Odd(self._service, model.name, str(model.http["method"]), address, headers, body, tuple(oddities))

    def _body(self, text: str, oddities: list[str]) -> bytes:
        """The text as bytes, seldom with something that no JSON has."""
        chance = self._random
        body = text.encode("utf-8", "surrogatepass")
        if chance.random() < 0.9:
            return body
        name, change = chance.choice(_DAMAGES)
        oddities.append(name)
        return change(body)


_DAMAGES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("half of it", lambda body: body[: len(body) // 2]),
    ("twice", lambda body: body + body),
    ("not UTF-8", lambda body: body.replace(b"a", b"\xff\xfe")),
    ("half a character", lambda body: body.replace(b"a", b"\xed\xa0\x80")),
    ("UTF-16", lambda body: body.decode("utf-8", "replace").encode("utf-16")),
    ("a member twice", lambda body: body[:1] + b'"a": 1, "a": 2, ' + body[1:]),
    ("in lists", lambda body: b"[" * DEEP + body + b"]" * DEEP),
    ("a byte order mark", lambda body: b"\xef\xbb\xbf" + body),
    ("NUL", lambda body: body + b"\0"),
]


def _text(value: Any) -> str:
    """A value in a path, a query or a header."""
    if isinstance(value, Raw):
        return value.strip('"')
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _json(value: Any) -> str:
    """A value as JSON, raw texts as they are."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bytes):
        return json.dumps(base64.b64encode(value).decode())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value)
