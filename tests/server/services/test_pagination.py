"""Pages of lists."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.pagination import page
from tests.server.services.support import Cloud, refused, schema


def names(answer: dict[str, Any]) -> list[str]:
    return [one["DatasetName"] for one in answer["DatasetSummaries"]]


@pytest.fixture
def five(cloud: Cloud) -> Cloud:
    """A cloud with datasets a to e."""
    for name in "abcde":
        cloud.dataset(name)
    return cloud


def test_pages_follow_one_another(five: Cloud) -> None:
    first = five.source.list_datasets(MaxResults=2)
    second = five.source.list_datasets(MaxResults=2, NextToken=first["NextToken"])
    third = five.source.list_datasets(MaxResults=2, NextToken=second["NextToken"])
    assert [names(one) for one in (first, second, third)] == [["a", "b"], ["c", "d"], ["e"]]
    assert "NextToken" not in third


def test_a_list_that_fits_has_no_next_token(five: Cloud) -> None:
    assert "NextToken" not in five.source.list_datasets(MaxResults=5)


def test_the_size_of_a_page_has_a_setting(five: Cloud) -> None:
    five.settings.page_size = 3
    assert names(five.source.list_datasets()) == ["a", "b", "c"]


def test_what_is_deleted_between_pages_moves_nothing(five: Cloud) -> None:
    first = five.source.list_datasets(MaxResults=2)
    five.source.delete_dataset(DatasetName="b")
    five.source.delete_dataset(DatasetName="c")
    assert names(five.source.list_datasets(NextToken=first["NextToken"])) == ["d", "e"]


def test_what_is_made_between_pages_comes_last(five: Cloud) -> None:
    first = five.source.list_datasets(MaxResults=4)
    five.dataset("aa")
    assert names(five.source.list_datasets(NextToken=first["NextToken"])) == ["e", "aa"]


def test_the_size_may_change_from_page_to_page(five: Cloud) -> None:
    first = five.source.list_datasets(MaxResults=1)
    assert names(five.source.list_datasets(MaxResults=9, NextToken=first["NextToken"])) == ["b", "c", "d", "e"]


@pytest.mark.parametrize(
    "token", ["", "x", "////", "eA==", base64.b64encode(b"a:b").decode(), base64.b64encode(b"a:1").decode()]
)
def test_a_token_that_is_none_is_refused(five: Cloud, token: str) -> None:
    message = refused("ValidationException", five.source.list_datasets, NextToken=token)
    assert "NextToken is invalid" in message


def test_a_token_belongs_to_its_filters_operation_and_account(five: Cloud) -> None:
    token = five.source.list_datasets(MaxResults=1)["NextToken"]
    refused("ValidationException", five.source.list_datasets, NextToken=token, DatasetNameBeginsWith="a")
    refused("ValidationException", five.source.list_models, NextToken=token)
    refused("ValidationException", five.target.list_datasets, NextToken=token)


def test_every_list_has_pages(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.add_version(source)
    cloud.ingest("pumps")
    cloud.source.create_model(ModelName="tear", DatasetName="pumps")
    cloud.dataset("other", DatasetSchema=schema(p=["x"]))
    for name in ("a", "b"):
        cloud.source.create_label_group(LabelGroupName=name)
    lists = {
        cloud.source.list_datasets: ({}, "DatasetSummaries"),
        cloud.source.list_models: ({}, "ModelSummaries"),
        cloud.source.list_model_versions: ({"ModelName": "wear"}, "ModelVersionSummaries"),
        cloud.source.list_data_ingestion_jobs: ({}, "DataIngestionJobSummaries"),
        cloud.source.list_sensor_statistics: ({"DatasetName": "pumps"}, "SensorStatisticsSummaries"),
        cloud.source.list_label_groups: ({}, "LabelGroupSummaries"),
    }
    for call, (parameters, member) in lists.items():
        first = call(**parameters, MaxResults=1)
        second = call(**parameters, MaxResults=1, NextToken=first["NextToken"])
        assert len(first[member]) == len(second[member]) == 1
        assert first[member] != second[member]
        assert "NextToken" not in second


def above(items: list[int], number: int) -> list[int]:
    return [one for one in items if one > number]


@given(st.sets(st.integers(0, 1000)), st.lists(st.integers(1, 7), min_size=1))
def test_pages_of_any_sizes_together_are_the_list(items: set[int], sizes: list[int]) -> None:
    seen: list[int] = []
    token: str | None = None
    for turn in range(len(items) + 1):
        parameters: dict[str, Any] = {"MaxResults": sizes[turn % len(sizes)]}
        if token:
            parameters["NextToken"] = token
        shown, token = page(
            lambda after: [one for one in sorted(items) if one > after], int, parameters, scope="s", default_size=5
        )
        seen += shown
        if token is None:
            break
    assert seen == sorted(items)


@given(st.text(max_size=80))
def test_no_token_makes_a_list_crash(token: str) -> None:
    with pytest.raises(ServiceError):
        page(lambda after: [1, 2], int, {"NextToken": token}, scope="s", default_size=1)
