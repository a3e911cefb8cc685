"""Roles, users, groups and policies of stacks: what the API says of them afterwards, and what they may do."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from lookout_local import client
from lookout_local.cloud import LocalCloud
from lookout_local.deployment import Deployer, DeploymentFailed

from .conftest import ENVIRONMENT

pytestmark = pytest.mark.e2e

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def policy(*actions: str, effect: str = "Allow") -> dict[str, Any]:
    statement = {"Effect": effect, "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::IAM::{kind}", "Properties": properties}


def boundary(*actions: str) -> dict[str, Any]:
    return resource("ManagedPolicy", PolicyDocument=policy(*actions))


ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}],
}


class Identities:
    """A stack of IAM resources."""

    def __init__(self, cloud: LocalCloud, name: str) -> None:
        self.name = name
        self.iam = cloud.client("iam")
        self._cloud = cloud
        self._deployer = Deployer(lambda service, *, account, region: cloud.client(service, account, region))

    def deploy(self, **resources: Any) -> dict[str, str]:
        """Deploy resources; the outputs are their references."""
        outputs = {name: {"Value": {"Ref": name}} for name in resources}
        outputs |= {
            f"{name}Secret": {"Value": {"Fn::GetAtt": [name, "SecretAccessKey"]}}
            for name, made in resources.items()
            if made["Type"] == "AWS::IAM::AccessKey"
        }
        template = json.dumps({"Resources": resources, "Outputs": outputs})
        return self._deployer.put(self.name, template, ENVIRONMENT)

    def fails(self, **resources: Any) -> str:
        with pytest.raises(DeploymentFailed) as failure:
            self.deploy(**resources)
        return str(failure.value)

    def destroy(self) -> None:
        self._deployer.destroy(self.name, ENVIRONMENT)

    def as_role(self, name: str, service: str) -> Any:
        """A client with the rights of a role."""
        arn = self.iam.get_role(RoleName=name)["Role"]["Arn"]
        made = self._cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return self._client(service, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def as_user(self, outputs: dict[str, str], service: str) -> Any:
        """A client with the access key of a stack."""
        return self._client(service, outputs["Key"], outputs["KeySecret"])

    def _client(self, service: str, key: str, secret: str, token: str | None = None) -> Any:
        keys = {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token}
        return client(service, endpoint_url=self._cloud.endpoint_url, **keys)


@pytest.fixture
def identities(lookout_cloud: LocalCloud, request: pytest.FixtureRequest) -> Any:
    made = Identities(lookout_cloud, request.node.name.replace("_", "-").split("[")[0])
    yield made
    made.destroy()


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    return str(failure.value.response["Error"]["Code"])


def test_a_permissions_boundary_limits_a_role(identities: Identities) -> None:
    role = resource(
        "Role",
        AssumeRolePolicyDocument=ANYBODY,
        PermissionsBoundary={"Ref": "Boundary"},
        Policies=[{"PolicyName": "All", "PolicyDocument": policy("*")}],
    )
    outputs = identities.deploy(Boundary=boundary("s3:*"), Role=role)
    kept = identities.iam.get_role(RoleName=outputs["Role"])["Role"]["PermissionsBoundary"]
    assert kept["PermissionsBoundaryArn"] == outputs["Boundary"]
    identities.as_role(outputs["Role"], "s3").list_buckets()
    assert refused(identities.as_role(outputs["Role"], "ssm").describe_parameters) == "AccessDeniedException"
    assert refused(identities.as_role(outputs["Role"], "lookoutequipment").list_datasets) == "AccessDeniedException"


def test_a_permissions_boundary_follows_its_template(identities: Identities) -> None:
    def role(name: str | None) -> dict[str, Any]:
        bound = {"PermissionsBoundary": {"Ref": name}} if name else {}
        return resource("Role", AssumeRolePolicyDocument=ANYBODY, **bound)

    both = {"One": boundary("s3:*"), "Two": boundary("ssm:*")}
    outputs = identities.deploy(Role=role("One"), **both)
    [name] = [outputs["Role"]]

    def kept() -> str:
        found = identities.iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary", {})
        return str(found.get("PermissionsBoundaryArn", ""))

    identities.deploy(Role=role("Two"), **both)
    assert kept() == outputs["Two"]
    broken = resource("ManagedPolicy", PolicyDocument=policy("s3:*"), Roles=["nobody"])
    assert "The role with name nobody cannot be found." in identities.fails(
        Role=role(None), Broken={**broken, "DependsOn": "Role"}, **both
    )
    assert kept() == outputs["Two"]
    identities.deploy(Role=role(None), **both)
    assert kept() == ""


def test_a_permissions_boundary_limits_a_user(identities: Identities) -> None:
    allowed = [{"PolicyName": "All", "PolicyDocument": policy("*")}]
    key = resource("AccessKey", UserName={"Ref": "User"})
    bound = resource("User", PermissionsBoundary={"Ref": "Boundary"}, Policies=allowed)
    outputs = identities.deploy(Boundary=boundary("s3:*"), User=bound, Key=key)
    kept = identities.iam.get_user(UserName=outputs["User"])["User"]["PermissionsBoundary"]
    assert kept["PermissionsBoundaryArn"] == outputs["Boundary"]
    identities.as_user(outputs, "s3").list_buckets()
    assert refused(identities.as_user(outputs, "ssm").describe_parameters) == "AccessDeniedException"
    identities.deploy(Boundary=boundary("s3:*"), User=resource("User", Policies=allowed), Key=key)
    identities.as_user(outputs, "ssm").describe_parameters()


def test_the_api_sets_and_removes_boundaries(identities: Identities) -> None:
    allowed = [{"PolicyName": "All", "PolicyDocument": policy("*")}]
    role = resource("Role", AssumeRolePolicyDocument=ANYBODY, Policies=allowed)
    outputs = identities.deploy(Boundary=boundary("s3:*"), Role=role)
    identities.iam.put_role_permissions_boundary(RoleName=outputs["Role"], PermissionsBoundary=outputs["Boundary"])
    assert refused(identities.as_role(outputs["Role"], "ssm").describe_parameters) == "AccessDeniedException"
    identities.iam.delete_role_permissions_boundary(RoleName=outputs["Role"])
    identities.as_role(outputs["Role"], "ssm").describe_parameters()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"PermissionsBoundary": "arn:aws:iam::111111111111:policy/nothing"}, "Scope ARN: arn:aws:iam::111111111111:"),
        ({"ManagedPolicyArns": ["arn:aws:iam::111111111111:policy/nothing"]}, "does not exist or is not attachable"),
        (
            {"Policies": [{"PolicyName": "P", "PolicyDocument": {"Statement": [{"Effect": "Maybe"}]}}]},
            "invalid Effect: Maybe",
        ),
    ],
    ids=["boundary", "managed", "inline"],
)
@pytest.mark.parametrize("kind", ["Role", "User"])
def test_policies_that_do_not_exist_fail_their_owner(
    identities: Identities, kind: str, properties: dict[str, Any], expected: str
) -> None:
    own = {"AssumeRolePolicyDocument": ANYBODY} if kind == "Role" else {}
    assert expected in identities.fails(Owner=resource(kind, **own, **properties))


def test_a_role_whose_name_is_taken_fails(identities: Identities) -> None:
    identities.iam.create_role(RoleName="taken", AssumeRolePolicyDocument=json.dumps(ANYBODY), Description="before")
    reason = identities.fails(Role=resource("Role", RoleName="taken", AssumeRolePolicyDocument=ANYBODY))
    assert "Role with name taken already exists." in reason
    assert identities.iam.get_role(RoleName="taken")["Role"]["Description"] == "before"
    identities.iam.delete_role(RoleName="taken")


def test_a_role_is_described_as_its_template_says(identities: Identities) -> None:
    def role(version: int, **others: Any) -> dict[str, Any]:
        return resource(
            "Role",
            AssumeRolePolicyDocument=ANYBODY,
            Path="/deep/down/",
            Description=f"version {version}",
            MaxSessionDuration=3600 * version,
            ManagedPolicyArns=[READ_ONLY] if version == 1 else [S3_READ],
            Policies=[{"PolicyName": f"Inline{version}", "PolicyDocument": policy("s3:*")}],
            Tags=[{"Key": "version", "Value": str(version)}],
            **others,
        )

    def described(name: str) -> dict[str, Any]:
        found = identities.iam.get_role(RoleName=name)["Role"]
        attached = identities.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        tags = identities.iam.list_role_tags(RoleName=name)["Tags"]
        return {
            **{key: found[key] for key in ("Path", "Description", "MaxSessionDuration")},
            "attached": [item["PolicyArn"] for item in attached],
            "inline": identities.iam.list_role_policies(RoleName=name)["PolicyNames"],
            "tags": {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")},
        }

    def expected(version: int) -> dict[str, Any]:
        return {
            "Path": "/deep/down/",
            "Description": f"version {version}",
            "MaxSessionDuration": 3600 * version,
            "attached": [READ_ONLY if version == 1 else S3_READ],
            "inline": [f"Inline{version}"],
            "tags": {"version": str(version)},
        }

    name = identities.deploy(Role=role(1))["Role"]
    assert described(name) == expected(1)
    assert identities.iam.get_role(RoleName=name)["Role"]["Arn"].endswith(f":role/deep/down/{name}")
    assert identities.deploy(Role=role(2))["Role"] == name
    assert described(name) == expected(2)
    broken = {**resource("ManagedPolicy", PolicyDocument=policy("s3:*"), Users=["nobody"]), "DependsOn": "Role"}
    identities.fails(Role=role(1), Broken=broken)
    assert described(name) == expected(2)


def test_a_user_is_described_as_its_template_says(identities: Identities) -> None:
    def user(version: int) -> dict[str, Any]:
        return resource(
            "User",
            Path=f"/path{version}/",
            Groups=[{"Ref": f"Group{version}"}],
            LoginProfile={"Password": f"Very-secret-{version}", "PasswordResetRequired": version == 1},
            ManagedPolicyArns=[READ_ONLY] if version == 1 else [S3_READ],
            Policies=[{"PolicyName": f"Inline{version}", "PolicyDocument": policy("s3:*")}],
            Tags=[{"Key": "version", "Value": str(version)}],
        )

    groups = {"Group1": resource("Group"), "Group2": resource("Group")}
    for version in (1, 2):
        outputs = identities.deploy(User=user(version), **groups)
        name = {"UserName": outputs["User"]}
        found = identities.iam.get_user(**name)["User"]
        assert found["Path"] == f"/path{version}/"
        members = identities.iam.list_groups_for_user(**name)["Groups"]
        assert [group["GroupName"] for group in members] == [outputs[f"Group{version}"]]
        profile = identities.iam.get_login_profile(**name)["LoginProfile"]
        assert profile["PasswordResetRequired"] == (version == 1)
        attached = identities.iam.list_attached_user_policies(**name)["AttachedPolicies"]
        assert [item["PolicyArn"] for item in attached] == [READ_ONLY if version == 1 else S3_READ]
        assert identities.iam.list_user_policies(**name)["PolicyNames"] == [f"Inline{version}"]
        tags = {tag["Key"]: tag["Value"] for tag in identities.iam.list_user_tags(**name)["Tags"]}
        assert tags["version"] == str(version)


def test_a_group_gives_its_users_what_its_policies_allow(identities: Identities) -> None:
    def group(*, inline: bool) -> dict[str, Any]:
        policies = {"Policies": [{"PolicyName": "Inline", "PolicyDocument": policy("ssm:*")}]} if inline else {}
        return resource("Group", Path="/groups/", ManagedPolicyArns=[S3_READ], **policies)

    others = {
        "User": resource("User"),
        "Added": resource("UserToGroupAddition", GroupName={"Ref": "Group"}, Users=[{"Ref": "User"}]),
        "Key": resource("AccessKey", UserName={"Ref": "User"}),
    }
    outputs = identities.deploy(Group=group(inline=True), **others)
    name = {"GroupName": outputs["Group"]}
    assert identities.iam.get_group(**name)["Group"]["Path"] == "/groups/"
    assert identities.iam.list_group_policies(**name)["PolicyNames"] == ["Inline"]
    identities.as_user(outputs, "ssm").describe_parameters()
    identities.as_user(outputs, "s3").list_buckets()
    identities.deploy(Group=group(inline=False), **others)
    assert refused(identities.as_user(outputs, "ssm").describe_parameters) == "AccessDeniedException"
    others["Added"]["Properties"]["Users"] = []
    identities.deploy(Group=group(inline=False), **others)
    assert identities.iam.get_group(**name)["Users"] == []
    assert refused(identities.as_user(outputs, "s3").list_buckets) == "AccessDenied"


def test_a_group_that_somebody_else_is_in_is_not_deleted(identities: Identities) -> None:
    name = identities.deploy(Group=resource("Group"))["Group"]
    identities.iam.create_user(UserName="outsider")
    identities.iam.add_user_to_group(GroupName=name, UserName="outsider")
    with pytest.raises(DeploymentFailed, match="must remove users from group first"):
        identities.destroy()
    identities.iam.remove_user_from_group(GroupName=name, UserName="outsider")
    identities.iam.delete_user(UserName="outsider")


def test_an_access_key_can_be_put_out_of_use(identities: Identities) -> None:
    user = resource("User", ManagedPolicyArns=[S3_READ])
    outputs = identities.deploy(User=user, Key=resource("AccessKey", UserName={"Ref": "User"}))
    identities.as_user(outputs, "s3").list_buckets()
    off = resource("AccessKey", UserName={"Ref": "User"}, Status="Inactive")
    assert identities.deploy(User=user, Key=off) == outputs
    assert refused(identities.as_user(outputs, "s3").list_buckets)


@pytest.mark.parametrize("kind", ["Role", "User", "Group"])
def test_an_inline_policy_is_a_resource_of_its_own(identities: Identities, kind: str) -> None:
    own = {"AssumeRolePolicyDocument": ANYBODY} if kind == "Role" else {}

    def inline(name: str, action: str) -> dict[str, Any]:
        properties = {f"{kind}Name": {"Ref": "Owner"}, "PolicyName": name, "PolicyDocument": policy(action)}
        return resource(f"{kind}Policy", **properties)

    def found(owner: str) -> dict[str, Any]:
        listed = getattr(identities.iam, f"list_{kind.lower()}_policies")(**{f"{kind}Name": owner})["PolicyNames"]
        get = getattr(identities.iam, f"get_{kind.lower()}_policy")
        documents = {name: get(**{f"{kind}Name": owner, "PolicyName": name})["PolicyDocument"] for name in listed}
        return {
            name: (document if isinstance(document, dict) else json.loads(unquote(document)))["Statement"][0]["Action"]
            for name, document in documents.items()
        }

    owner = identities.deploy(Owner=resource(kind, **own), Policy=inline("First", "s3:*"))["Owner"]
    assert found(owner) == {"First": ["s3:*"]}
    identities.deploy(Owner=resource(kind, **own), Policy=inline("First", "ssm:*"))
    assert found(owner) == {"First": ["ssm:*"]}
    identities.deploy(Owner=resource(kind, **own), Policy=inline("Second", "ssm:*"))
    assert found(owner) == {"Second": ["ssm:*"]}
    identities.deploy(Owner=resource(kind, **own))
    assert found(owner) == {}


def test_a_managed_policy_is_described_as_its_template_says(identities: Identities) -> None:
    def managed(version: int, **attached: Any) -> dict[str, Any]:
        properties = {"Description": "for tests", "Path": "/policies/", "PolicyDocument": policy(f"s3:Get{version}*")}
        return resource("ManagedPolicy", **properties, **attached)

    owners = {
        "Role": resource("Role", AssumeRolePolicyDocument=ANYBODY),
        "User": resource("User"),
        "Group": resource("Group"),
    }
    attached = {f"{kind}s": [{"Ref": kind}] for kind in owners}
    outputs = identities.deploy(Managed=managed(1, **attached), **owners)
    arn = outputs["Managed"]
    found = identities.iam.get_policy(PolicyArn=arn)["Policy"]
    assert (found["Description"], found["Path"], found["AttachmentCount"]) == ("for tests", "/policies/", 3)
    identities.deploy(Managed=managed(2, Roles=[{"Ref": "Role"}]), **owners)
    found = identities.iam.get_policy(PolicyArn=arn)["Policy"]
    version = identities.iam.get_policy_version(PolicyArn=arn, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    assert (found["AttachmentCount"], version["Document"]["Statement"][0]["Action"]) == (1, ["s3:Get2*"])
    attached_to = identities.iam.list_entities_for_policy(PolicyArn=arn)
    assert [role["RoleName"] for role in attached_to["PolicyRoles"]] == [outputs["Role"]]
