"""Ingestions: data are read into a dataset. The API can neither cancel nor delete one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lookout_provider import gates
from lookout_provider.identity import fingerprint
from lookout_provider.resources.base import GENERATION, Action, Live, State

_PHYSICAL_ID = re.compile(
    r"(?P<dataset>[^/]+)/data-ingestion/(?P<last>(?P<job>[0-9A-Fa-f]+)/(?P<identity>[0-9a-f]{8}))"
    r"(/(?P<before>[0-9A-Fa-f]+/[0-9a-f]{8}))?"
)
_STATES = {"SUCCESS": State.READY, "FAILED": State.FAILED}
_SECONDS_PER_DAY = 86_400


class DataIngestion(Action):
    """`Custom::LookoutEquipmentDataIngestion`.

    Its physical id names the job, and what it was started with: an Update knows by it whether that is still desired.
    Where it is only started, and others wait for it, the id ends with the same of the last job that was complete.
    """

    noun = "data ingestion"
    # Not the role: with another one the same data would be read.
    create_only = ("DatasetName", "IngestionInputConfiguration")
    attributes = (
        "JobId",
        "Status",
        "IngestedDataSize",
        "DataStartTime",
        "DataEndTime",
        "TotalNumberOfFiles",
        "IngestedNumberOfFiles",
        "DiscardedNumberOfFiles",
        "TotalNumberOfMissingValues",
        "TotalNumberOfInvalidValues",
        "TotalNumberOfUnsupportedTimestamps",
        "TotalNumberOfDuplicateTimestamps",
        GENERATION,
    )

    def operation(self, members: Mapping[str, Any]) -> str:
        return "StartDataIngestionJob"

    @property
    def identity(self) -> str:
        """With the trigger: another one asks for the same ingestion once more."""
        return fingerprint(self.desired | {"Trigger": self.option("Trigger")}, (*self.create_only, "Trigger"))

    def issued(self, physical_id: str) -> bool:
        return _PHYSICAL_ID.fullmatch(physical_id) is not None

    def find(self, physical_id: str) -> Live | None:
        """The job; or the last complete one, if that is desired again and the job did not become complete."""
        live, former = self._job(physical_id), self._before(physical_id)
        if live is None or former is None or not self.desired or self.differences(Live(former, "")):
            return live
        return live if self._was_complete(live) else self._job(former)

    @staticmethod
    def _before(physical_id: str) -> str | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        return f"{matched['dataset']}/data-ingestion/{matched['before']}" if matched and matched["before"] else None

    def _was_complete(self, live: Live) -> bool:
        """Whether *live*, from which an Update comes, became what it was to be; what has no gate, nobody waited for."""
        options = self.request.properties_before.get("Options") or {}
        gate = options.get("Gate")
        return not gate or (live.state is State.READY and not gates.unmet(gate, live.description))

    def _job(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        found = self.service.attempt("DescribeDataIngestionJob", JobId=matched["job"]) if matched else None
        if found is None:
            return None
        state = _STATES.get(found["Status"], State.WORKING)
        return Live(physical_id, found["DatasetArn"], found | _derived(found), state, failure(found))

    def differences(self, live: Live) -> list[str]:
        matched = _PHYSICAL_ID.fullmatch(live.physical_id)
        return [] if matched and matched["identity"] == self.identity else list(self.create_only)

    def create(self) -> Live:
        operation = self.operation(self.desired)
        answer = self.service.call(operation, **self.desired, ClientToken=self.request.token(operation))
        physical_id = f"{self.desired['DatasetName']}/data-ingestion/{answer['JobId']}/{self.identity}"
        return Live(physical_id + self._instead_of(), "", answer, State.WORKING)

    def _instead_of(self) -> str:
        """The end of the id of a job that is only started: which one was complete before."""
        known = _PHYSICAL_ID.fullmatch(self.request.physical_id or "")
        if known is None or known["dataset"] != self.desired["DatasetName"] or self.option("WaitSeconds") != "0":
            return ""
        live = self._job(known[0]) if known["before"] else None
        return "/" + (known["before"] if live is not None and not self._was_complete(live) else known["last"])

    def left_as_it_is(self, live: Live) -> str:
        if self.request.request_type != "Update" or live.physical_id == self.request.physical_id:
            return ""
        job, dataset = live.description["JobId"], live.physical_id.partition("/")[0]
        return (
            f"; dataset {dataset} has the data of job {job} now, and keeps them when this is rolled back: "
            "another trigger ingests again"
        )

    def generation(self, live: Live) -> str:
        return live.physical_id


def failure(job: Mapping[str, Any]) -> str:
    """Why an ingestion job failed, in the service's words."""
    return " ".join(filter(None, (job.get("FailedReason"), job.get("StatusDetail"))))


def _derived(job: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from the summaries of a job that is done, in the shape that attributes and gates need."""
    if "IngestedFilesSummary" not in job:
        return {}
    files = {"DiscardedFiles": [], **job["IngestedFilesSummary"]}
    numbers: dict[str, Any] = {"DiscardedNumberOfFiles": len(files["DiscardedFiles"])}
    for part in (files, *job.get("DataQualitySummary", {}).values()):
        numbers |= {name: value for name, value in part.items() if name in DataIngestion.attributes}
    if "DataStartTime" in job and "DataEndTime" in job:
        seconds = (job["DataEndTime"] - job["DataStartTime"]).total_seconds()
        numbers["DataSpanInDays"] = round(seconds / _SECONDS_PER_DAY, 6)
    return {**numbers, "IngestedFilesSummary": files}
