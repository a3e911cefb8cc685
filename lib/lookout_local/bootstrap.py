"""What a stack finds in a bootstrapped account, for deployments without `cdk bootstrap`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from lookout_local.assembly import Needs, toolkit_bucket
from lookout_local.deployment import ClientFactory, Deployer, Environment

DEFAULT_QUALIFIER = "hnb659fds"
# The oldest version that the default synthesizer accepts, so that a later `cdk bootstrap` is an upgrade.
_VERSION = "6"
_PARAMETER = "/cdk-bootstrap/{}/version"


def qualifiers_of(needs: Needs, environment: Environment) -> set[str]:
    """The qualifiers of the bootstrap stacks that would have what is needed, by the names that these give."""
    account, region = environment.account, environment.region
    names = [re.fullmatch(r"/cdk-bootstrap/([^/]+)/version", needs.parameter)]
    names += [re.fullmatch(rf"cdk-(.+)-assets-{account}-{region}", bucket) for bucket, _ in needs.buckets]
    return {name[1] for name in names if name}


def ensure(deployer: Deployer, client: ClientFactory, needs: Needs, environment: Environment) -> None:
    """Make what is needed and not there.

    What has the name that `cdk bootstrap` gives becomes a stack with the name and the logical ids of the real one, so
    that `cdk bootstrap` updates it. Everything else is made by itself: whoever chooses names, makes it elsewhere.
    """
    place = {"account": environment.account, "region": environment.region}
    for qualifier in sorted(qualifiers_of(needs, environment)):
        if not _has_parameter(client("ssm", **place), _PARAMETER.format(qualifier)):
            name, bucket = toolkit_name(qualifier), toolkit_bucket(qualifier, environment)
            makes_bucket = not _has_bucket(client("s3", **place), bucket)
            deployer.put(name, json.dumps(_template(qualifier, bucket, makes_bucket=makes_bucket)), environment)
    if needs.parameter and not _has_parameter(ssm := client("ssm", **place), needs.parameter):
        ssm.put_parameter(Name=needs.parameter, Value=_VERSION, Type="String")
    for bucket, region in needs.buckets:
        s3 = client("s3", account=environment.account, region=region)
        if not _has_bucket(s3, bucket):
            where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=bucket, **where)
            if needs.writers:
                s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_policy(bucket, needs.writers)))


def has_roles(iam: Any, environment: Environment, qualifier: str = DEFAULT_QUALIFIER) -> bool:
    """Whether `cdk bootstrap` was run: the CDK CLI deploys with the roles that it makes."""
    name = f"cdk-{qualifier}-deploy-role-{environment.account}-{environment.region}"
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def toolkit_name(qualifier: str) -> str:
    """The name of a bootstrap stack."""
    return "CDKToolkit" if qualifier == DEFAULT_QUALIFIER else f"CDKToolkit-{qualifier}"


def _has_parameter(ssm: Any, name: str) -> bool:
    return bool(ssm.get_parameters(Names=[name])["Parameters"])


def _has_bucket(s3: Any, name: str) -> bool:
    try:
        s3.head_bucket(Bucket=name)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def _policy(bucket: str, writers: Iterable[str]) -> dict[str, Any]:
    """Lets roles read and write a bucket, which `cdk bootstrap` allows them for its own only."""
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Effect": "Allow", "Principal": {"AWS": sorted(writers)}, "Action": "s3:*", "Resource": resources}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _template(qualifier: str, bucket: str, *, makes_bucket: bool) -> dict[str, Any]:
    parameter = {"Type": "String", "Name": _PARAMETER.format(qualifier), "Value": _VERSION}
    resources: dict[str, Any] = {"CdkBootstrapVersion": {"Type": "AWS::SSM::Parameter", "Properties": parameter}}
    if makes_bucket:
        resources["StagingBucket"] = {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"BucketName": bucket},
        }
    outputs = {"BucketName": {"Value": bucket}, "BootstrapVersion": {"Value": _VERSION}}
    return {"Resources": resources, "Outputs": outputs}
