"""The metrics that the monitor's function puts, with the local service and a CloudWatch that remembers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from cdk_lookout.equipment import DataQuality
from lookout_monitor import handler as monitor
from lookout_server.faults import Fault
from lookout_shared import aws
from lookout_shared.aws import ServiceError
from tests.provider.support import Context, FakeClient, client_error, lines
from tests.server.services.scheduling import NORMAL, ODD, START, at, create, running, send
from tests.server.services.support import Cloud

NAMESPACE = "Plant/Pumps"
INTERVAL, SETTLING = 300, 600


class Monitor:
    """The function, its service and what CloudWatch was given."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.lookout: Any = cloud.source
        self.cloudwatch = FakeClient()

    def client(self, service: str, region: str) -> Any:
        assert region == "eu-west-1"
        return {"lookoutequipment": self.lookout, "cloudwatch": self.cloudwatch}[service]

    def run(self, minute: float = 60, **event: Any) -> dict[str, int]:
        """Run as the schedule does so many minutes after START."""
        given = {"Time": at(minute).strftime("%Y-%m-%dT%H:%M:%SZ"), "Namespace": NAMESPACE}
        seconds = {"IntervalSeconds": INTERVAL, "SettlingSeconds": SETTLING}
        self.cloudwatch.calls.clear()
        return monitor.handle({**given, **seconds, **event}, Context())

    @property
    def data(self) -> list[dict[str, Any]]:
        return [datum for call in self.cloudwatch.made("put_metric_data") for datum in call["MetricData"]]

    def values(self, *names: str) -> list[tuple[str, float, datetime]]:
        """The metrics of the last run, of those names if any."""
        found = [(datum["MetricName"], datum["Value"], datum["Timestamp"]) for datum in self.data]
        return [one for one in found if one[0] in names or not names]

    def state(self) -> dict[str, float]:
        return {name: value for name, value, _ in self.values()}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    cloud.trained_model("wear")
    yield cloud
    assert cloud.backend.internal_failures == []


@pytest.fixture
def watching(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Monitor:
    made = Monitor(cloud)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setattr(aws, "client", made.client)
    return made


WATCH = {"InferenceSchedulers": ["watch"]}
EXECUTIONS = ("SuccessfulExecutions", "FailedExecutions", "UnfinishedExecutions")


def test_an_execution_is_counted_at_the_time_at_which_it_was_due(cloud: Cloud, watching: Monitor) -> None:
    running(cloud)
    send(cloud, 1, NORMAL)
    cloud.clock.advance(60 * 15)
    watching.run(15, **WATCH)
    assert watching.values(*EXECUTIONS) == [
        ("SuccessfulExecutions", 1, at(5)),
        ("FailedExecutions", 0, at(5)),
        ("UnfinishedExecutions", 0, at(5)),
    ]


def test_an_execution_that_failed_is_counted_as_such(cloud: Cloud, watching: Monitor) -> None:
    running(cloud)
    cloud.clock.advance(60 * 15)
    watching.run(15, **WATCH)
    assert [value for _, value, _ in watching.values(*EXECUTIONS)] == [0, 1, 0]


def test_why_an_execution_failed_is_logged(cloud: Cloud, watching: Monitor, capsys: pytest.CaptureFixture[str]) -> None:
    running(cloud)
    cloud.clock.advance(60 * 15)
    watching.run(15, **WATCH)
    [line] = [line for line in lines(capsys.readouterr().out) if line["message"] == "execution"]
    assert (line["level"], line["scheduler"], line["status"]) == ("WARN", "watch", "FAILED")
    assert line["reason"]


def test_an_execution_that_goes_on_after_the_settling_time_is_counted_as_unfinished(watching: Monitor) -> None:
    summary = {"ScheduledStartTime": at(5), "Status": "IN_PROGRESS"}
    watching.lookout = FakeClient(
        list_inference_executions={"InferenceExecutionSummaries": [summary]},
        describe_inference_scheduler={"Status": "RUNNING"},
    )
    watching.run(15, **WATCH)
    assert [value for _, value, _ in watching.values(*EXECUTIONS)] == [0, 0, 1]


def test_every_execution_is_counted_once_however_late_the_runs_are(cloud: Cloud, watching: Monitor) -> None:
    running(cloud, DataDelayOffsetInMinutes=3)
    cloud.clock.advance(60 * 120)
    found = []
    for number in range(24):
        late = (number * 7) % 5 * 0.9
        watching.run(5 * number + late, **WATCH)
        found += watching.values("FailedExecutions")
    due = [moment for _, _, moment in found]
    assert due == [at(8 + 5 * number) for number in range(20)]


def test_a_run_for_the_same_time_says_the_same(cloud: Cloud, watching: Monitor) -> None:
    running(cloud)
    cloud.clock.advance(60 * 30)
    watching.run(20, **WATCH)
    first = watching.values(*EXECUTIONS)
    cloud.clock.advance(60 * 30)
    watching.run(20, **WATCH)
    assert watching.values(*EXECUTIONS) == first != []


@given(moment=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), minutes=st.sampled_from([5, 12, 15, 60]))
def test_a_moment_is_in_one_window(moment: datetime, minutes: int) -> None:
    now, interval = moment.replace(tzinfo=UTC), timedelta(minutes=minutes)
    start = monitor._floor(now, interval)
    assert start <= now < start + interval
    assert monitor._floor(start, interval) == start
    assert (start - start.replace(minute=0, second=0, microsecond=0)) % interval == timedelta(0)


