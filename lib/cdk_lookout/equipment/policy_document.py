"""What a resource policy of Lookout for Equipment may say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

#: Characters that the service takes.
LONGEST = 20_000
_OWN_ACCOUNT = "${AWS::AccountId}"
#: Conditions that make a statement for everybody one for somebody.
_LIMITS = ("aws:principal", "aws:source")


def problems(document: Mapping[str, Any], *, arn: Any, action: str, account: str | None) -> list[str]:
    """What the service would refuse in *document*, as CDK resolved it.

    :param arn: the ARN of the policy's resource, resolved likewise.
    :param action: the one action that can be granted on it.
    :param account: the account of the resource, when it is known.
    """
    statements = document.get("Statement") or []
    if not statements:
        return ["policy document: got no statement, expected at least one"]
    found = [
        f"statement {number} of the policy document: {problem}"
        for number, statement in enumerate(statements, start=1)
        for problem in _problems(statement, arn, action, account)
    ]
    if (length := len(_measurable(document))) > LONGEST:
        found.append(f"policy document: got {length} characters, expected at most {LONGEST}")
    return found


def _problems(statement: Mapping[str, Any], arn: Any, action: str, account: str | None) -> Iterator[str]:
    actions = _listed(statement.get("Action"))
    if not actions or any(str(item).lower() != action.lower() for item in actions):
        yield f"got {_got(statement, 'Action')}, expected {action}: nothing else can be granted to other accounts"
    resources = _listed(statement.get("Resource"))
    if not resources or any(item != arn for item in resources):
        yield f"got {_got(statement, 'Resource')}, expected the resource itself, {flat(arn)}"
    principal = statement.get("Principal")
    if principal == "*":
        principal = {"AWS": "*"}
    if not isinstance(principal, Mapping) or set(principal) != {"AWS"}:
        yield f"got {_got(statement, 'Principal')}, expected principals of other accounts ('AWS')"
        return
    for item in _listed(principal["AWS"]):
        if problem := _principal_problem(item, statement, account):
            yield problem


def _principal_problem(principal: Any, statement: Mapping[str, Any], account: str | None) -> str | None:
    text = flat(principal)
    if text == "*":
        limited = any(
            key.lower().startswith(_LIMITS)
            for condition in (statement.get("Condition") or {}).values()
            for key in condition
        )
        if statement.get("Effect") == "Deny" or limited:
            return None
        return (
            "got principal '*', expected accounts, or a condition such as aws:PrincipalOrgID that says whose they are"
        )
    theirs = _account_of(principal, text)
    if theirs is not None and theirs in (_OWN_ACCOUNT, account):
        return (
            f"got principal {text!r} of the resource's own account, expected other accounts: "
            "within an account importing takes no resource policy"
        )
    return None


def _account_of(principal: Any, text: str) -> str | None:
    """The account of a principal; what another resource of the stack is, is of the stack's account."""
    if isinstance(principal, Mapping) and "Fn::GetAtt" in principal:
        return _OWN_ACCOUNT
    if re.fullmatch(r"[0-9]{12}", text) or text == _OWN_ACCOUNT:
        return text
    parts = re.fullmatch(r"arn:[^:]+(?:::[^:}]+})?:(?:iam|sts)::(\$\{AWS::AccountId\}|[0-9]{12}):.+", text)
    return parts[1] if parts else None


def flat(value: Any) -> str:
    """*value* as one text, intrinsic functions as `${...}`."""
    match value:
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [*path]}:
            return f"${{{'.'.join(str(part) for part in path)}}}"
        case {"Fn::Join": [delimiter, [*parts]]}:
            return str(delimiter).join(flat(part) for part in parts)
        case str():
            return value
    return f"${{{json.dumps(value)}}}"


def _measurable(value: Any) -> str:
    """The shortest JSON text of *value*; what is only known at deployment counts for nothing."""
    return re.sub(r"\$\{[^}]*\}", "", json.dumps(_flattened(value), separators=(",", ":")))


def _flattened(value: Any) -> Any:
    if isinstance(value, Mapping):
        if len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
            return flat(value)
        return {key: _flattened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_flattened(item) for item in value]
    return value


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _got(statement: Mapping[str, Any], key: str) -> str:
    """What *statement* says there, or instead."""
    for spelled in (key, f"Not{key}"):
        if spelled in statement:
            return f"{spelled} {json.dumps(_flattened(statement[spelled]))}"
    return f"no {key}"
