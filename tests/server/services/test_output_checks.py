"""Answers that break the service model are failures of ours, and are found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lookout_server.protocol.errors import WrongAnswer, not_found
from lookout_server.protocol.model import Model
from tests.server.services.support import Cloud, refused

MODEL = Model("lookoutequipment")


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        ({"Colour": "red"}, "colour"),
        ({"Status": "DONE"}, "status"),
        ({"DatasetName": "a b"}, "datasetName"),
        ({"DatasetName": 7}, "datasetName"),
        ({"CreatedAt": "now"}, "createdAt"),
        ({"CreatedAt": datetime(2024, 1, 1)}, "createdAt"),
        ({"IngestedFilesSummary": {"TotalNumberOfFiles": 1}}, "ingestedFilesSummary.ingestedNumberOfFiles"),
        ({"IngestedFilesSummary": {"TotalNumberOfFiles": 1.5, "IngestedNumberOfFiles": 1}}, "totalNumberOfFiles"),
        ({"DatasetArn": "arn"}, "datasetArn"),
    ],
)
def test_an_answer_that_breaks_the_model_is_found(answer: dict[str, Any], part: str) -> None:
    with pytest.raises(WrongAnswer, match=part):
        MODEL.write("DescribeDataset", answer)


def test_an_operation_without_an_answer_has_none() -> None:
    assert MODEL.write("DeleteDataset", {}) == {}
    with pytest.raises(WrongAnswer, match="DeleteDataset"):
        MODEL.write("DeleteDataset", {"DatasetName": "a"})


def test_a_time_becomes_epoch_seconds_with_milliseconds() -> None:
    when = datetime(2024, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC)
    assert MODEL.write("DescribeDataset", {"CreatedAt": when}) == {"CreatedAt": 1704067200.123}


def test_a_wrong_answer_is_an_internal_failure(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookout_server.equipment._OPERATIONS", {"ListDatasets": lambda call: {"Wrong": 1}})
    message = refused("InternalServerException", cloud.source.list_datasets)
    assert "request" in message
    [failure] = cloud.expected_failures = list(cloud.backend.internal_failures)
    assert "answer of ListDatasets" in failure


def test_a_crash_is_an_internal_failure(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookout_server.equipment._OPERATIONS", {"ListDatasets": lambda call: {"a": 1 / 0}})
    message = refused("InternalServerException", cloud.source.list_datasets)
    request = cloud.backend.calls.all()[-1].request_id
    assert message == f"An internal error occurred; the log of the server has more about request {request}"
    cloud.expected_failures = ["ListDatasets: ZeroDivisionError: division by zero"]


def test_an_error_that_the_model_does_not_list_is_an_internal_failure(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookout_server.equipment._OPERATIONS", {"ListDatasets": _not_found})
    refused("InternalServerException", cloud.source.list_datasets)
    cloud.expected_failures = ["ListDatasets cannot answer with ResourceNotFoundException: gone"]


def _not_found(call: object) -> dict[str, Any]:
    raise not_found("gone")
