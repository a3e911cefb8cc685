"""restJson1: what goes over the wire."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_server.faults import Fault
from lookout_server.protocol.http import HttpRequest, HttpResponse
from tests.server.services.support import REGION, SOURCE, refused
from tests.server.services.vision.material import line, manifest, picture
from tests.server.services.vision.support import Studio

ROOT = "/2020-11-20/projects"


def send(studio: Studio, method: str, path: str, body: bytes = b"", **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return studio.backend.handle(HttpRequest("lookoutvision", SOURCE, REGION, "AKIA", method, path, named, body))


def content(response: HttpResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.body)
    return body


def test_all_operations_of_the_model_are_carried_out(studio: Studio) -> None:
    names = studio.vision.meta.service_model.operation_names
    service = studio.backend._services["lookoutvision"]
    assert len(names) == 22
    assert [name for name in names if service.handler(name) is None] == []


def test_an_answer_is_json_with_a_request_id(studio: Studio) -> None:
    response = send(studio, "GET", ROOT)
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["x-amzn-RequestId"] == studio.backend.calls.all()[0].request_id
    assert content(response) == {"Projects": []}


def test_times_are_epoch_seconds(bottles: Studio) -> None:
    description = content(send(bottles, "GET", f"{ROOT}/bottles"))["ProjectDescription"]
    assert description["CreationTimestamp"] == bottles.clock.now().timestamp()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", ROOT, {"ProjectName": "cans"}, 200),
        ("POST", f"{ROOT}/bottles/datasets", {"DatasetType": "train"}, 202),
        ("DELETE", f"{ROOT}/bottles", None, 200),
    ],
)
def test_an_operation_has_the_status_of_its_model(
    bottles: Studio, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    assert send(bottles, method, path, json.dumps(body).encode() if body else b"").status == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", ROOT),
        ("GET", "/2020-11-20/coffee"),
        ("GET", f"{ROOT}/a/b/c/d/e"),
        ("POST", "/"),
        ("GET", f"{ROOT}//datasets/train"),
    ],
)
def test_another_method_or_path_is_an_unknown_operation(studio: Studio, method: str, path: str) -> None:
    response = send(studio, method, path)
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")


def test_labels_of_the_path_are_decoded(studio: Studio) -> None:
    response = send(studio, "GET", f"{ROOT}/a%20b%2Fc")
    assert response.status == 400
    assert "'a b/c' at 'projectName'" in content(response)["Message"]


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b"\xff", b'{"a": NaN}'])
def test_a_body_that_is_no_json_object_is_a_serialization_error(studio: Studio, body: bytes) -> None:
    response = send(studio, "POST", ROOT, body)
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (400, "SerializationException")


def test_a_member_in_the_body_that_belongs_into_the_path_is_refused(bottles: Studio) -> None:
    body = json.dumps({"ProjectName": "cans", "DatasetType": "train"}).encode()
    response = send(bottles, "POST", f"{ROOT}/bottles/datasets", body)
    assert "expected ProjectName in the uri" in content(response)["Message"]


def test_an_unknown_member_of_the_body_is_refused(studio: Studio) -> None:
    response = send(studio, "POST", ROOT, b'{"ProjectName": "cans", "Colour": "red"}')
    assert response.headers["x-amzn-ErrorType"] == "ValidationException"
    assert "colour" in content(response)["Message"]


def test_the_client_token_is_a_header(studio: Studio) -> None:
    send(studio, "POST", ROOT, b'{"ProjectName": "cans"}', X_Amzn_Client_Token="token-1")
    assert studio.backend.calls.all()[0].parameters["ClientToken"] == "token-1"


def test_a_body_of_bytes_is_not_json(studio: Studio) -> None:
    send(studio, "POST", f"{ROOT}/bottles/models/1/detect", picture(), Content_Type="image/png")
    parameters = studio.backend.calls.all()[0].parameters
    assert parameters["ContentType"] == "image/png"
    assert parameters["Body"] == f"({len(picture())} bytes)"


def test_bytes_within_json_are_base64(bottles: Studio) -> None:
    bottles.vision.create_dataset(ProjectName="bottles", DatasetType="train")
    changes = manifest([line("a.png")]).encode()
    body = json.dumps({"Changes": base64.b64encode(changes).decode()}).encode()
    assert send(bottles, "PATCH", f"{ROOT}/bottles/datasets/train/entries", body).status == 202
    assert bottles.settled_dataset()["Status"] == "UPDATE_COMPLETE"
    assert bottles.entries() == ["a.png"]


def test_bytes_that_are_no_base64_are_refused(bottles: Studio) -> None:
    response = send(bottles, "PATCH", f"{ROOT}/bottles/datasets/train/entries", b'{"Changes": "*"}')
    assert "Member must be base64" in content(response)["Message"]


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("labeled=maybe", "labeled"),
        ("maxResults=many", "maxResults"),
        ("maxResults=101", "maxResults"),
        ("createdBefore=soon", "beforeCreationDate"),
        ("anomalyClass=odd", "anomalyClass"),
        ("sourceRefContains=", "sourceRefContains"),
    ],
)
def test_a_query_that_breaks_the_model_is_refused(bottles: Studio, query: str, member: str) -> None:
    response = send(bottles, "GET", f"{ROOT}/bottles/datasets/train/entries?{query}")
    assert response.status == 400
    assert f"'{member}'" in content(response)["Message"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.access_denied(), 403, "AccessDeniedException"),
        (Fault.conflict(), 409, "ConflictException"),
        (Fault.throttle(), 429, "ThrottlingException"),
        (Fault.server_error(), 500, "InternalServerException"),
    ],
)
def test_an_error_has_the_status_of_its_model(studio: Studio, fault: Fault, status: int, code: str) -> None:
    studio.backend.faults.add("ListProjects", fault)
    response = send(studio, "GET", ROOT)
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (status, code)
    assert content(response)["Message"]


@pytest.mark.parametrize("fault", [Fault.throttle(), Fault.server_error()])
def test_an_error_that_may_be_retried_says_when(studio: Studio, fault: Fault) -> None:
    studio.backend.faults.add("ListProjects", fault)
    assert send(studio, "GET", ROOT).headers["Retry-After"] == "1"


def test_what_does_not_exist_is_named(studio: Studio) -> None:
    with pytest.raises(ClientError) as caught:
        studio.vision.describe_project(ProjectName="none")
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert (answer["ResourceId"], answer["ResourceType"]) == ("none", "PROJECT")


def test_a_conflict_names_the_resource(bottles: Studio) -> None:
    with pytest.raises(ClientError) as caught:
        bottles.vision.create_project(ProjectName="bottles")
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert (answer["ResourceId"], answer["ResourceType"]) == ("bottles", "PROJECT")


def test_a_used_up_quota_is_named(studio: Studio) -> None:
    studio.quotas.projects = 0
    with pytest.raises(ClientError) as caught:
        studio.vision.create_project(ProjectName="bottles")
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 402
    assert (answer["QuotaCode"], answer["ServiceCode"]) == ("L-64685F61", "lookoutvision")


def test_an_answer_that_breaks_the_model_is_an_internal_failure(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookout_server.vision._OPERATIONS", {"ListProjects": lambda call: {"Wrong": 1}})
    message = refused("InternalServerException", studio.vision.list_projects)
    assert "request" in message
    [failure] = studio.expected_failures = list(studio.backend.internal_failures)
    assert "answer of ListProjects" in failure
