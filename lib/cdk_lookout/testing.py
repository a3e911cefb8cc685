"""For tests of your own stacks: templates that change only when what they say changes."""

from __future__ import annotations

import re
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions

_HASH = re.compile(r"[0-9a-f]{64}")
_BUCKET = re.compile(r"cdk-[a-z0-9]+-assets-(?:\$\{AWS::AccountId\}|[0-9]{12})-(?:\$\{AWS::Region\}|[a-z0-9-]+[0-9])")
_BOOTSTRAP = {"Parameters": "BootstrapVersion", "Rules": "CheckBootstrapVersion"}
#: The key of a dataset's schema is the digest of its content: the property itself, as far as a template shows it.
_SCHEMA = "DatasetSchemaObject"


def template(stack: cdk.Stack) -> dict[str, Any]:
    """The template of *stack*, without what changes from release to release and from machine to machine.

    Digests of assets (the code of the provider's function among them) and the name of the asset bucket are masked, and
    the check of the bootstrap version is left out. What remains changes when a property of a resource does.

    Synthesises the whole app that *stack* is in; nothing can be added to it afterwards.
    """
    found = dict(assertions.Template.from_stack(stack).to_json())
    for section, name in _BOOTSTRAP.items():
        found.get(section, {}).pop(name, None)
        if not found.get(section, True):
            del found[section]
    return {section: _mask(content) for section, content in found.items()}


def _mask(value: Any) -> Any:
    if isinstance(value, dict):
        return {_masked(key): item if key == _SCHEMA else _mask(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mask(item) for item in value]
    return _masked(value) if isinstance(value, str) else value


def _masked(text: str) -> str:
    return _BUCKET.sub("<asset bucket>", _HASH.sub("<asset hash>", text))
