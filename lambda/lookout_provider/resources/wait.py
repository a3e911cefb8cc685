"""One link of a relay: it waits its share of what takes longer than CloudFormation lets one resource take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from lookout_provider.resources.base import Live, Resource, Unowned
from lookout_shared.properties import InvalidProperty


class Wait(Unowned):
    """`Custom::LookoutWait`.

    Its options name a resource of the stack, the `Target`, by type and physical id. When its time is over it passes
    on to the next link, unless it is the last. Its attributes are the target's, and the target's id as `PhysicalId`.
    Its Delete waits, too, as long as the target is in work: what cannot be cancelled cannot be deleted either.
    """

    noun = "wait"
    create_only = ()
    attributes = ()
    deletable = True
    only_looks = True

    def accept(self, given: Mapping[str, Any]) -> None:
        if unknown := sorted(set(given) - {"ServiceToken", "ServiceTimeout", "Options"}):
            raise InvalidProperty(f"properties: unknown {unknown[0]!r}, expected Options only")
        for name in ("TargetType", "Target"):
            if not self.option(name):
                raise InvalidProperty(f"Options.{name}: got nothing, expected the resource to wait for")
            self.desired[name] = self.option(name)

    def called(self, physical_id: str) -> str:
        return self.target.called(self.option("Target"))

    def operation(self, members: Mapping[str, Any]) -> str:
        raise AssertionError("a wait makes nothing")

    @cached_property
    def target(self) -> Resource:
        """The resource that it waits for, without a desired state."""
        from lookout_provider.resources import type_of

        return type_of(self.option("TargetType"))(self.request)

    def physical_id(self) -> str | None:
        return f"wait:{self.request.logical_id}"

    def issued(self, physical_id: str) -> bool:
        return True

    def find(self, physical_id: str) -> Live | None:
        found = self.target.find(self.option("Target"))
        return None if found is None else replace(found, physical_id=f"wait:{self.request.logical_id}")

    def left_as_it_is(self, live: Live) -> str:
        return self.target.left_as_it_is(replace(live, physical_id=self.option("Target")))

    def create(self) -> Live:
        raise InvalidProperty(f"Options.Target: got {self.option('Target')!r}, which does not exist (any more)")

    def delete(self, live: Live) -> None:
        """Nothing is left to wait for."""

    def gone(self, live: Live) -> bool:
        return True

    @property
    def first_wait_seconds(self) -> int:
        return self.target.first_wait_seconds

    @property
    def passes_on(self) -> bool:
        return self.option("Last") != "true" or self.request.request_type == "Delete"

    def data(self, live: Live) -> dict[str, str]:
        target = replace(live, physical_id=self.option("Target"))
        return {**self.target.data(target), "PhysicalId": self.option("Target")}
