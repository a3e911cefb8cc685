"""CDK's own custom resources beside ours, in one stack: deployed, updated and destroyed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as s3_deployment
from aws_cdk import custom_resources

from cdk_lookout import equipment
from lookout_local import DeploymentFailed, LocalCloud
from lookout_local.tools import find_cdk

ROOT = Path(__file__).parents[2]
DESTROY = cdk.RemovalPolicy.DESTROY
APP = """
import os
import aws_cdk as cdk
from tests.e2e.test_custom_resources import Mixed

app = cdk.App()
Mixed(app, "MixedByHand", os.environ["CONTENT"])
app.synth()
"""


class Mixed(cdk.Stack):
    """A bucket that is filled and emptied, a call of an API, and a dataset of ours."""

    def __init__(self, scope: Any, id: str, content: str, **options: Any) -> None:
        super().__init__(scope, id)
        bucket = s3.Bucket(self, "Bucket", auto_delete_objects=True, removal_policy=DESTROY, versioned=True)
        sources = [s3_deployment.Source.data("site/index.html", content), s3_deployment.Source.data("same", "x")]
        s3_deployment.BucketDeployment(self, "Files", destination_bucket=bucket, sources=sources, sign_content=True)
        self._call("SSM", "PutParameter", "DeleteParameter", {"Value": content, "Type": "String", "Overwrite": True})
        pumps = equipment.Dataset(
            self, "Pumps", source=equipment.DatasetSource.detected(), dataset_name=f"{id}-pumps", removal_policy=DESTROY
        )
        described = custom_resources.AwsCustomResource(
            self,
            "Described",
            install_latest_aws_sdk=False,
            on_update=custom_resources.AwsSdkCall(
                service="lookoutequipment",
                action="describeDataset",
                parameters={"DatasetName": pumps.dataset_name},
                physical_resource_id=custom_resources.PhysicalResourceId.of("described"),
            ),
            policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"]),
        )
        cdk.CfnOutput(self, "BucketName", value=bucket.bucket_name)
        cdk.CfnOutput(self, "Status", value=described.get_response_field("Status"))

    def _call(self, service: str, put: str, delete: str, parameters: dict[str, Any]) -> None:
        named = {"Name": f"/{self.stack_name}/called"}
        custom_resources.AwsCustomResource(
            self,
            "Call",
            on_update=custom_resources.AwsSdkCall(
                service=service,
                action=put,
                parameters={**named, **parameters},
                physical_resource_id=custom_resources.PhysicalResourceId.of(named["Name"]),
            ),
            on_delete=custom_resources.AwsSdkCall(service=service, action=delete, parameters=named),
            policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"]),
        )


class Look:
    """What is in the cloud."""

    def __init__(self, cloud: LocalCloud, stack: str) -> None:
        self.s3 = cloud.client("s3")
        self.parameter = f"/{stack}/called"
        self.ssm = cloud.client("ssm")

    def called(self) -> list[str]:
        return [found["Value"] for found in self.ssm.get_parameters(Names=[self.parameter])["Parameters"]]

    def files(self, bucket: str) -> dict[str, str]:
        keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {key: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}

    def buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]


def test_they_run_beside_ours_from_a_test(lookout_cloud: LocalCloud) -> None:
    look = Look(lookout_cloud, "Mixed")
    before = sorted(os.listdir("/tmp"))
    outputs = lookout_cloud.deploy(Mixed(cdk.App(), "Mixed", "first"))
    assert outputs["Status"] == "CREATED"
    assert look.files(outputs["BucketName"]) == {"site/index.html": "first", "same": "x"}
    assert look.called() == ["first"]
    lookout_cloud.deploy(Mixed(cdk.App(), "Mixed", "second"))
    assert look.files(outputs["BucketName"]) == {"site/index.html": "second", "same": "x"}
    assert look.called() == ["second"]
    lookout_cloud.destroy(Mixed(cdk.App(), "Mixed", "second"))
    assert outputs["BucketName"] not in look.buckets()
    assert look.called() == []
    new = set(os.listdir("/tmp")) - set(before)
    assert not [name for name in new if name in ("aws_cli_config", "node_modules", ".npm", "package.json")]


def test_they_run_beside_ours_from_the_cdk_cli(lookout_cloud: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    look = Look(lookout_cloud, "MixedByHand")

    def run(content: str, *arguments: str) -> None:
        inner = {"CONTENT": content, "PYTHONPATH": str(ROOT), "CDK_VALIDATION": "false", **lookout_cloud.env()}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        command = ["node", str(find_cdk(ROOT)), "--app", f"{sys.executable} app.py", *arguments]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, **inner, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("first", "bootstrap", "aws://111111111111/us-east-1")
    run("first", "deploy", "--require-approval", "never", "--outputs-file", "outputs.json")
    bucket = json.loads((tmp_path / "outputs.json").read_text())["MixedByHand"]["BucketName"]
    assert look.files(bucket) == {"site/index.html": "first", "same": "x"}
    run("second", "deploy", "--require-approval", "never")
    assert (look.files(bucket)["site/index.html"], look.called()) == ("second", ["second"])
    run("second", "destroy", "--force")
    assert (bucket in look.buckets(), look.called()) == (False, [])


def test_a_bucket_that_is_not_to_be_emptied_any_more_keeps_its_objects(lookout_cloud: LocalCloud) -> None:
    def stack(*, empties: bool) -> cdk.Stack:
        made = cdk.Stack(cdk.App(), "Emptied")
        bucket = s3.Bucket(made, "Bucket", auto_delete_objects=empties, removal_policy=DESTROY)
        cdk.CfnOutput(made, "Name", value=bucket.bucket_name)
        return made

    look = Look(lookout_cloud, "Emptied")
    name = lookout_cloud.deploy(stack(empties=True))["Name"]
    look.s3.put_object(Bucket=name, Key="kept", Body=b"x")
    lookout_cloud.deploy(stack(empties=False))
    assert look.files(name) == {"kept": "x"}
    with pytest.raises(DeploymentFailed, match="not empty"):
        lookout_cloud.destroy(stack(empties=False))
    look.s3.delete_object(Bucket=name, Key="kept")
    lookout_cloud.destroy(stack(empties=False))
    assert name not in look.buckets()


def test_a_call_that_fails_fails_its_deployment_in_the_service_s_words(lookout_cloud: LocalCloud) -> None:
    stack = cdk.Stack(cdk.App(), "Refused")
    custom_resources.AwsCustomResource(
        stack,
        "Call",
        install_latest_aws_sdk=False,
        on_create=custom_resources.AwsSdkCall(
            service="SSM",
            action="getParameter",
            parameters={"Name": "/nothing/of/that/name"},
            physical_resource_id=custom_resources.PhysicalResourceId.of("x"),
        ),
        policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"]),
    )
    with pytest.raises(DeploymentFailed, match="/nothing/of/that/name not found"):
        lookout_cloud.deploy(stack)


def test_without_npm_s_registry_the_reason_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")  # where nothing listens
    missing = r"@aws-sdk/client-{} is a part of the AWS SDK .* failed: .*ECONNREFUSED"
    call = cdk.Stack(cdk.App(), "Call")
    custom_resources.AwsCustomResource(
        call,
        "Call",
        on_create=custom_resources.AwsSdkCall(
            service="SSM", action="describeParameters", physical_resource_id=custom_resources.PhysicalResourceId.of("x")
        ),
        policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"]),
    )
    emptied = cdk.Stack(cdk.App(), "Emptied")
    s3.Bucket(emptied, "Bucket", auto_delete_objects=True, removal_policy=DESTROY)
    with LocalCloud() as cloud:
        for stack, package in ((call, "ssm"), (emptied, "s3")):
            with pytest.raises(DeploymentFailed, match=missing.format(package)):
                cloud.deploy(stack)
