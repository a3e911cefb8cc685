"""What is in force: the properties for which a resource was complete the last time.

A rollback asks for them, under the name of an Update like any other, and often because of a file that has become bad.
It needs nothing to be read, run or judged again. Something else is remembered only when *that* is complete, so that
going back on purpose, which comes afterwards, is no rollback.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lookout_provider.protocol import Request
from lookout_provider.resources import resource_for

if TYPE_CHECKING:
    from lookout_provider.holding import Holding
    from lookout_provider.progress import Progress
    from lookout_provider.resources.base import Live, Resource


class InForce:
    """What one step knows of it; where it is remembered is up to how the thing is held."""

    def __init__(self, request: Request, progress: Progress, resource: Resource, holding: Holding) -> None:
        self._request = request
        self._progress = progress
        self._resource = resource
        self._holding = holding
        resource.in_force = bool(progress.wanted) and progress.in_force == progress.wanted

    def look_back(self, live: Live | None) -> None:
        """Find out whether an Update of *live* asks for what is in force."""
        if self._request.request_type != "Update" or self._resource.in_force:
            return
        if live is not None and self._resource.owner(live) != self._request.owner:
            return
        self.recall(live)
        if live is not None and not self._progress.in_force and self._request.before and self._looked_outside():
            # A release has made it that remembered nothing: what CloudFormation comes from was in force so far.
            self._holding.remember(live, self._request.wanted_before, former=True)
            self.recall(live)

    def _looked_outside(self) -> bool:
        former = replace(self._request, properties=self._request.properties_before, before={})
        return resource_for(former).looks_outside

    def recall(self, live: Live | None) -> None:
        """The same of *live*, to which an Update leads; None where nothing is there any more."""
        if self._request.request_type != "Update":
            return
        # A wait that began under an earlier release does not know what is wanted.
        self._progress.wanted = self._progress.wanted or self._request.wanted
        self._progress.in_force = self._holding.recall(live) or ""
        self._resource.in_force = self._progress.in_force == self._progress.wanted

    def complete(self, live: Live) -> None:
        """Remember what is in force from now on, where it matters."""
        matters = self._resource.looks_outside or self._progress.in_force
        if matters and self._progress.wanted and not self._resource.in_force:
            self._holding.remember(live, self._progress.wanted)
