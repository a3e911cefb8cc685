"""Tags of a construct, as far as the service takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import aws_cdk as cdk
import jsii
from constructs import IValidation

#: The provider's own tags on a resource; their keys begin with `cdk-lookout:`.
_OURS = "cdk-lookout:"
#: The service takes 50, and the provider may need 8 of them.
MOST = 42


@dataclass(frozen=True)
class TagCharacters:
    """What a service takes in tags, as patterns and in words."""

    key: str
    key_in_words: str
    value: str
    value_in_words: str


EQUIPMENT = TagCharacters(
    r"[a-zA-Z+-=._:/]{1,128}",
    "letters (A to Z), digits and + , - . / : ; < = _ (no spaces)",
    r"(?a:[\s\w+-=.:/@]{0,256})",
    "letters (A to Z), digits, spaces and + , - . / : ; < = @ _",
)
VISION = TagCharacters(
    r"[\w +\-=._:/@]{1,128}",
    "letters, digits, spaces and + - . / : = @ _",
    r"[\w +\-=._:/@]{0,256}",
    "letters, digits, spaces and + - . / : = @ _",
)


class ServiceTags:
    """The tags that reach the service, from `Tags.of()` on the construct and everything above it."""

    def __init__(self, construct: cdk.Resource, resource_type: str, characters: TagCharacters = EQUIPMENT) -> None:
        """Collect the tags of *construct*; at synthesis, refuse those that the service would refuse."""
        self.manager = cdk.TagManager(cdk.TagType.KEY_VALUE, resource_type)
        construct.node.add_validation(_Validation(self.manager, resource_type, characters))


@jsii.implements(IValidation)
class _Validation:
    def __init__(self, manager: cdk.TagManager, resource_type: str, characters: TagCharacters) -> None:
        self._manager = manager
        self._resource_type = resource_type
        self._characters = characters

    def validate(self) -> list[str]:
        return problems(self._manager.tag_values(), self._resource_type, self._characters)


def problems(tags: dict[str, str] | object, resource_type: str, characters: TagCharacters = EQUIPMENT) -> list[str]:
    """What the service has against *tags*, with the way to keep a tag away from it."""
    assert isinstance(tags, dict)
    found = [
        f"{problem}; keep it away with Tags.of(construct).remove({key!r}), or where the tag is added with "
        f"exclude_resource_types=[{resource_type!r}]"
        for key, value in tags.items()
        for problem in _problem(key, value, characters)
    ]
    if len(tags) > MOST:
        found.append(f"tags: got {len(tags)}, expected at most {MOST}: the service takes 50, some are the provider's")
    return found


def _problem(key: str, value: str, characters: TagCharacters) -> list[str]:
    if key.startswith(_OURS):
        return [f"tag key: got {key!r}, expected one that does not begin with {_OURS!r}"]
    if not cdk.Token.is_unresolved(key) and not re.fullmatch(f"(?!aws:){characters.key}", key):
        return [
            f"tag key: got {key!r}, expected 1 to 128 of the characters that the service takes: "
            f"{characters.key_in_words}, not beginning with 'aws:'"
        ]
    if not cdk.Token.is_unresolved(value) and not re.fullmatch(characters.value, value):
        return [f"value of tag {key!r}: got {value!r}, expected at most 256 {characters.value_in_words}"]
    return []
