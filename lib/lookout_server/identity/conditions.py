"""The conditions of policies: IAM's operators, read strictly and evaluated against the keys of a request."""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

from lookout_server.identity.patterns import Keys, Pattern, matches, problem, resolved

#: Operator -> key, in lower case -> the values of which one is wanted.
Conditions: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]

_IF_EXISTS = "IfExists"
_SETS = ("ForAnyValue:", "ForAllValues:")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)


#: Whether what is wanted is given; raises ValueError when what is given is nothing of the kind.
_Compare: TypeAlias = Callable[[Pattern, str], bool]


def _text(wanted: Pattern) -> str:
    return wanted if isinstance(wanted, str) else "".join(map(str, wanted))


def _equal(wanted: Pattern, given: str) -> bool:
    return _text(wanted) == given


def _equal_ignoring_case(wanted: Pattern, given: str) -> bool:
    return _text(wanted).lower() == given.lower()


def _same_arn(wanted: Pattern, given: str) -> bool:
    """ARNs are compared part by part; each part may hold `*` and `?`."""
    parts, start = [], 0
    colons = [at for at, part in enumerate(wanted) if part == ":"][:5]
    for colon in colons:
        parts.append(wanted[start:colon])
        start = colon + 1
    parts.append(wanted[start:])
    values = given.split(":", 5)
    return len(parts) == len(values) and all(map(matches, parts, values))


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("expected a number")
    return Decimal(text)


def _time(text: str) -> datetime:
    """A time as ISO 8601 or as the seconds since 1970; UTC unless it says otherwise."""
    try:
        if _SECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError("expected a time, such as 2026-10-07T00:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError("expected an address or a network, such as 203.0.113.0/24") from None


def _in_network(wanted: Pattern, given: str) -> bool:
    address = ip_address(given)
    return (getattr(address, "ipv4_mapped", None) or address) in _network(_text(wanted))


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("expected true or false")
    return text.lower() == "true"


def _binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("expected base64") from None


def _by(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> _Compare:
    return lambda wanted, given: compare(read(given), read(_text(wanted)))


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_OPERATORS: dict[str, _Compare] = {
    "ArnEquals": _same_arn,
    "ArnLike": _same_arn,
    "BinaryEquals": _by(_binary, operator.eq),
    "Bool": _equal_ignoring_case,
    "IpAddress": _in_network,
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": matches,
    **{f"Date{order}": _by(_time, compare) for order, compare in _ORDER.items()},
    **{f"Numeric{order}": _by(_number, compare) for order, compare in _ORDER.items()},
}
_NEGATED = {
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
}
# Those that know `*` and `?`.
_WILD = frozenset({"StringLike", "ArnEquals", "ArnLike"})
# Those whose values can be right or wrong by themselves, by the beginnings of their names.
_READERS: dict[str, Callable[[str], Any]] = {
    "Binary": _binary,
    "Bool": _boolean,
    "Date": _time,
    "IpAddress": _network,
    "Null": _boolean,
    "Numeric": _number,
}
_NAMES = [name + suffix for name in [*_OPERATORS, *_NEGATED] for suffix in ("", _IF_EXISTS)]
#: The operators that can be evaluated.
OPERATORS = frozenset({prefix + name for name in _NAMES for prefix in ("", *_SETS)} | {"Null"})


def objection(operator: str, value: str) -> str:
    """What is wrong with a value that a condition names, as far as it can be told beforehand; '' when nothing is."""
    _, name, _ = _parts(operator)
    positive = _NEGATED.get(name, name)
    reader = next((read for beginning, read in _READERS.items() if positive.startswith(beginning)), None)
    if reader is None:
        return problem(value)
    try:
        reader(value)
    except ValueError as error:
        return f"got '{value}', {error}"
    return ""


def hold(conditions: Conditions, keys: Keys) -> bool | None:
    """Whether all conditions hold; None when one of them cannot be evaluated and no other fails."""
    results = [
        _holds(operator, key, wanted, keys)
        for operator, wanted_by_key in conditions.items()
        for key, wanted in wanted_by_key.items()
    ]
    if False in results:
        return False
    return None if None in results else True


def _holds(operator: str, key: str, wanted: Sequence[str], keys: Keys) -> bool | None:
    found = keys.get(key.lower(), ())
    given = [found] if isinstance(found, str) else list(found)
    if operator == "Null":
        return str(not given).lower() in [value.lower() for value in wanted]
    of, name, if_exists = _parts(operator)
    if _NEGATED.get(name, name) not in _OPERATORS:
        return None
    if not given:
        # For all of none it holds, for any of none it does not.
        return if_exists or (of == "ForAllValues:" if of else name in _NEGATED)
    results = [_is_wanted(name, wanted, value, keys) for value in given]
    # Without a set operator a key with several values is wanted if one is, and unwanted if none is.
    if of == "ForAllValues:" or (not of and name in _NEGATED):
        return _all(results)
    return _any(results)


def _is_wanted(name: str, wanted: Sequence[str], given: str, keys: Keys) -> bool | None:
    """Whether a value is one of those wanted, or none of the unwanted; None when it cannot be told."""
    positive = _NEGATED.get(name, name)
    results = [_compare(positive, value, given, keys) for value in wanted]
    found = _any(results)
    return found if found is None or name == positive else not found


def _compare(name: str, wanted: str, given: str, keys: Keys) -> bool | None:
    pattern = resolved(wanted, keys, wild=name in _WILD)
    if pattern is None:
        return False
    try:
        return _OPERATORS[name](pattern, given)
    except (ValueError, InvalidOperation):
        return None


def _any(results: Sequence[bool | None]) -> bool | None:
    if True in results:
        return True
    return None if None in results else False


def _all(results: Sequence[bool | None]) -> bool | None:
    if False in results:
        return False
    return None if None in results else True


def _parts(operator: str) -> tuple[str, str, bool]:
    """The set operator, the operator, and whether a missing key is as good as a wanted one."""
    of = next((prefix for prefix in _SETS if operator.startswith(prefix)), "")
    name = operator.removeprefix(of)
    return of, name.removesuffix(_IF_EXISTS), name.endswith(_IF_EXISTS)