def test_all_pages_of_executions_are_read(watching: Monitor) -> None:
    def page(**parameters: Any) -> dict[str, Any]:
        minute, more = (4, {}) if "NextToken" in parameters else (5, {"NextToken": "more"})
        return {"InferenceExecutionSummaries": [{"ScheduledStartTime": at(minute), "Status": "SUCCESS"}], **more}

    watching.lookout = FakeClient(list_inference_executions=page, describe_inference_scheduler={"Status": "RUNNING"})
    watching.run(15, **WATCH)
    assert [moment for _, _, moment in watching.values("SuccessfulExecutions")] == [at(5), at(4)]


@pytest.mark.parametrize(("row", "anomalous"), [(NORMAL, 0), (ODD, 1)])
def test_the_latest_result_is_told_as_of_the_run(
    cloud: Cloud, watching: Monitor, row: tuple[float, float], anomalous: int
) -> None:
    running(cloud)
    send(cloud, 1, row)
    cloud.clock.advance(60 * 5)
    watching.run(6, **WATCH)
    assert watching.values("Anomalous") == [("Anomalous", anomalous, at(6))]


def test_nothing_is_said_of_a_result_before_there_is_one(cloud: Cloud, watching: Monitor) -> None:
    running(cloud)
    watching.run(0, **WATCH)
    assert watching.state() == {"Running": 1}


def test_a_scheduler_that_does_not_run_is_told(cloud: Cloud, watching: Monitor) -> None:
    create(cloud)
    watching.run(0, **WATCH)
    assert watching.state() == {"Running": 0}


@pytest.mark.parametrize(("status", "failed"), [("FAILED", 1), ("SUCCESS", 0), ("IN_PROGRESS", 0), ("CANCELED", 0)])
def test_the_latest_retraining_is_told(watching: Monitor, status: str, failed: int) -> None:
    watching.lookout = FakeClient(describe_model={"LatestScheduledRetrainingStatus": status})
    watching.run(Models=["wear"])
    assert watching.state() == {"RetrainingFailed": failed}


@pytest.mark.parametrize(
    ("quality", "poor"), [("POOR_QUALITY_DETECTED", 1), ("QUALITY_THRESHOLD_MET", 0), ("CANNOT_DETERMINE_QUALITY", 0)]
)
def test_the_quality_of_a_model_is_told(watching: Monitor, quality: str, poor: int) -> None:
    watching.lookout = FakeClient(describe_model={"ModelQuality": quality})
    watching.run(Models=["wear"])
    assert watching.state() == {"PoorQuality": poor}


def test_a_model_of_the_service_that_was_never_retrained_says_nothing_of_it(watching: Monitor) -> None:
    watching.run(Models=["wear"])
    assert "RetrainingFailed" not in watching.state()


def test_every_figure_of_an_ingestion_is_told(cloud: Cloud, watching: Monitor) -> None:
    watching.run(Datasets=["pumps"])
    assert set(watching.state()) == {figure.value for figure in DataQuality}


