"""Stacks whose services are a server of one's own, started apart: a local AWS has everything else, the files too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_lookout import LookoutProvider, equipment
from lookout_local import DeploymentFailed, LocalCloud
from lookout_shared import aws
from tests.docs import pages
from tests.e2e.conftest import PLANT
from tests.server.cli.process import client, command, key, serving
from tests.server.cli.test_process import certified

DESTROY = cdk.RemovalPolicy.DESTROY
BUCKET, SECRET = "readings", "lookout/plant"


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """Its waits are longer than other tests', because the server takes the time that it takes."""
    with LocalCloud(time_scale=0.05) as cloud:
        bucket = cloud.client("s3", account=PLANT)
        bucket.create_bucket(Bucket=BUCKET)
        rows = ["Timestamp,pressure"]
        for month in range(1, 11):
            for day in range(1, 29):
                rows += [f"2024-{month:02}-{day:02}T{hour:02}:00:00,{(month + day) % 13}" for hour in range(0, 24, 6)]
        bucket.put_object(Bucket=BUCKET, Key="data/pump/2024.csv", Body="\n".join(rows).encode())
        yield cloud


@dataclass
class Site:
    """A server, what is deployed with it, and the secret with its key."""

    cloud: LocalCloud
    data: Path
    url: str
    key: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> Any:
        return self.cloud.client("secretsmanager", account=PLANT)

    def put(self, secret: str) -> None:
        """Make that the secret, or the new value of it."""
        if any(one["Name"] == SECRET for one in self.secrets.list_secrets()["SecretList"]):
            self.secrets.put_secret_value(SecretId=SECRET, SecretString=secret)
        else:
            self.secrets.create_secret(Name=SECRET, SecretString=secret)

    def stack(self, *, trains: bool = False, **tags: str) -> cdk.Stack:
        stack = cdk.Stack(cdk.App(), "Plant", env=cdk.Environment(account=PLANT, region="us-east-1"))
        credentials = secretsmanager.Secret.from_secret_name_v2(stack, "Key", SECRET)
        LookoutProvider(stack, endpoint_url=self.url, endpoint_credentials=credentials)
        schema = equipment.DatasetSchema.from_components(equipment.SchemaComponent("pump", ["pressure"]))
        source = equipment.DatasetSource.schema(schema)
        pumps = equipment.Dataset(stack, "Pumps", source=source, dataset_name="pumps", removal_policy=DESTROY)
        if trains:
            pumps.add_ingestion("Year", bucket=s3.Bucket.from_bucket_name(stack, "Readings", BUCKET), prefix="data/")
            training = equipment.ModelSource.trained(
                pumps, training_data=equipment.TimeRange.from_iso("2024-01-01T00:00:00Z", "2024-08-01T00:00:00Z")
            )
            equipment.Model(stack, "Wear", source=training, model_name="wear", removal_policy=DESTROY)
        for name, value in tags.items():
            cdk.Tags.of(pumps).add(name, value)
        return stack

    @property
    def equipment(self) -> Any:
        """The server, as any other program with that key finds it."""
        return client("lookoutequipment", self.url, self.key)

    def status(self) -> str:
        """Of the stack that was made last."""
        stacks = self.cloud.client("cloudformation", account=PLANT).list_stacks()["StackSummaries"]
        return str(max(stacks, key=lambda stack: stack["CreationTime"])["StackStatus"])

    def datasets(self) -> list[str]:
        return [one["DatasetName"] for one in self.equipment.list_datasets()["DatasetSummaries"]]


@pytest.fixture
def site(cloud: LocalCloud, tmp_path: Path) -> Iterator[Site]:
    data = tmp_path / "data"
    root = {name: cloud.env(account=PLANT)[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    # Both as the documentation has them.
    page = pages.text("docs/server/constructs.md")
    [policy] = re.findall(r"<<'END'\n(.*?)^END$", page, re.DOTALL | re.MULTILINE)
    [roles] = re.findall(r"--set '(roles=.*?)'", page)
    made = dict(key(data, account=PLANT, policy=policy))
    with serving(data, "--s3-endpoint", cloud.endpoint_url, "--set", roles, **root) as server:
        site = Site(cloud, data, server.url, made)
        site.put(json.dumps(made))
        yield site
        site.cloud.destroy(site.stack())


def test_a_stack_lives_in_a_server_of_ones_own(site: Site) -> None:
    site.cloud.deploy(site.stack(trains=True))
    pumps = site.equipment.describe_dataset(DatasetName="pumps")
    assert pumps["IngestedFilesSummary"]["IngestedNumberOfFiles"] == 1
    assert site.equipment.describe_model(ModelName="wear")["Status"] == "SUCCESS"
    assert site.cloud.client("lookoutequipment", account=PLANT).list_datasets()["DatasetSummaries"] == []
    site.cloud.deploy(site.stack(trains=True, line="7"))
    tags = site.equipment.list_tags_for_resource(ResourceArn=pumps["DatasetArn"])["Tags"]
    assert {"Key": "line", "Value": "7"} in tags
    site.cloud.destroy(site.stack())
    assert site.datasets() == []
    assert site.equipment.list_models()["ModelSummaries"] == []


def test_a_key_that_was_rotated_is_read_again(site: Site) -> None:
    site.cloud.deploy(site.stack())
    old = site.key["access_key"]
    site.key = json.loads(command("keys", "rotate", "plant", "--json", "--data", site.data))
    site.put(json.dumps(site.key))
    command("keys", "revoke", old, "--data", site.data)
    site.cloud.deploy(site.stack(line="7"))
    arn = site.equipment.describe_dataset(DatasetName="pumps")["DatasetArn"]
    assert {"Key": "line", "Value": "7"} in site.equipment.list_tags_for_resource(ResourceArn=arn)["Tags"]


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ({"access_key": "AKIAWRONG0000000000", "secret_access_key": "wrong"}, "the endpoint refuses the key in secret"),
        ({"username": "plant"}, "endpoint_credentials: secret .*: got no access_key, expected JSON with access_key"),
    ],
    ids=["unknown", "malformed"],
)
def test_a_deployment_with_a_wrong_secret_fails_and_leaves_nothing(
    site: Site, secret: dict[str, str], said: str
) -> None:
    site.put(json.dumps(secret))
    with pytest.raises(DeploymentFailed, match=said):
        site.cloud.deploy(site.stack())
    assert site.datasets() == []
    assert site.status() in ("ROLLBACK_COMPLETE", "DELETE_COMPLETE")


def _list_anew() -> Any:
    """What the server has, with a client as a new process of the function makes it."""
    aws.client.cache_clear()
    aws._session.cache_clear()
    try:
        return aws.Service("lookoutequipment", "us-east-1").call("ListDatasets")
    finally:
        aws.client.cache_clear()
        aws._session.cache_clear()


def test_the_sdk_of_the_function_trusts_an_authority_of_ones_own_only_if_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, private = certified(tmp_path)
    made = key(tmp_path / "data")
    with serving(tmp_path / "data", "--tls-certificate", certificate, "--tls-key", private) as server:
        monkeypatch.setenv("LOOKOUT_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", made["access_key"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", made["secret_access_key"])
        with pytest.raises(aws.ServiceError, match="certificate verify failed"):
            _list_anew()
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        assert _list_anew() == {"DatasetSummaries": []}
