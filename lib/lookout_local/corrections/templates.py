"""The text of a template.

AWS: takes no aliases of YAML, no levels and loops without end, and no conditions that depend on themselves.
MiniStack: takes them all, and is busy with a few hundred bytes for minutes, or for ever, while nobody else is served.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

from ministack.services.cloudformation import engine, language_extensions

from lookout_files import documents
from lookout_local.corrections.conditions import asked
from lookout_local.corrections.replacing import replace

_parse_template = engine._parse_template
_yaml = engine.yaml
_compose_node = _yaml.SafeLoader.compose_node
_collection = language_extensions._collection
# A template has 500 resources at most; loops are in their properties as well.
_MOST_ROUNDS = 5000


def install() -> None:
    """Replace what reads templates, and how all YAML is read in this process."""
    _yaml.SafeLoader.compose_node = compose_node
    replace(engine._parse_template, parse_template)
    language_extensions._collection = collection


def parse_template(text: str) -> dict[str, Any]:
    """The template in a text; raises ValueError."""
    template: dict[str, Any] = _parse_template(text)
    documents.check_depth(template)
    _check_conditions(template.get("Conditions"))
    return template


def compose_node(loader: Any, parent: Any, index: Any) -> Any:
    """The next part of a document; raises ValueError before it is too deep."""
    if loader.check_event(_yaml.AliasEvent):
        raise ValueError("YAML aliases are not allowed in CloudFormation templates")
    loader.levels = getattr(loader, "levels", 0) + 1
    if loader.levels > documents.DEEPEST + 1:
        raise ValueError(documents.DEEP)
    node = _compose_node(loader, parent, index)
    loader.levels -= 1
    return node


def collection(items: Any, key: str, bindings: dict[str, str], context: Any) -> list[str]:
    """What a loop goes through; raises LanguageExtensionsError when all loops of a template go on for too long."""
    found: list[str] = _collection(items, key, bindings, context)
    context.rounds = getattr(context, "rounds", 0) + len(found)
    if context.rounds > _MOST_ROUNDS:
        language_extensions._fail(f"{key}: got more than {_MOST_ROUNDS} rounds of all loops together")
    return found


def _check_conditions(conditions: Any) -> None:
    if not isinstance(conditions, dict):
        return
    try:
        TopologicalSorter({name: set(asked(body)) for name, body in conditions.items()}).prepare()
    except CycleError as error:
        raise ValueError(f"conditions that depend on themselves: {', '.join(sorted(set(error.args[1])))}") from None
