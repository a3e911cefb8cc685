"""Resource policies of datasets, models and model versions: who may import them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lookout_provider import ownership
from lookout_provider.resources.base import Attached, Live

_ACCOUNT_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")


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
        if policy is None:
            return None
        return Live(physical_id, physical_id, policy | {"ResourceArn": physical_id})

    def outdated(self, live: Live) -> Sequence[str]:
        """A policy is put again when its meaning differs, not its spelling."""
        same = meaning(live.description["ResourcePolicy"]) == meaning(self.desired["ResourcePolicy"])
        return () if same else self.updatable

    def create(self) -> Live:
        arn = self.desired["ResourceArn"]
        live = Live(arn, arn)
        self.take_lease(live)
        self._put()
        return live

    def update(self, live: Live, members: Sequence[str]) -> None:
        self._put(PolicyRevisionId=live.description["PolicyRevisionId"])

    def _put(self, **revision: str) -> None:
        """The revision id is an optimistic lock: what somebody else put meanwhile is not overwritten."""
        self.service.call(
            "PutResourcePolicy",
            ResourceArn=self.desired["ResourceArn"],
            ResourcePolicy=self.desired["ResourcePolicy"],
            ClientToken=self.request.token("PutResourcePolicy" + revision.get("PolicyRevisionId", "")),
            **revision,
        )

    def delete(self, live: Live) -> None:
        self.service.attempt("DeleteResourcePolicy", ResourceArn=live.physical_id)
        self.drop_lease(live)


def meaning(policy: str) -> Any:
    """A policy document as something that compares equal when it says the same."""
    return _meaning(json.loads(policy))


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
