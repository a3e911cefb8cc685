"""The log of calls, and the client that needs no HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from lookout_server.backend import Backend
from lookout_server.faults import Fault
from lookout_server.identity.authorization import AllowEverything
from lookout_server.inprocess import connect
from lookout_server.protocol.http import HttpRequest
from tests.server.services import restarting
from tests.server.services.support import REGION, SOURCE, TARGET, Bucket, Cloud, client_of, refused

IN_ONE_PROCESS = pytest.mark.skipif(restarting.WANTED, reason="the threads are of the process that ends")


def test_a_call_is_logged_with_what_the_service_understood(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    cloud.backend.calls.clear()
    when = datetime(2024, 1, 1, tzinfo=UTC)
    cloud.source.list_model_versions(ModelName="wear", CreatedAtStartTime=when, MaxResults=3)
    (call,) = cloud.backend.calls.all()
    assert (call.service, call.account, call.region) == ("lookoutequipment", SOURCE, REGION)
    assert (call.operation, call.error_code) == ("ListModelVersions", None)
    assert call.parameters == {"ModelName": "wear", "CreatedAtStartTime": when, "MaxResults": 3}


@pytest.mark.parametrize(("name", "code"), [("a b", "ValidationException"), ("none", "ResourceNotFoundException")])
def test_a_refused_call_is_logged_with_its_error(cloud: Cloud, name: str, code: str) -> None:
    refused(code, cloud.source.describe_dataset, DatasetName=name)
    (call,) = cloud.backend.calls.all()
    assert (call.error_code, call.parameters) == (code, {"DatasetName": name})


def test_a_call_that_met_a_fault_is_logged_with_it(cloud: Cloud) -> None:
    cloud.backend.faults.add("CreateDataset", Fault.lost_answer())
    refused("InternalServerException", cloud.target.create_dataset, DatasetName="a")
    (call,) = cloud.backend.calls.all()
    assert (call.account, call.error_code) == (TARGET, "InternalServerException")


def test_the_log_that_was_read_does_not_change(cloud: Cloud) -> None:
    before = cloud.backend.calls.all()
    cloud.source.list_datasets()
    assert before == []


def test_a_boto3_client_with_all_its_defaults_can_be_connected() -> None:
    backend = Backend(storage=Bucket())
    client = boto3.Session(aws_access_key_id="AKIA", aws_secret_access_key="x", region_name=REGION).client(
        "lookoutequipment"
    )
    connect(client, backend, account=SOURCE)
    arn = client.create_dataset(DatasetName="pumps")["DatasetArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_the_access_key_of_the_signature_reaches_the_authorizer() -> None:
    seen: list[HttpRequest] = []

    class Watching(AllowEverything):
        def authorize(self, request: HttpRequest, *_: Any) -> None:
            seen.append(request)

    client_of(Backend(storage=Bucket(), authorizer=Watching()), SOURCE).list_datasets()
    (request,) = seen
    assert (request.access_key, request.account, request.method, request.path) == (
        "AKIAEXAMPLE", SOURCE, "POST", "/",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_default_caller_is_the_root_of_its_account(region: str, partition: str) -> None:
    request = HttpRequest("lookoutequipment", SOURCE, region, "", "POST", "/")
    assert AllowEverything().principal_arn(request) == f"arn:{partition}:iam::{SOURCE}:root"


def in_threads(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@IN_ONE_PROCESS
def test_many_threads_make_one_dataset_and_get_one_answer(cloud: Cloud) -> None:
    answers: list[str] = []
    in_threads(8, lambda: answers.append(cloud.dataset("a", ClientToken="once")))
    assert len(answers) == 8
    assert len(set(answers)) == 1


@IN_ONE_PROCESS
def test_many_threads_import_versions_with_numbers_of_their_own(cloud: Cloud) -> None:
    request = {"SourceModelVersionArn": cloud.trained_model("wear"), "DatasetName": "pumps"}
    cloud.settings.parallel_imports_into_a_model = True
    numbers: list[int] = []
    in_threads(8, lambda: numbers.append(cloud.source.import_model_version(**request)["ModelVersion"]))
    assert sorted(numbers) == list(range(2, 10))


def test_the_log_keeps_the_latest_calls_and_says_how_many_are_gone(cloud: Cloud) -> None:
    cloud.settings.limits.calls_in_log = 3
    for number in range(5):
        refused("ResourceNotFoundException", cloud.source.describe_dataset, DatasetName=f"d{number}")
    assert [call.parameters["DatasetName"] for call in cloud.backend.calls.all()] == ["d2", "d3", "d4"]
    assert cloud.backend.calls.forgotten == 2
    cloud.backend.calls.clear()
    assert (cloud.backend.calls.all(), cloud.backend.calls.forgotten) == ([], 0)


def test_the_log_cuts_what_is_long(cloud: Cloud) -> None:
    cloud.settings.limits.characters_per_call_in_log = 100
    refused("ValidationException", cloud.source.describe_dataset, DatasetName="x" * 10**6)
    (call,) = cloud.backend.calls.all()
    assert call.parameters["DatasetName"].endswith("x... (1000000 characters)")
    assert len(call.parameters["DatasetName"]) < 200


@pytest.mark.parametrize("nothing", ["", None, [], {}, 0, [[]]])
def test_the_log_has_room_for_so_many_values_of_nothing(cloud: Cloud, nothing: Any) -> None:
    refused("ValidationException", cloud.source.describe_dataset, DatasetName=[nothing] * 10**5)
    (call,) = cloud.backend.calls.all()
    assert len(call.parameters["DatasetName"]) < cloud.settings.limits.characters_per_call_in_log


def test_the_log_cuts_names_of_operations_that_do_not_exist(cloud: Cloud) -> None:
    headers = {"x-amz-target": "AWSLookoutEquipmentFrontendService." + "x" * 10**6}
    cloud.backend.handle(HttpRequest("lookoutequipment", SOURCE, REGION, "AKIA", "POST", "/", headers, b""))
    assert len(cloud.backend.calls.all()[0].operation) == 200


def test_internal_failures_are_kept_up_to_a_number(cloud: Cloud) -> None:
    cloud.settings.limits.internal_failures = 2
    headers = {"x-amz-target": "AWSLookoutEquipmentFrontendService.ListDatasets"}
    cloud.authorizer.authorize = None  # type: ignore[assignment,method-assign]
    for _ in range(5):
        cloud.backend.handle(HttpRequest("lookoutequipment", SOURCE, REGION, "AKIA", "POST", "/", headers, b""))
    assert len(cloud.backend.internal_failures) == 2
    cloud.expected_failures = list(cloud.backend.internal_failures)
