"""Policies, of resources and of callers: reading them strictly, and deciding what they say about a request."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lookout_files import documents
from lookout_server.identity.conditions import OPERATORS, Conditions, hold, objection
from lookout_server.identity.patterns import Keys, glob, matches, problem, resolved
from lookout_server.protocol.errors import validation

__all__ = ["OPERATORS", "Malformed", "Statement", "Verdict", "decide", "evaluate", "glob", "parse", "parse_identity"]

#: The most characters of a policy of a caller.
LARGEST = 20_000
_POLICY_MEMBERS = {"Version", "Id", "Statement"}
_STATEMENT_MEMBERS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_IDENTITY_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_VERSIONS = ("2012-10-17", "2008-10-17")
_PRINCIPAL = re.compile(r"\*|[0-9]{12}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:(root|(role|user|assumed-role)/\S+)")
_ACTION = re.compile(r"\*|[a-z0-9-]+:[a-z0-9*?]+", re.ASCII | re.IGNORECASE)
_RESOURCE = re.compile(r"\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
# What a policy of a resource is asked with has no addresses, times or numbers.
_OF_RESOURCES = re.compile(r"(Bool|String\w+|Arn\w+|Null)")


class Malformed(ValueError):
    """A policy cannot be read; the message says what is wrong where."""


class Verdict(Enum):
    """What a policy says about a request."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy."""

    effect: str
    #: Whom it is about: everybody, in a policy of a caller.
    principals: tuple[str, ...]
    #: Patterns, in lower case.
    actions: tuple[str, ...]
    conditions: Conditions
    #: Patterns: everything, in a policy of a resource, which is about nothing else.
    resources: tuple[str, ...] = ("*",)
    #: Whether the actions, or resources, are those that it is not about.
    not_actions: bool = False
    not_resources: bool = False


def parse(text: str, *, resource: str, actions: Collection[str]) -> list[Statement]:
    """The statements of a policy for one resource; raises a ValidationException that says what is wrong where.

    Only `actions` may be named and only `resource` itself: these policies grant nothing else across accounts (user
    guide, "Importing resources").
    """
    try:
        return [_of_resource(raw, where, resource, actions) for raw, where in _statements(text, "ResourcePolicy")]
    except Malformed as error:
        raise validation(str(error)) from error


def parse_identity(text: str, *, where: str = "policy", known: Mapping[str, Collection[str]]) -> list[Statement]:
    """The statements of a policy of a caller; raises Malformed.

    `known` are services by their names in IAM, with all their actions: what names none of those is a mistake. Actions
    of other services are not looked at further.
    """
    if len(text) > LARGEST:
        raise Malformed(f"{where}: got {len(text)} characters, expected at most {LARGEST}")
    return [_of_caller(raw, place, known) for raw, place in _statements(text, where)]


