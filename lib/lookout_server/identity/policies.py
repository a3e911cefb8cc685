"""Resource policies: reading them strictly, and deciding what they say about a caller."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lookout_files import documents
from lookout_server.protocol.errors import validation

Conditions = Mapping[str, Mapping[str, Sequence[str]]]

_POLICY_MEMBERS = {"Version", "Id", "Statement"}
_STATEMENT_MEMBERS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_VERSIONS = ("2012-10-17", "2008-10-17")
_PRINCIPAL = re.compile(r"\*|[0-9]{12}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:(root|(role|user|assumed-role)/\S+)")


class Verdict(Enum):
    """What a policy says about a request."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy whose resource is the thing that it is attached to."""

    effect: str
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    conditions: Conditions


def glob(pattern: str, value: str) -> bool:
    """Whether a value matches a pattern of `*` and `?`.

    What comes after a star is looked for as early as possible, and further on when the rest does not fit: a regular
    expression would try all combinations of many stars.
    """
    at = place = 0
    star, taken = -1, 0
    while place < len(value):
        if at < len(pattern) and pattern[at] == "*":
            star, taken = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", value[place]):
            at += 1
            place += 1
        elif star >= 0:
            taken += 1
            at, place = star + 1, taken
        else:
            return False
    return not pattern[at:].strip("*")


def _same_arn(pattern: str, value: str) -> bool:
    """ARNs are compared part by part; each part may hold `*` and `?`."""
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(given) and all(map(glob, wanted, given))


def _equal(wanted: str, given: str) -> bool:
    return wanted == given


def _equal_ignoring_case(wanted: str, given: str) -> bool:
    return wanted.lower() == given.lower()


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "Bool": _equal_ignoring_case,
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": glob,
    "ArnEquals": _same_arn,
    "ArnLike": _same_arn,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_IF_EXISTS = "IfExists"
#: The condition operators that can be evaluated.
OPERATORS = frozenset({name + suffix for name in [*_OPERATORS, *_NEGATED] for suffix in ("", _IF_EXISTS)} | {"Null"})


