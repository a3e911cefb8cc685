"""What becomes of the resources of a nested stack when that is updated or deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from lookout_local.cloud import LocalCloud
from lookout_local.deployment import Deployer, DeploymentFailed

from .conftest import ENVIRONMENT

pytestmark = pytest.mark.e2e

Resources = dict[str, dict[str, Any]]
OWN: Resources = {"Own": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}}


class Nesting:
    """A stack, and one that is nested in it."""

    def __init__(self, cloud: LocalCloud, name: str) -> None:
        self.name = name
        self._cloud = cloud
        self._s3 = cloud.client("s3")
        self._ssm = cloud.client("ssm")
        self._deployer = Deployer(lambda service, *, account, region: cloud.client(service, account, region))

    def deploy(self, inside: Resources | None, outputs: dict[str, Any] | None = None, **beside: Any) -> dict[str, str]:
        """Deploy the stack, with these resources in the nested one, if there is to be one."""
        resources: Resources = {**OWN, **beside}
        if inside is not None:
            body = json.dumps({"Resources": inside, "Outputs": outputs or {}})
            key = f"{self.name}-{hash(body)}.json"
            self._s3.create_bucket(Bucket="nested-templates")
            self._s3.put_object(Bucket="nested-templates", Key=key, Body=body)
            url = f"{self._cloud.endpoint_url}/nested-templates/{key}"
            resources["Inner"] = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        told = {name: {"Value": {"Fn::GetAtt": ["Inner", f"Outputs.{name}"]}} for name in outputs or {}}
        return self._deployer.put(self.name, json.dumps({"Resources": resources, "Outputs": told}), ENVIRONMENT)

    def destroy(self) -> None:
        self._deployer.destroy(self.name, ENVIRONMENT)

    def parameter(self, name: str, value: str = "x", **attributes: Any) -> dict[str, Any]:
        properties = {"Type": "String", "Value": value, "Name": f"/of/{self.name}/{name}"}
        return {"Type": "AWS::SSM::Parameter", "Properties": properties, **attributes}

    def there(self) -> list[str]:
        """The parameters that there are."""
        names = [item["Name"] for item in self._ssm.describe_parameters()["Parameters"]]
        return sorted(name.rpartition("/")[2] for name in names if name.startswith(f"/of/{self.name}/"))

    def remove(self) -> None:
        """Remove all that is left."""
        self.destroy()
        for name in self.there():
            self._ssm.delete_parameter(Name=f"/of/{self.name}/{name}")


@pytest.fixture
def nesting(lookout_cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[Nesting]:
    made = Nesting(lookout_cloud, "-".join(re.findall("[a-zA-Z]+", request.node.name)))
    yield made
    made.remove()


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_what_is_to_be_retained_outlives_a_nested_stack(nesting: Nesting, policy: str) -> None:
    kept, gone = nesting.parameter("kept", DeletionPolicy=policy), nesting.parameter("gone")
    nesting.deploy({"Kept": kept, "Gone": gone})
    nesting.deploy(None)
    assert nesting.there() == ["kept"]


def test_what_a_rolled_back_creation_made_is_retained_only_if_that_was_asked_for(nesting: Nesting) -> None:
    nesting.deploy(None)
    inside = {
        "Kept": nesting.parameter("kept", DeletionPolicy="Retain"),
        "Gone": nesting.parameter("gone", DeletionPolicy="RetainExceptOnCreate"),
    }
    bad = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "nonsense"}, "DependsOn": "Inner"}
    with pytest.raises(DeploymentFailed):
        nesting.deploy(inside, Bad=bad)
    assert nesting.there() == ["kept"]


def test_what_did_not_change_in_an_update_keeps_its_attributes(nesting: Nesting) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    outputs = {"Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}
    made = nesting.deploy({"Role": role, "Changing": nesting.parameter("changing")}, outputs)
    assert nesting.deploy({"Role": role, "Changing": nesting.parameter("changing", "y")}, outputs) == made
