"""Conditions of templates.

AWS: compares values that are put together by any function that a condition may have, and of pseudo parameters.
MiniStack: knows Ref of parameters and Fn::Select there; what else is compared equals nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

_MODULES = (engine, stacks, handlers, changesets, provisioners)


def install() -> None:
    """Replace the evaluation in every module that has it."""
    for module in _MODULES:
        if hasattr(module, "_evaluate_conditions"):
            module._evaluate_conditions = evaluate


def evaluate(template: dict[str, Any], params: dict[str, Any]) -> dict[str, bool]:
    """Which conditions of a template hold with these parameters."""
    definitions = template.get("Conditions") or {}
    known: dict[str, bool] = {}

    def holds(name: str) -> bool:
        if name not in known:
            known[name] = truth(definitions[name])
        return known[name]

    def truth(expression: Any) -> bool:
        match expression:
            case {"Fn::Equals": [left, right]}:
                return text(left) == text(right)
            case {"Fn::And": parts}:
                return all(truth(part) for part in parts)
            case {"Fn::Or": parts}:
                return any(truth(part) for part in parts)
            case {"Fn::Not": [part]}:
                return not truth(part)
            case {"Condition": name}:
                return holds(name)
        return text(expression).lower() == "true"

    def text(value: Any) -> str:
        for name in asked(value):
            holds(name)
        mappings = template.get("Mappings", {})
        resolved = engine._resolve_refs(copy.deepcopy(value), {}, params, known, mappings, "", "")
        return str(resolved).lower() if isinstance(resolved, bool) else str(resolved)

    for name in definitions:
        holds(name)
    return known


def asked(value: Any) -> Iterator[str]:
    """The names of the conditions that a value or another condition depends on."""
    if isinstance(value, dict):
        if isinstance(choice := value.get("Fn::If"), list):
            yield from (name for name in choice[:1] if isinstance(name, str))
        if isinstance(name := value.get("Condition"), str):
            yield name
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from asked(part)