def parse(text: str, *, resource: str, actions: Collection[str]) -> list[Statement]:
    """The statements of a policy for one resource; raises a ValidationException that says what is wrong where.

    Only `actions` may be named and only `resource` itself: these policies grant nothing else across accounts (user
    guide, "Importing resources").
    """
    try:
        document = documents.parse(text)
    except documents.NotJson as error:
        raise validation(f"ResourcePolicy: not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise validation("ResourcePolicy: expected a JSON object")
    _no_others(document, _POLICY_MEMBERS, "ResourcePolicy")
    version = document.get("Version", _VERSIONS[1])
    if version not in _VERSIONS:
        raise validation(f"ResourcePolicy.Version: got '{version}', expected one of {', '.join(_VERSIONS)}")
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise validation("ResourcePolicy.Statement: expected at least one statement")
    return [
        _statement(raw, f"ResourcePolicy.Statement[{index}]", resource, actions) for index, raw in enumerate(statements)
    ]


def _statement(raw: Any, where: str, resource: str, actions: Collection[str]) -> Statement:
    if not isinstance(raw, dict):
        raise validation(f"{where}: expected a JSON object")
    _no_others(raw, _STATEMENT_MEMBERS, where)
    effect = raw.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise validation(f"{where}.Effect: got '{effect}', expected Allow or Deny")
    named = _strings(raw.get("Action"), f"{where}.Action")
    allowed = {action.lower() for action in actions}
    for action in named:
        if action.lower() not in allowed:
            raise validation(f"{where}.Action: got '{action}', expected {' or '.join(sorted(actions))}")
    for arn in _strings(raw.get("Resource"), f"{where}.Resource"):
        if arn != resource:
            raise validation(f"{where}.Resource: got '{arn}', expected the resource of the policy, '{resource}'")
    return Statement(
        effect=effect,
        principals=_principals(raw.get("Principal"), f"{where}.Principal"),
        actions=tuple(action.lower() for action in named),
        conditions=_conditions(raw.get("Condition", {}), f"{where}.Condition"),
    )


def _principals(raw: Any, where: str) -> tuple[str, ...]:
    if raw == "*":
        return ("*",)
    if not isinstance(raw, dict) or set(raw) != {"AWS"}:
        raise validation(f"{where}: expected '*' or an object with the member AWS")
    principals = _strings(raw["AWS"], f"{where}.AWS")
    for principal in principals:
        if not _PRINCIPAL.fullmatch(principal):
            raise validation(f"{where}.AWS: got '{principal}', expected '*', an account id or the ARN of a principal")
    return principals


def _conditions(raw: Any, where: str) -> Conditions:
    if not isinstance(raw, dict):
        raise validation(f"{where}: expected a JSON object")
    conditions: dict[str, dict[str, Sequence[str]]] = {}
    for operator, keys in raw.items():
        if operator not in OPERATORS:
            raise validation(f"{where}: the operator '{operator}' is not supported")
        if not isinstance(keys, dict) or not keys:
            raise validation(f"{where}.{operator}: expected condition keys with values")
        conditions[operator] = {
            key.lower(): _strings(value, f"{where}.{operator}.{key}") for key, value in keys.items()
        }
    return conditions


def _strings(raw: Any, where: str) -> tuple[str, ...]:
    values = raw if isinstance(raw, list) else [raw]
    texts = tuple(str(value).lower() if isinstance(value, bool) else value for value in values)
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise validation(f"{where}: expected a string or a list of strings")
    return texts


def _no_others(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    others = sorted(raw.keys() - known)
    if others:
        raise validation(f"{where}: got the member {others[0]}, expected only {', '.join(sorted(known))}")


def account_of(principal: str) -> str:
    """The account of a principal's ARN."""
    return principal.split(":")[4]


def evaluate(statements: Sequence[Statement], *, principal: str, action: str, context: Mapping[str, str]) -> Verdict:
    """What the statements say about an action of a principal; one Deny outweighs every Allow.

    Keys of the caller itself (aws:PrincipalArn, aws:PrincipalAccount, aws:SourceAccount) are filled in. A condition
    that cannot be evaluated lets an Allow not match, and a Deny match.
    """
    account = account_of(principal)
    keys = {key.lower(): value for key, value in context.items()}
    keys |= {"aws:principalarn": _role_of(principal) or principal}
    keys |= {"aws:principalaccount": account, "aws:sourceaccount": account}
    verdict = Verdict.SILENT
    for statement in statements:
        if action.lower() not in statement.actions or not _names(statement.principals, principal):
            continue
        holds = _hold(statement.conditions, keys)
        if statement.effect == "Deny" and holds is not False:
            return Verdict.DENY
        if statement.effect == "Allow" and holds is True:
            verdict = Verdict.ALLOW
    return verdict


def _role_of(principal: str) -> str | None:
    """The role behind the ARN of an assumed role session (which leaves out the role's path)."""
    parts = principal.split(":", 5)
    if parts[2] != "sts" or not parts[5].startswith("assumed-role/"):
        return None
    return f"{parts[0]}:{parts[1]}:iam::{parts[4]}:role/{parts[5].split('/')[1]}"


def _names(principals: Sequence[str], caller: str) -> bool:
    account = account_of(caller)
    role = _role_of(caller)
    for principal in principals:
        if principal in ("*", account, caller):
            return True
        if not principal.startswith("arn:") or account_of(principal) != account:
            continue
        resource = principal.split(":", 5)[5]
        if resource == "root":
            return True
        if role and resource.startswith("role/") and resource.rsplit("/", 1)[1] == role.rsplit("/", 1)[1]:
            return True
    return False


def _hold(conditions: Conditions, keys: Mapping[str, str]) -> bool | None:
    """Whether all conditions hold; None when one of them cannot be evaluated and no other fails."""
    results = [
        _holds(operator, key, wanted, keys)
        for operator, wanted_by_key in conditions.items()
        for key, wanted in wanted_by_key.items()
    ]
    if False in results:
        return False
    return None if None in results else True


def _holds(operator: str, key: str, wanted: Sequence[str], keys: Mapping[str, str]) -> bool | None:
    given = keys.get(key.lower())
    if operator == "Null":
        return str(given is None).lower() in [value.lower() for value in wanted]
    name = operator.removesuffix(_IF_EXISTS)
    if given is None and operator.endswith(_IF_EXISTS):
        return True
    if name in _NEGATED:
        compare = _OPERATORS[_NEGATED[name]]
        return given is None or not any(compare(value, given) for value in wanted)
    if name not in _OPERATORS:
        return None
    return given is not None and any(_OPERATORS[name](value, given) for value in wanted)
