"""The evaluation of policies a second time: slow, and as plainly as the user guide of IAM has it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from ipaddress import ip_address, ip_network
from typing import Any

Keys = Mapping[str, str | list[str]]

#: What no regular expression and no text of ours has.
_MARKS = {"${*}": "\ue000", "${?}": "\ue001", "${$}": "\ue002"}


def fill(text: str, keys: Keys) -> str | None:
    """The text with its variables replaced, what came out of them being marked as no wildcard; None without a value."""
    for written, mark in _MARKS.items():
        text = text.replace(written, mark)
    while found := re.search(r"\$\{([^,}]*)(?:, *'([^']*)')?\}", text):
        value = keys.get(found[1].lower(), found[2])
        if not isinstance(value, str):
            return None
        value = value.replace("*", "\ue000").replace("?", "\ue001").replace("$", "\ue002")
        text = text[: found.start()] + value + text[found.end() :]
    return text


def plain(text: str) -> str:
    return text.replace("\ue000", "*").replace("\ue001", "?").replace("\ue002", "$")


def like(pattern: str, value: str) -> bool:
    expression = "".join(
        ".*" if character == "*" else "." if character == "?" else re.escape(plain(character)) for character in pattern
    )
    return re.fullmatch(expression, value, re.DOTALL) is not None


def like_arn(pattern: str, value: str) -> bool:
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(given) and all(like(one, other) for one, other in zip(wanted, given, strict=True))


def number(text: str) -> Fraction:
    return Fraction(text)


def moment(text: str) -> float:
    if text.isdigit():
        return float(text)
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def one_matches(operator: str, wanted: str, given: str) -> bool:
    """Whether one value is the one that is wanted, for an operator that is not negated."""
    if operator == "StringEquals":
        return plain(wanted) == given
    if operator == "StringEqualsIgnoreCase":
        return plain(wanted).lower() == given.lower()
    if operator == "StringLike":
        return like(wanted, given)
    if operator in ("ArnEquals", "ArnLike"):
        return like_arn(wanted, given)
    if operator == "Bool":
        return wanted.lower() == given.lower()
    if operator == "IpAddress":
        return ip_address(given) in ip_network(wanted, strict=False)
    read = number if operator.startswith("Numeric") else moment
    left, right = read(given), read(wanted)
    kind = operator.removeprefix("Numeric").removeprefix("Date")
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }[kind]


def holds(operator: str, key: str, values: str | list[str], keys: Keys) -> bool:
    wanted = [values] if isinstance(values, str) else values
    found = keys.get(key.lower(), [])
    given = [found] if isinstance(found, str) else found
    if operator == "Null":
        return (not given) == (wanted[0].lower() == "true")
    of, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = "Not" in name
    name = name.replace("Not", "")
    if not given:
        return if_exists or of == "ForAllValues" or (negated and not of)

    def is_met(value: str) -> bool:
        filled = [fill(one, keys) for one in wanted]
        return any(one_matches(name, one, value) for one in filled if one is not None) is not negated

    met = [is_met(value) for value in given]
    if of == "ForAllValues" or (not of and negated):
        return all(met)
    return any(met)


def about(statement: Mapping[str, Any], name: str, value: str, keys: Keys) -> bool:
    patterns = [fill(one, keys) for one in statement.get(name, statement.get(f"Not{name}"))]
    met = any(like(one, value) for one in patterns if one is not None)
    return met if name in statement else not met


def decide(policy: str, action: str, resource: str, keys: Keys) -> str:
    """allow, deny or silent."""
    effects = set()
    for statement in json.loads(policy)["Statement"]:
        lowered = {
            name: [one.lower() for one in value] if name in ("Action", "NotAction") else value
            for name, value in statement.items()
        }
        if (
            about(lowered, "Action", action.lower(), keys)
            and about(lowered, "Resource", resource, keys)
            and all(
                holds(operator, key, wanted, keys)
                for operator, conditions in statement.get("Condition", {}).items()
                for key, wanted in conditions.items()
            )
        ):
            effects.add(statement["Effect"])
    return "deny" if "Deny" in effects else "allow" if "Allow" in effects else "silent"