def _statements(text: str, where: str) -> list[tuple[dict[str, Any], str]]:
    """The statements of a policy as they are written, and where each stands."""
    try:
        document = documents.parse(text)
    except documents.NotJson as error:
        raise Malformed(f"{where}: not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise Malformed(f"{where}: expected a JSON object")
    _no_others(document, _POLICY_MEMBERS, where)
    version = document.get("Version", _VERSIONS[1])
    if version not in _VERSIONS:
        raise Malformed(f"{where}.Version: got '{version}', expected one of {', '.join(_VERSIONS)}")
    if version != _VERSIONS[0] and "${" in text:
        raise Malformed(f"{where}.Version: got '{version}', expected {_VERSIONS[0]}, because there are variables in it")
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise Malformed(f"{where}.Statement: expected at least one statement")
    found = []
    for index, raw in enumerate(statements):
        place = f"{where}.Statement[{index}]"
        if not isinstance(raw, dict):
            raise Malformed(f"{place}: expected a JSON object")
        found.append((raw, place))
    return found


def _of_resource(raw: Mapping[str, Any], where: str, resource: str, actions: Collection[str]) -> Statement:
    _no_others(raw, _STATEMENT_MEMBERS, where)
    effect = _effect(raw, where)
    named = _strings(raw.get("Action"), f"{where}.Action")
    allowed = {action.lower() for action in actions}
    for action in named:
        if action.lower() not in allowed:
            raise Malformed(f"{where}.Action: got '{action}', expected {' or '.join(sorted(actions))}")
    for arn in _strings(raw.get("Resource"), f"{where}.Resource"):
        if arn != resource:
            raise Malformed(f"{where}.Resource: got '{arn}', expected the resource of the policy, '{resource}'")
    principals = _principals(raw.get("Principal"), f"{where}.Principal")
    conditions = _conditions(raw.get("Condition", {}), f"{where}.Condition", _OF_RESOURCES)
    return Statement(effect, principals, tuple(action.lower() for action in named), conditions)


def _of_caller(raw: Mapping[str, Any], where: str, known: Mapping[str, Collection[str]]) -> Statement:
    for name in ("Principal", "NotPrincipal"):
        if name in raw:
            raise Malformed(f"{where}: got the member {name}, expected none: this policy is about the key that has it")
    _no_others(raw, _IDENTITY_MEMBERS, where)
    effect = _effect(raw, where)
    actions, not_actions = _one_of(raw, "Action", where)
    resources, not_resources = _one_of(raw, "Resource", where)
    for action in actions:
        _check_action(action, f"{where}.{'Not' if not_actions else ''}Action", known)
    for resource in resources:
        place = f"{where}.{'Not' if not_resources else ''}Resource"
        if not _RESOURCE.fullmatch(resource):
            raise Malformed(f"{place}: got '{resource}', expected * or an ARN, which may have * and ? in it")
        if wrong := problem(resource):
            raise Malformed(f"{place}: {wrong}")
    conditions = _conditions(raw.get("Condition", {}), f"{where}.Condition")
    lowered = tuple(action.lower() for action in actions)
    return Statement(effect, ("*",), lowered, conditions, resources, not_actions, not_resources)


def _one_of(raw: Mapping[str, Any], name: str, where: str) -> tuple[tuple[str, ...], bool]:
    """What stands under a name, or under Not and this name; and whether it is the latter."""
    negated = f"Not{name}"
    if (name in raw) == (negated in raw):
        raise Malformed(f"{where}: got {'both' if name in raw else 'neither'}, expected either {name} or {negated}")
    found = name if name in raw else negated
    return _strings(raw[found], f"{where}.{found}"), found == negated


def _check_action(action: str, where: str, known: Mapping[str, Collection[str]]) -> None:
    if not _ACTION.fullmatch(action):
        raise Malformed(f"{where}: got '{action}', expected * or a service and an action, such as lookoutvision:List*")
    service, _, name = action.partition(":")
    actions = known.get(service.lower())
    if actions is None or any(glob(name.lower(), one.lower()) for one in actions):
        return
    close = difflib.get_close_matches(name, actions, 1)
    hint = f", such as {service}:{close[0]}" if close else ""
    raise Malformed(f"{where}: got '{action}', expected an action that {service} has{hint}")


def _effect(raw: Mapping[str, Any], where: str) -> str:
    effect = raw.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise Malformed(f"{where}.Effect: got '{effect}', expected Allow or Deny")
    return str(effect)


def _principals(raw: Any, where: str) -> tuple[str, ...]:
    if raw == "*":
        return ("*",)
    if not isinstance(raw, dict) or set(raw) != {"AWS"}:
        raise Malformed(f"{where}: expected '*' or an object with the member AWS")
    principals = _strings(raw["AWS"], f"{where}.AWS")
    for principal in principals:
        if not _PRINCIPAL.fullmatch(principal):
            raise Malformed(f"{where}.AWS: got '{principal}', expected '*', an account id or the ARN of a principal")
    return principals


def _conditions(raw: Any, where: str, operators: re.Pattern[str] | None = None) -> Conditions:
    if not isinstance(raw, dict):
        raise Malformed(f"{where}: expected a JSON object")
    conditions: dict[str, dict[str, Sequence[str]]] = {}
    for operator, keys in raw.items():
        if operator not in OPERATORS or (operators and not operators.fullmatch(operator)):
            raise Malformed(f"{where}: the operator '{operator}' is not supported")
        if not isinstance(keys, dict) or not keys:
            raise Malformed(f"{where}.{operator}: expected condition keys with values")
        conditions[operator] = {}
        for key, value in keys.items():
            values = _strings(_numbers_as_text(value), f"{where}.{operator}.{key}")
            for one in values:
                if wrong := objection(operator, one):
                    raise Malformed(f"{where}.{operator}.{key}: {wrong}")
            if key.lower() in conditions[operator]:
                raise Malformed(f"{where}.{operator}: got the key {key} twice, expected it once")
            conditions[operator][key.lower()] = values
    return conditions


def _numbers_as_text(raw: Any) -> Any:
    if isinstance(raw, list):
        return [_numbers_as_text(value) for value in raw]
    return str(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else raw


def _strings(raw: Any, where: str) -> tuple[str, ...]:
    values = raw if isinstance(raw, list) else [raw]
    texts = tuple(str(value).lower() if isinstance(value, bool) else value for value in values)
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise Malformed(f"{where}: expected a string or a list of strings")
    return texts


def _no_others(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    others = sorted(raw.keys() - known)
    if others:
        raise Malformed(f"{where}: got the member {others[0]}, expected only {', '.join(sorted(known))}")


def account_of(principal: str) -> str:
    """The account of a principal's ARN."""
    return principal.split(":")[4]


def evaluate(statements: Sequence[Statement], *, principal: str, action: str, context: Keys) -> Verdict:
    """What the policy of a resource says about an action of a principal; one Deny outweighs every Allow.

    Keys of the caller itself (aws:PrincipalArn, aws:PrincipalAccount, aws:SourceAccount) are filled in.
    """
    account = account_of(principal)
    keys = {key.lower(): value for key, value in context.items()}
    keys |= {"aws:principalarn": _role_of(principal) or principal}
    keys |= {"aws:principalaccount": account, "aws:sourceaccount": account}
    return decide(statements, principal=principal, action=action, resource="*", keys=keys)


def decide(statements: Sequence[Statement], *, principal: str, action: str, resource: str, keys: Keys) -> Verdict:
    """What statements say about an action of a principal on a resource, with the keys of the request in lower case.

    One Deny outweighs every Allow. A condition that cannot be evaluated lets an Allow not match, and a Deny match.
    """
    verdict = Verdict.SILENT
    wanted = action.lower()
    for statement in statements:
        if not _is_about(statement, wanted, resource, keys) or not _names(statement.principals, principal):
            continue
        holds = hold(statement.conditions, keys)
        if statement.effect == "Deny" and holds is not False:
            return Verdict.DENY
        if statement.effect == "Allow" and holds is True:
            verdict = Verdict.ALLOW
    return verdict


def _is_about(statement: Statement, action: str, resource: str, keys: Keys) -> bool:
    if any(glob(pattern, action) for pattern in statement.actions) is statement.not_actions:
        return False
    return any(_covers(pattern, resource, keys) for pattern in statement.resources) is not statement.not_resources


def _covers(pattern: str, resource: str, keys: Keys) -> bool:
    if pattern == "*":
        return True
    found = resolved(pattern, keys, wild=True)
    return found is not None and matches(found, resource)


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
