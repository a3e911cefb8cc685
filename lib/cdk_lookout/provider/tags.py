"""Tags of a construct, as far as the service takes them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import aws_cdk as cdk

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

    #: What has them, once it is made.
    resource: cdk.CfnResource

    def __init__(self, resource_type: str, characters: TagCharacters = EQUIPMENT) -> None:
        """Collect the tags of a construct."""
        self._resource_type = resource_type
        self._characters = characters

    @functools.cached_property
    def manager(self) -> cdk.TagManager:
        """Where they are collected; made when the first one comes, since most constructs have none."""
        manager = cdk.TagManager(cdk.TagType.KEY_VALUE, self._resource_type)
        self.resource.add_property_override("Tags", manager.rendered_tags)
        return manager

    @property
    def values(self) -> dict[str, str]:
        """What there is of them so far."""
        return dict(self.manager.tag_values()) if "manager" in vars(self) else {}

    def problems(self) -> list[str]:
        """What the service has against them."""
        return problems(self.values, self._resource_type, self._characters)


def problems(tags: dict[str, str], resource_type: str, characters: TagCharacters = EQUIPMENT) -> list[str]:
    """What the service has against *tags*, with the way to keep a tag away from it."""
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
