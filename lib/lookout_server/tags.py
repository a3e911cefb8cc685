"""The tags of the resources of one account in one Region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lookout_server.entities.session import NAMES, Collection, Entity, Home
from lookout_server.protocol.errors import quota_exceeded, validation

TagList = Sequence[Mapping[str, str]]


def as_dict(tags: TagList) -> dict[str, str]:
    """A list of {Key, Value} as a dictionary; raises a ValidationException for a key that occurs twice."""
    found: dict[str, str] = {}
    for tag in tags:
        if tag["Key"] in found:
            raise validation(f"Tags: the key '{tag['Key']}' occurs more than once")
        found[tag["Key"]] = tag["Value"]
    return found


@dataclass
class TagSet(Entity):
    """The tags of one resource."""

    tags: dict[str, str] = field(default_factory=dict)


class Tags:
    """Tags by resource ARN."""

    def __init__(self, home: Home) -> None:
        self._sets = Collection(home, "tags", TagSet, NAMES)

    def of(self, arn: str) -> dict[str, str]:
        """A copy of the tags of a resource; empty when it has none."""
        found = self._sets.get(arn)
        return dict(found.tags) if found else {}

    def listed(self, arn: str) -> list[dict[str, str]]:
        """The tags of a resource as the API lists them."""
        return [{"Key": key, "Value": value} for key, value in sorted(self.of(arn).items())]

    def check(self, arn: str, tags: TagList, limit: int) -> None:
        """Raise ServiceQuotaExceededException when a resource would have too many tags with these."""
        count = len(self.of(arn).keys() | as_dict(tags).keys())
        if count > limit:
            raise quota_exceeded(f"Tags per resource: {arn} would have {count}, the quota is {limit}")

    def add(self, arn: str, tags: TagList, limit: int) -> None:
        """Set tags on a resource, beside those that it has."""
        self.check(arn, tags, limit)
        if tags:
            self._sets[arn] = TagSet({**self.of(arn), **as_dict(tags)})

    def remove(self, arn: str, keys: Sequence[str]) -> None:
        """Take tags off a resource; keys that it does not have are ignored."""
        if arn in self._sets:
            self._sets[arn] = TagSet({key: value for key, value in self.of(arn).items() if key not in keys})

    def drop(self, arn: str) -> None:
        """Forget a resource."""
        self._sets.pop(arn)