def test_the_figures_of_an_ingestion_are_those_of_the_service(cloud: Cloud, watching: Monitor) -> None:
    quality = {
        "InsufficientSensorData": {
            "MissingCompleteSensorData": {"AffectedSensorCount": 1},
            "SensorsWithShortDateRange": {"AffectedSensorCount": 2},
        },
        "MissingSensorData": {"AffectedSensorCount": 9, "TotalNumberOfMissingValues": 3},
        "InvalidSensorData": {"AffectedSensorCount": 9, "TotalNumberOfInvalidValues": 4},
        "UnsupportedTimestamps": {"TotalNumberOfUnsupportedTimestamps": 5},
        "DuplicateTimestamps": {"TotalNumberOfDuplicateTimestamps": 6},
    }
    files = {"TotalNumberOfFiles": 9, "IngestedNumberOfFiles": 2, "DiscardedFiles": [{}] * 7}
    answer = {"DataQualitySummary": quality, "IngestedFilesSummary": files}
    watching.lookout = FakeClient(describe_dataset=answer)
    watching.run(Datasets=["pumps"])
    assert list(watching.state().values()) == [3, 4, 5, 6, 1, 2, 7]


def test_a_dataset_without_data_says_nothing(cloud: Cloud, watching: Monitor) -> None:
    cloud.dataset("empty")
    assert watching.run(Datasets=["empty"]) == {"Metrics": 0}
    assert watching.cloudwatch.calls == []


def test_a_metric_has_the_name_of_what_it_is_about_as_its_dimension(cloud: Cloud, watching: Monitor) -> None:
    create(cloud)
    watching.run(60, **WATCH, Models=["wear"], Datasets=["pumps"])
    dimensions = {datum["Dimensions"][0]["Name"]: datum["Dimensions"][0]["Value"] for datum in watching.data}
    assert dimensions == {"InferenceSchedulerName": "watch", "ModelName": "wear", "DatasetName": "pumps"}
    assert {call["Namespace"] for call in watching.cloudwatch.made("put_metric_data")} == {NAMESPACE}


def test_more_than_cloudwatch_takes_at_once_is_put_in_parts(watching: Monitor) -> None:
    executions = [{"ScheduledStartTime": START, "Status": "SUCCESS"}] * 500
    watching.lookout = FakeClient(
        list_inference_executions={"InferenceExecutionSummaries": executions},
        describe_inference_scheduler={"Status": "RUNNING"},
    )
    watching.run(10, **WATCH)
    sizes = [len(call["MetricData"]) for call in watching.cloudwatch.made("put_metric_data")]
    assert sizes == [1000, 501]


def test_what_can_be_asked_is_put_although_something_cannot(cloud: Cloud, watching: Monitor) -> None:
    with pytest.raises(monitor.Incomplete, match=r"gone: DescribeModel: ResourceNotFoundException: .*gone"):
        watching.run(Models=["gone", "wear"])
    assert {datum["Dimensions"][0]["Value"] for datum in watching.data} == {"wear"}


def test_nothing_is_said_of_what_could_be_asked_in_part_only(cloud: Cloud, watching: Monitor) -> None:
    running(cloud)
    cloud.clock.advance(60 * 15)
    cloud.backend.faults.add("DescribeInferenceScheduler", Fault.access_denied())
    with pytest.raises(monitor.Incomplete, match="AccessDeniedException"):
        watching.run(15, **WATCH)
    assert watching.data == []


def test_a_service_out_of_reach_is_asked_once(watching: Monitor) -> None:
    watching.lookout = FakeClient(describe_model=EndpointConnectionError(endpoint_url="https://gone"))
    with pytest.raises(ServiceError, match="https://gone"):
        watching.run(Models=["wear", "tear"])
    assert len(watching.lookout.calls) == 1


def test_metrics_that_cannot_be_put_are_an_error(watching: Monitor) -> None:
    watching.cloudwatch = FakeClient(put_metric_data=client_error("AccessDenied"))
    with pytest.raises(ServiceError, match="PutMetricData: AccessDenied"):
        watching.run(Models=["wear"])
