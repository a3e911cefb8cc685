"""awsJson1.0: what goes over the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lookout_server.equipment import Equipment
from lookout_server.faults import Fault
from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.service import Service
from lookout_server.settings import Settings
from lookout_server.vision import Vision
from lookout_server.vision.inspection import Here
from tests.server.services.support import REGION, SOURCE, Cloud

PREFIX = "AWSLookoutEquipmentFrontendService"


def send(cloud: Cloud, operation: str, body: bytes, *, method: str = "POST", prefix: str = PREFIX) -> HttpResponse:
    headers = {"x-amz-target": f"{prefix}.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    return cloud.backend.handle(HttpRequest("lookoutequipment", SOURCE, REGION, "AKIA", method, "/", headers, body))


def error(response: HttpResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.body)
    return body


def test_an_answer_is_json_with_a_request_id(cloud: Cloud) -> None:
    response = send(cloud, "ListDatasets", b"{}")
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/x-amz-json-1.0"
    assert response.headers["x-amzn-RequestId"]
    assert json.loads(response.body) == {"DatasetSummaries": []}


def test_the_request_id_of_the_answer_is_the_one_in_the_log(cloud: Cloud) -> None:
    response = send(cloud, "ListDatasets", b"{}")
    assert cloud.backend.calls.all()[0].request_id == response.headers["x-amzn-RequestId"]


def test_an_empty_body_has_no_parameters(cloud: Cloud) -> None:
    assert send(cloud, "ListDatasets", b"").status == 200


def test_an_error_carries_its_type_and_message(cloud: Cloud) -> None:
    response = send(cloud, "DescribeDataset", b'{"DatasetName": "none"}')
    assert response.status == 400
    assert error(response) == {
        "__type": "ResourceNotFoundException",
        "Message": "The dataset none does not exist",
    }


@pytest.mark.parametrize(("fault", "status"), [(Fault.server_error(), 500), (Fault.throttle(), 400)])
def test_an_error_has_the_status_of_whose_fault_it_is_in_the_model(cloud: Cloud, fault: Fault, status: int) -> None:
    cloud.backend.faults.add("ListDatasets", fault)
    assert send(cloud, "ListDatasets", b"").status == status


@pytest.mark.parametrize("service", [Equipment(), Vision(Here(Settings()))], ids=lambda service: service.name)
def test_what_raises_an_error_of_the_model_does_not_say_its_status(service: Service) -> None:
    for code in ("InternalServerException", "ThrottlingException", "ValidationException"):
        error = ServiceError(code, "", status=999)
        assert service.protocol.error(error, "").status == service.model.error_status(code)
    assert service.protocol.error(ServiceError("UnknownOperationException", "", status=404), "").status == 404


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b"\xff", b'{"MaxResults": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_serialization_error(cloud: Cloud, body: bytes) -> None:
    response = send(cloud, "ListDatasets", body)
    assert (response.status, error(response)["__type"]) == (400, "SerializationException")


def test_an_operation_that_the_model_does_not_have_is_unknown(cloud: Cloud) -> None:
    response = send(cloud, "MakeCoffee", b"{}")
    assert (response.status, error(response)["__type"]) == (400, "UnknownOperationException")
    assert "MakeCoffee" in error(response)["Message"]


@pytest.mark.parametrize(("method", "prefix"), [("GET", PREFIX), ("POST", "Other")])
def test_a_request_of_another_form_is_unknown(cloud: Cloud, method: str, prefix: str) -> None:
    response = send(cloud, "ListDatasets", b"{}", method=method, prefix=prefix)
    assert error(response)["__type"] == "UnknownOperationException"


def test_all_49_operations_of_the_model_have_a_handler() -> None:
    equipment = Equipment()
    assert len([equipment.handler(operation) for operation in equipment.model.operations]) == 49


def test_timestamps_are_epoch_seconds(cloud: Cloud) -> None:
    cloud.dataset("pumps")
    body = json.loads(send(cloud, "DescribeDataset", b'{"DatasetName": "pumps"}').body)
    assert body["CreatedAt"] == cloud.clock.now().timestamp()


def test_members_without_a_value_are_absent(cloud: Cloud) -> None:
    cloud.dataset("pumps")
    body = json.loads(send(cloud, "DescribeDataset", b'{"DatasetName": "pumps"}').body)
    assert set(body) == {"DatasetName", "DatasetArn", "CreatedAt", "LastUpdatedAt", "Status"}


def test_a_service_that_is_not_here_is_not_answered_for(cloud: Cloud) -> None:
    assert cloud.backend.services == {"lookoutequipment", "lookoutvision"}
    with pytest.raises(KeyError):
        cloud.backend.handle(HttpRequest("s3", SOURCE, REGION, "AKIA", "GET", "/", {}, b""))
