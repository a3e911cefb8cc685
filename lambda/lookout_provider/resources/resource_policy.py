"""Resource policies of datasets, models and model versions: who may import them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lookout_files import documents
from lookout_provider import ownership
from lookout_provider.resources.base import Attached, Live

_ACCOUNT_ROOT = re.compile(r"arn:[^:]+:iam::([0-9]{12}):root")


class ResourcePolicy(Attached):
    """`Custom::LookoutEquipmentResourcePolicy`."""

    noun = "resource policy"
    create_only = ("ResourceArn",)
    updatable = ("ResourcePolicy",)
    owner_tag = ownership.PREFIX + "resource-policy"
    attributes = ("ResourceArn", "PolicyRevisionId", "CreationTime", "LastModifiedTime")

    def operation(self, members: Mapping[str, Any]) -> str:
        return "PutResourcePolicy"

    def physical_id(self) -> str | None:
        return str(self.desired["ResourceArn"])

    def find(self, physical_id: str) -> Live | None:
        if not physical_id.startswith("arn:"):
            return None
        policy = self.service.attempt("DescribeResourcePolicy", ResourceArn=physical_id)
        tags = self.service.attempt("ListTagsForResource", ResourceArn=physical_id)
        if tags is None:
            return None
        description = {"ResourceArn": physical_id, **(policy or {})}
        live = Live(physical_id, physical_id, description, tags=ownership.read(tags.get("Tags", [])))
        return live if policy or self.lease(live) else None

    def outdated(self, live: Live) -> Sequence[str]:
        """A policy is put again when its meaning differs, not its spelling."""
        present = live.description.get("ResourcePolicy")
        same = present is not None and meaning(present) == meaning(self.desired["ResourcePolicy"])
        return () if same else self.updatable

    def create(self) -> Live:
        arn = self.desired["ResourceArn"]
        live = Live(arn, arn)
        self.holding(self).take(live)
        return live

    def update(self, live: Live, members: Sequence[str]) -> bool:
        """The revision id is an optimistic lock: what somebody else put meanwhile is not overwritten."""
        revision = live.description.get("PolicyRevisionId")
        self.service.call(
            "PutResourcePolicy",
            ResourceArn=self.desired["ResourceArn"],
            ResourcePolicy=self.desired["ResourcePolicy"],
            ClientToken=self.request.token(f"PutResourcePolicy{revision or ''}"),
            **{"PolicyRevisionId": revision} if revision else {},
        )
        return True

    def delete(self, live: Live) -> None:
        self.service.attempt("DeleteResourcePolicy", ResourceArn=live.physical_id)
        self.drop_lease(live)


def meaning(policy: str) -> Any:
    """A policy document as something that compares equal when it says the same."""
    try:
        return _meaning(documents.parse(policy))
    except documents.NotJson:
        # The service refuses it, in words of its own.
        return policy


def _meaning(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _meaning(item) for key, item in value.items()}
    if isinstance(value, list):
        items = sorted((_meaning(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        root = _ACCOUNT_ROOT.fullmatch(value)
        return root[1] if root else value
    return value
