"""The services behind the check of who calls: what an unmodified client sees, with files in a directory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.session
import pytest
from botocore import auth
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ClientError

from lookout_server.api_models import MODELS
from lookout_server.backend import Backend
from lookout_server.clock import ManualClock
from lookout_server.files.directory import DirectoryBuckets
from lookout_server.files.places import Area, Grant, PlacedStorage, Places
from lookout_server.identity.callers import Callers
from lookout_server.identity.key_authorizer import KeyAuthorizer
from lookout_server.identity.keys import Keys, NewKey
from lookout_server.protocol.http import HttpRequest

from .support import ACCOUNT, REGION, Sent, allow, policy

ROLE = f"arn:aws:iam::{ACCOUNT}:role/Reader"
CSV = "Timestamp,a,b\n" + "".join(f"2024-01-{day:02} 00:00:00,{day},{day % 3}\n" for day in range(1, 29))


def source(prefix: str) -> dict[str, Any]:
    return {
        "S3InputConfiguration": {"Bucket": "sensors", "Prefix": prefix, "KeyPattern": "{prefix}/{component_name}/*"}
    }


PASSING = allow("iam:PassRole", ROLE)

Client = Callable[[NewKey], Any]


@pytest.fixture
def client(keys: Keys, callers: Callers, clock: ManualClock, tmp_path: Path) -> Iterator[Client]:
    """Makes clients whose requests come to the services if they are signed with a key."""
    file = tmp_path / "buckets/sensors/plant-a/pump1/a.csv"
    file.parent.mkdir(parents=True)
    file.write_text(CSV)
    (tmp_path / "buckets/sensors/plant-b").symlink_to("plant-a")
    grant = Grant(ROLE, DirectoryBuckets(tmp_path / "buckets"), read=(Area("sensors", "plant-a/"),))
    storage = PlacedStorage(Places("places.toml", roles=[grant]))
    backend = Backend(storage=storage, clock=clock, authorizer=KeyAuthorizer(keys, clock.now))

    def answer(request: Any, **_: object) -> AWSResponse:
        sent = Sent.prepared(request)
        caller = callers.identify(sent, hashlib.sha256(sent.body).hexdigest())
        named = (caller.service, caller.holder.account, caller.region, caller.access_key)
        response = backend.handle(HttpRequest(*named, sent.method, sent.target, sent.headers, sent.body))
        raw: Any = io.BytesIO(response.body)
        raw.stream = lambda *_, **__: iter([response.body])
        headers: Any = HeadersDict(response.headers)
        return AWSResponse(request.url, response.status, headers, raw)

    def made(key: NewKey) -> Any:
        session = botocore.session.Session()
        session.get_component("data_loader").search_paths.insert(0, str(MODELS))
        found = session.create_client(
            "lookoutequipment",
            region_name=REGION,
            endpoint_url="http://127.0.0.1:9000",
            aws_access_key_id=key.access_key,
            aws_secret_access_key=key.secret,
        )
        found.meta.events.register("before-send", answer)
        return found

    with mock.patch.object(auth, "get_current_datetime", clock.now):
        yield made


def ingested(client: Any, clock: ManualClock, prefix: str = "plant-a/") -> dict[str, Any]:
    """The description of an ingestion that is over."""
    job = client.start_data_ingestion_job(DatasetName="pumps", IngestionInputConfiguration=source(prefix), RoleArn=ROLE)
    while True:
        clock.advance(60)
        found: dict[str, Any] = client.describe_data_ingestion_job(JobId=job["JobId"])
        if found["Status"] != "IN_PROGRESS":
            return found


def test_a_key_does_what_its_policy_allows_with_the_files_of_its_role(
    keys: Keys, client: Client, clock: ManualClock
) -> None:
    own = f"arn:aws:lookoutequipment:{REGION}:${{aws:PrincipalAccount}}:*"
    key = keys.add(
        "plant",
        account=ACCOUNT,
        policy=policy(
            allow("lookoutequipment:*", own),
            allow(["lookoutequipment:List*", "lookoutequipment:DescribeDataIngestionJob"]),
            PASSING,
        ),
    )
    plant = client(key)
    plant.create_dataset(DatasetName="pumps")
    assert [one["DatasetName"] for one in plant.list_datasets()["DatasetSummaries"]] == ["pumps"]
    found = ingested(plant, clock)
    assert found["Status"] == "SUCCESS", found
    assert found["IngestedFilesSummary"]["TotalNumberOfFiles"] == 1


def test_a_role_that_may_not_read_the_files_fails_with_the_way_out(
    keys: Keys, client: Client, clock: ManualClock, plant: NewKey
) -> None:
    made = client(plant)
    made.create_dataset(DatasetName="pumps")
    found = ingested(made, clock, prefix="plant-b/")
    assert found["Status"] == "FAILED"
    assert "places.toml has to allow it" in found["FailedReason"]


def test_what_a_key_may_not_do_is_denied_with_its_name(keys: Keys, client: Client) -> None:
    key = keys.add("plant", account=ACCOUNT, policy=policy(allow("lookoutequipment:*")))
    made = client(key)
    made.create_dataset(DatasetName="pumps")
    with pytest.raises(ClientError, match=r"AccessDenied.*user/plant is not authorized to perform: iam:PassRole on"):
        made.start_data_ingestion_job(DatasetName="pumps", IngestionInputConfiguration=source("plant-a/"), RoleArn=ROLE)
    keys.change_policy("plant", policy(allow("lookoutequipment:Describe*")))
    with pytest.raises(ClientError, match="lookoutequipment:ListDatasets"):
        made.list_datasets()


def test_accounts_do_not_see_one_another(keys: Keys, client: Client, plant: NewKey) -> None:
    client(plant).create_dataset(DatasetName="pumps")
    other = keys.add("other", account="999999999999", policy=policy(allow()))
    assert client(other).list_datasets()["DatasetSummaries"] == []
    assert client(plant).list_datasets()["DatasetSummaries"] != []
