"""Model packaging jobs: a version becomes a component for AWS IoT Greengrass. The API cannot delete one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lookout_provider.identity import text
from lookout_provider.protocol import digest
from lookout_provider.resources.base import GENERATION, Live, State, Unowned
from lookout_provider.resources.vision.service import VisionResource

_PHYSICAL_ID = re.compile(r"(?P<project>[^/]+)/model-packaging-job/(?P<job>[a-zA-Z0-9-]+)")
_STATES = {"SUCCEEDED": State.READY, "FAILED": State.FAILED}
#: A name has 64 characters, of which 18 are the digits and hyphens at its end.
_LONGEST_BEGINNING = 46


class ModelPackagingJob(VisionResource, Unowned):
    """`Custom::LookoutVisionModelPackagingJob`.

    A component's version cannot be made twice, so a job is no action that is done again on the way back: its name holds
    the digits of what is desired, and the newest of the construct's jobs with those digits that has not failed is it.
    """

    noun = "model packaging job"
    create_only = ("ProjectName", "ModelVersion", "Configuration", "Description")
    attributes = (
        "ProjectName",
        "ModelVersion",
        "JobName",
        "Status",
        "ComponentName",
        "ComponentVersion",
        "ComponentVersionArn",
        "CreationTimestamp",
        "LastUpdatedTimestamp",
        GENERATION,
    )

    def operation(self, members: Mapping[str, Any]) -> str:
        return "StartModelPackagingJob"

    def physical_id(self) -> str | None:
        return None

    def issued(self, physical_id: str) -> bool:
        return _PHYSICAL_ID.fullmatch(physical_id) is not None

    @property
    def _beginnings(self) -> tuple[str, ...]:
        """What the names of the jobs begin with that do what is desired, that of a new one first."""
        found = []
        for stack, owner in zip(self.request.beginnings, self.request.owners, strict=True):
            readable = re.sub(r"[^a-zA-Z0-9-]", "-", f"{stack}-{self.option('Name')}")
            found.append(f"{readable[:_LONGEST_BEGINNING]}-{digest(owner, self.identity)[:8]}-")
        return tuple(found)

    def find(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        if matched is None:
            return None
        project, job = matched["project"], matched["job"]
        found = self.service.attempt("DescribeModelPackagingJob", ProjectName=project, JobName=job)
        return None if found is None else _live({"ProjectName": project, **found["ModelPackagingDescription"]})

    def search(self) -> Live | None:
        project = self.desired["ProjectName"]
        jobs = self.listed("ListModelPackagingJobs", "ModelPackagingJobs", project)
        same = [job for job in jobs if job["JobName"].startswith(self._beginnings) and job["Status"] != "FAILED"]
        newest = max(same, key=lambda job: job["CreationTimestamp"], default=None)
        return self.find(f"{project}/model-packaging-job/{newest['JobName']}") if newest is not None else None

    def differences(self, live: Live) -> list[str]:
        same = live.description["JobName"].startswith(self._beginnings) and live.state is not State.FAILED
        return [] if same else list(self.create_only)

    def create(self) -> Live:
        token = self.request.token("StartModelPackagingJob")
        name = f"{self._beginnings[0]}{token[:8]}"
        self.service.call("StartModelPackagingJob", **self.desired, JobName=name, ClientToken=token)
        physical_id = f"{self.desired['ProjectName']}/model-packaging-job/{name}"
        return Live(physical_id, "", {**self.desired, "JobName": name, "Status": "CREATED"}, State.WORKING)

    def generation(self, live: Live) -> str:
        return text(live.description.get("JobName"))


def _live(found: Mapping[str, Any]) -> Live:
    state = _STATES.get(found["Status"], State.WORKING)
    reason = str(found.get("StatusMessage") or "") if state is State.FAILED else ""
    output = (found.get("ModelPackagingOutputDetails") or {}).get("Greengrass") or {}
    physical_id = f"{found['ProjectName']}/model-packaging-job/{found['JobName']}"
    return Live(physical_id, "", {**found, **output}, state, reason)
