"""Client tokens: asked twice, done once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lookout_server.entities.blob import Keeper
from lookout_server.entities.session import Session
from lookout_server.equipment.state import Inventory
from lookout_server.settings import Settings
from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY, SqliteDocuments
from tests.server.services.support import REGION, ROLE, SOURCE, Cloud, location, policy, refused


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def requests(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """A request of each operation that has a client token, on things that are there."""
    version = cloud.trained_model("wear")
    arn = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    return {
        "create_dataset": {"DatasetName": "new"},
        "import_dataset": {"DatasetName": "copy", "SourceDatasetArn": arn},
        "start_data_ingestion_job": {
            "DatasetName": "pumps",
            "RoleArn": ROLE,
            "IngestionInputConfiguration": location("data", "raw/"),
        },
        "create_model": {"ModelName": "new", "DatasetName": "pumps"},
        "import_model_version": {"ModelName": "wear", "DatasetName": "pumps", "SourceModelVersionArn": version},
        "put_resource_policy": {"ResourceArn": arn, "ResourcePolicy": policy(arn, action="ImportDataset")},
        "create_label_group": {"LabelGroupName": "new"},
    }


OPERATIONS = [
    "create_dataset",
    "import_dataset",
    "start_data_ingestion_job",
    "create_model",
    "import_model_version",
    "put_resource_policy",
    "create_label_group",
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_same_request_has_the_same_answer(cloud: Cloud, operation: str) -> None:
    call, request = getattr(cloud.source, operation), requests(cloud)[operation]
    first = call(**request, ClientToken="once")
    assert without_metadata(call(**request, ClientToken="once")) == without_metadata(first)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_the_token_the_request_is_another(cloud: Cloud, operation: str) -> None:
    call, request = getattr(cloud.source, operation), requests(cloud)[operation]
    call(**request)
    refused("ConflictException", call, **request)


def test_nothing_is_done_twice(cloud: Cloud) -> None:
    request = requests(cloud)["import_model_version"]
    for _ in range(3):
        cloud.source.import_model_version(**request, ClientToken="once")
    versions = cloud.source.list_model_versions(ModelName="wear")["ModelVersionSummaries"]
    assert [one["ModelVersion"] for one in versions] == [1, 2]


@pytest.mark.parametrize("token", ["\0", "a\0b", "a/b", "%00", "\x7f" * 256])
def test_a_token_is_any_text_that_the_model_allows(cloud: Cloud, token: str) -> None:
    made = cloud.source.create_dataset(DatasetName="new", ClientToken=token)
    again = cloud.source.create_dataset(DatasetName="new", ClientToken=token)
    assert without_metadata(again) == without_metadata(made)


def test_the_same_token_with_other_parameters_is_refused(cloud: Cloud) -> None:
    cloud.dataset("a", ClientToken="once")
    message = refused("ValidationException", cloud.source.create_dataset, DatasetName="b", Tags=[], ClientToken="once")
    assert message.endswith("with other parameters: DatasetName, Tags")


def test_the_error_for_other_parameters_is_a_setting(cloud: Cloud) -> None:
    cloud.settings.client_token_mismatch = "ConflictException"
    cloud.dataset("a", ClientToken="once")
    refused("ConflictException", cloud.source.create_dataset, DatasetName="b", ClientToken="once")


def test_tokens_of_operations_and_accounts_are_apart(cloud: Cloud) -> None:
    cloud.dataset("a", ClientToken="once")
    cloud.dataset("a", client=cloud.target, ClientToken="once")
    cloud.source.create_label_group(LabelGroupName="a", ClientToken="once")


def test_a_refused_request_leaves_no_token(cloud: Cloud) -> None:
    cloud.dataset("a")
    refused("ConflictException", cloud.source.create_dataset, DatasetName="a", ClientToken="once")
    cloud.source.delete_dataset(DatasetName="a")
    cloud.dataset("a", ClientToken="once")


def test_a_token_answers_even_when_the_resource_is_gone(cloud: Cloud) -> None:
    arn = cloud.dataset("a", ClientToken="once")
    cloud.source.delete_dataset(DatasetName="a")
    assert cloud.dataset("a", ClientToken="once") == arn
    assert cloud.source.list_datasets()["DatasetSummaries"] == []


def test_a_token_is_forgotten_after_its_lifetime(cloud: Cloud) -> None:
    cloud.dataset("a", ClientToken="once")
    cloud.clock.advance(cloud.settings.client_token_lifetime.total_seconds())
    refused("ConflictException", cloud.source.create_dataset, DatasetName="a", ClientToken="once")


def test_the_first_answer_stays_as_it_was(cloud: Cloud) -> None:
    cloud.active_dataset()
    request = {"ModelName": "wear", "DatasetName": "pumps", "ClientToken": "once"}
    cloud.source.create_model(**request)
    for _ in range(3):
        cloud.source.describe_model(ModelName="wear")
    assert cloud.source.create_model(**request)["Status"] == "IN_PROGRESS"


def test_a_repeated_request_is_authorized_again(cloud: Cloud) -> None:
    cloud.dataset("a", ClientToken="once")
    cloud.authorizer.denied.add("lookoutequipment:CreateDataset")
    refused("AccessDeniedException", cloud.source.create_dataset, DatasetName="a", ClientToken="once")


def test_an_account_has_so_many_tokens_and_the_oldest_are_forgotten(cloud: Cloud) -> None:
    cloud.settings.limits.client_tokens = 2
    for name in ("a", "b", "c"):
        cloud.dataset(name, ClientToken=name)
    refused("ConflictException", cloud.source.create_dataset, DatasetName="a", ClientToken="a")
    assert cloud.dataset("b", ClientToken="b") == cloud.source.describe_dataset(DatasetName="b")["DatasetArn"]


def test_tokens_do_not_keep_what_was_sent_with_them() -> None:
    documents, now, settings = SqliteDocuments(MEMORY), datetime(2024, 1, 1, tzinfo=UTC), Settings()
    home = Inventory(Session(documents, Keeper(ScratchBlobs())), SOURCE, REGION)
    tokens = home.tokens
    request = {"ClientToken": "once", "Changes": b"x" * 10**6, "Schema": "x" * 10**6, "At": now}
    tokens.remember("Update", request, {"Status": "DONE"}, now, settings)
    home.session.commit()
    [kept] = documents.by_id(home.kind("token"))
    assert len(json.dumps(kept.body)) < 2_000
    assert tokens.earlier_answer("Update", dict(request), now, settings) == {"Status": "DONE"}
