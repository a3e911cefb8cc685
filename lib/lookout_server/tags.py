"""The tags of the resources of one account in one Region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


class Tags:
    """Tags by resource ARN."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def of(self, arn: str) -> dict[str, str]:
        """A copy of the tags of a resource; empty when it has none."""
        return dict(self._tags.get(arn, {}))

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
            self._tags.setdefault(arn, {}).update(as_dict(tags))

    def remove(self, arn: str, keys: Sequence[str]) -> None:
        """Take tags off a resource; keys that it does not have are ignored."""
        for key in keys:
            self._tags.get(arn, {}).pop(key, None)

    def drop(self, arn: str) -> None:
        """Forget a resource."""
        self._tags.pop(arn, None)
