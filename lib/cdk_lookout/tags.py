"""Tags of a construct, as far as the service takes them."""

from __future__ import annotations

import re

import aws_cdk as cdk
import jsii
from constructs import IValidation

_KEY = re.compile(r"(?!aws:)[a-zA-Z+-=._:/]{1,128}")
_VALUE = re.compile(r"[\s\w+-=.:/@]{0,256}")
#: The provider's own tags on a resource; their keys begin with `cdk-lookout:`.
_OURS = "cdk-lookout:"
#: The service takes 50, and the provider may need 7 of them.
_MOST = 43


class ServiceTags:
    """The tags that reach the service, from `Tags.of()` on the construct and everything above it."""

    def __init__(self, construct: cdk.Resource, resource_type: str) -> None:
        """Collect the tags of *construct*; at synthesis, refuse those that the service would refuse."""
        self.manager = cdk.TagManager(cdk.TagType.KEY_VALUE, resource_type)
        construct.node.add_validation(_Validation(self.manager, resource_type))


@jsii.implements(IValidation)
class _Validation:
    def __init__(self, manager: cdk.TagManager, resource_type: str) -> None:
        self._manager = manager
        self._resource_type = resource_type

    def validate(self) -> list[str]:
        return problems(self._manager.tag_values(), self._resource_type)


def problems(tags: dict[str, str] | object, resource_type: str) -> list[str]:
    """What the service has against *tags*, with the way to keep a tag away from it."""
    assert isinstance(tags, dict)
    found = [
        f"{problem}; keep it away with Tags.of(construct).remove({key!r}), or where the tag is added with "
        f"exclude_resource_types=[{resource_type!r}]"
        for key, value in tags.items()
        for problem in _problem(key, value)
    ]
    if len(tags) > _MOST:
        found.append(f"tags: got {len(tags)}, expected at most {_MOST}: the service takes 50, some are the provider's")
    return found


def _problem(key: str, value: str) -> list[str]:
    if key.startswith(_OURS):
        return [f"tag key: got {key!r}, expected one that does not begin with {_OURS!r}"]
    if not cdk.Token.is_unresolved(key) and not _KEY.fullmatch(key):
        return [
            f"tag key: got {key!r}, expected 1 to 128 of the characters that the service takes: "
            "letters, digits and + , - . / : ; < = _ (no spaces), not beginning with 'aws:'"
        ]
    if not cdk.Token.is_unresolved(value) and not _VALUE.fullmatch(value):
        return [
            f"value of tag {key!r}: got {value!r}, expected at most 256 letters, digits, spaces and + - . / : = @ _"
        ]
    return []
