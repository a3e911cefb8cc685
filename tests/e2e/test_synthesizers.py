"""Stacks of every synthesizer, in accounts that nobody has bootstrapped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_ssm as ssm

from lookout_local import LocalCloud, process
from lookout_local.clients import client

ROOT = Path(__file__).parents[2]
OWN_ROLES = {
    name: f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/own-{name.split('_')[0]}"
    for name in (
        "deploy_role_arn",
        "file_asset_publishing_role_arn",
        "cloud_formation_execution_role",
        "lookup_role_arn",
    )
}


def synthesizers() -> dict[str, Any]:
    """One of each, by the name of the stack that has it."""
    default = cdk.DefaultStackSynthesizer
    return {
        "Default": default(),
        "Qualified": default(qualifier="mine", bucket_prefix="some/where/"),
        "WithoutRule": default(generate_bootstrap_version_rule=False),
        "OwnBucket": default(file_assets_bucket_name="own-${AWS::AccountId}-${AWS::Region}", qualifier="other"),
        "OwnBucketWithoutRule": default(file_assets_bucket_name="another", generate_bootstrap_version_rule=False),
        "OwnNames": default(bootstrap_stack_version_ssm_parameter="/own/version", **OWN_ROLES),
        "Credentials": cdk.CliCredentialsStackSynthesizer(),
        "CredentialsQualified": cdk.CliCredentialsStackSynthesizer(qualifier="third", bucket_prefix="below/"),
        "CredentialsOwnBucket": cdk.CliCredentialsStackSynthesizer(file_assets_bucket_name="of-the-caller"),
        "Legacy": cdk.LegacyStackSynthesizer(),
    }


def define(app: cdk.App, name: str, synthesizer: Any) -> cdk.Stack:
    """A stack with a file and a directory as assets, and outputs that say where they are."""
    stack = cdk.Stack(app, name, synthesizer=synthesizer)
    for kind, path in (("File", Path(__file__)), ("Folder", Path(__file__).parents[1] / "golden/0.1.0")):
        asset = s3_assets.Asset(stack, kind, path=str(path))
        cdk.CfnOutput(stack, f"{kind}Place", value=f"{asset.s3_bucket_name}/{asset.s3_object_key}")
    ssm.StringParameter(stack, "Own", string_value="x")
    return stack


APP = """
import aws_cdk as cdk
from tests.e2e.test_synthesizers import define, synthesizers

app = cdk.App()
for name, synthesizer in synthesizers().items():
    define(app, name, synthesizer)
cdk.Stack(app, "Bootstrapless", synthesizer=cdk.BootstraplessSynthesizer()).template_options.description = "no assets"
cdk.aws_ssm.StringParameter(app.node.find_child("Bootstrapless"), "Own", string_value="x")
app.synth()
"""


def look(s3: Any, outputs: dict[str, str]) -> None:
    """The assets are where the stack expects them."""
    bucket, key = outputs["FilePlace"].split("/", 1)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == Path(__file__).read_bytes()
    bucket, key = outputs["FolderPlace"].split("/", 1)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read(2) == b"PK"


@pytest.mark.parametrize("name", list(synthesizers()))
@pytest.mark.parametrize("place", [("444444444444", "us-east-1"), ("555555555556", "eu-west-1")], ids=["home", "away"])
def test_a_test_deploys_it(lookout_cloud: LocalCloud, name: str, place: tuple[str, str]) -> None:
    account, region = place

    def stack() -> cdk.Stack:
        own = synthesizers()[name]
        if region != "us-east-1" and name in ("OwnBucketWithoutRule", "CredentialsOwnBucket"):
            own = type(own)(file_assets_bucket_name=f"{name.lower()}-away")
        return define(cdk.App(), name, own)

    outputs = lookout_cloud.deploy(stack(), account=account, region=region)
    look(lookout_cloud.client("s3", account, region), outputs)
    assert lookout_cloud.deploy(stack(), account=account, region=region) == outputs
    lookout_cloud.destroy(stack(), account=account, region=region)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with an app in it, and a cloud of its own."""
    directory = tmp_path_factory.mktemp("app")
    (directory / "app.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{APP}")
    (directory / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    (directory / "node_modules").symlink_to(ROOT / "node_modules")
    lookout_local(directory, "up")
    yield directory
    lookout_local(directory, "down")


def lookout_local(directory: Path, *arguments: str, status: int = 0) -> str:
    command = [sys.executable, "-m", "lookout_local.cli", *arguments]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_cdk_cli_deploys_them_all(directory: Path) -> None:
    output = lookout_local(
        directory, "cdk", "deploy", "--all", "--require-approval", "never", "--outputs-file", "outputs.json"
    )
    for target in ("aws://111111111111/us-east-1", "aws://111111111111/us-east-1 with qualifier mine"):
        assert f"bootstrapping {target}\n" in output
    running = process.find(directory / ".lookout-local")
    assert running is not None
    s3 = client("s3", endpoint_url=running.endpoint_url, aws_secret_access_key=running.secret)
    outputs = json.loads((directory / "outputs.json").read_text())
    assert sorted(outputs) == sorted(synthesizers())
    for name in outputs:
        look(s3, outputs[name])
    assert outputs["Qualified"]["FilePlace"].startswith("cdk-mine-assets-111111111111-us-east-1/some/where/")
    assert outputs["CredentialsQualified"]["FilePlace"].startswith("cdk-third-assets-111111111111-us-east-1/below/")


def test_an_assembly_that_is_there_already_is_deployed(directory: Path) -> None:
    lookout_local(directory, "cdk", "synth", "--quiet", "--output", "made")
    lookout_local(directory, "cdk", "destroy", "--force", "CredentialsOwnBucket")
    lookout_local(directory, "aws", "s3", "rb", "--force", "s3://of-the-caller")
    lookout_local(directory, "cdk", "deploy", "CredentialsOwnBucket", "--app", "made", "--require-approval", "never")
    assert "of-the-caller" in lookout_local(directory, "aws", "s3", "ls")


def test_an_app_that_fails_fails_as_it_would_by_itself(directory: Path) -> None:
    output = lookout_local(directory, "cdk", "deploy", "--app", "sh -c 'echo told so >&2; exit 3'", status=1)
    assert "told so" in output
    assert "Traceback" not in output
