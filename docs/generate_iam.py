"""Writes docs/iam.md out of the constructs: what the provider may do, and what each grant gives.

`make docs` runs it; a test fails when the page is not what it would write.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("CDK_VALIDATION", "false")

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_lookout import LookoutProvider, equipment, vision
from cdk_lookout.equipment.policy_document import flat
from docs.everything import OTHER_ACCOUNT, Everything

PAGE = Path(__file__).with_name("iam.md")
_WIDTH = 120

_INTRODUCTION = """\
# IAM

This page is generated from the constructs: `make docs` writes it, and a test fails when it is out of date.

## How the provider's role is made up

Every stack has one role for the provider's function and state machine. It has one policy for the provider itself,
and one for each resource type that the stack uses. The text of a type's policy never depends on which constructs
exist: a permission that followed the constructs would be gone when CloudFormation deletes a removed one.

Three conditions narrow what the role can do:

- *Made by this stack*: a request that makes something must carry the tag `cdk-lookout:owner` with the account, Region
  and name of the stack (`aws:RequestTag`).
- *Owned by this stack*: what is changed or deleted must have that tag (`aws:ResourceTag`).
- *Under the lease of this stack*: what takes no tags itself (a resource policy, an activation, a retraining scheduler,
  the labels of a set, hosting) has a lease on its parent, one tag whose value begins with the stack. A parent may be
  another stack's, or made by hand. Nothing is touched that another stack has under a lease (`aws:ResourceTag`), no
  lease is written in another one's name (`aws:RequestTag`), and no other tag is set or removed (`aws:TagKeys`). What
  nobody has yet, the first may take: there, the condition is met by the tag that is missing (`StringLikeIfExists`).

In a nested stack the name is that of the root and the path from there, `<root>.<path>`: it stays the same when the
nested stack is made anew. The root's name comes as the parameter `LookoutRootStack`. What releases before made there
has CloudFormation's name of the nested stack, so conditions on what exists take either.

The service assigns the identifier at the end of an ARN, so resources end with `/*/*`: any name, any identifier. The
last `*` of `model/*/*` covers the versions of a model, too.

What no condition narrows, because the service offers none or others may own the thing by design:

- adding a version to a model, ingesting into a dataset, and packaging a version;
- single labels in a group. Labels take no tags, groups have labels of many stacks, and the tag that notes a label has
  digits in its key that no policy knows before the deployment. The provider removes labels only that have its mark;
- putting the stack's own owner tag on what exists, which `adopt_existing` needs;
- projects and datasets of Lookout for Vision, which take no tags, and the models that are deleted with a project; there
  the provider itself decides [whose they are](vision.md#project).

With `endpoint_credentials`, the policy of the provider itself, and the one of each small function, allows
`secretsmanager:GetSecretValue` on that secret, and `kms:Decrypt` on its key if it has one of its own, through Secrets
Manager only (`kms:ViaService`): see [constructs against your own server](server/constructs.md).

The function carries out events of its own stack only, and answers S3 only: see [how it works](how-it-works.md).

## Files

Lookout for Vision has no role: it reads and writes files with the rights of its caller, which is the provider. No
policy names a bucket. A statement for each would grow with the constructs, beyond the 10,240 characters of inline
policies that a role takes, and would be gone when an update takes another bucket and has to be rolled back. Four things
narrow what the provider may do with files instead:

- *Through a service only.* Images are read, and results and components are written, by the service for the provider,
  and never by the provider itself. On AWS every request says whether a service makes it for somebody
  (`aws:ViaAWSService`; `aws:CalledVia` is documented for four other services only). A server at an `endpoint_url` of
  your own that asks IAM's rules what its caller may do does not say so, and is answered as well (`BoolIfExists`); a
  request that the provider itself makes to AWS always says no.
- *By their names.* What the provider reads itself, it reads by the end of its name: manifests (`*.manifest`) and files
  of labels (`*.csv`). A file of another name gets a permission of its own, in one policy for all of them
  (`ManagedFilesPolicy`). Of folders with images it sees the names, and cannot list a whole bucket.
- *In its own folder.* It writes and deletes below `cdk-lookout/` only.
- *In the account.* All that is about Lookout for Vision is for buckets of the stack's account (`aws:ResourceAccount`).
  Files of labels may be in a bucket of another account, if that one's policy allows it.

Keys of buckets are used through S3 only (`kms:ViaService`); the policy of each key decides as well. A policy of the
bucket, or a permissions boundary, narrows all this further.

## Roles that others make

`iam.Role.customize_roles(app, prevent_synthesis=True, use_precreated_roles={"Plant/LookoutProvider/Role": "lookout"})`
makes neither roles nor policies, and the CDK writes what each role needs into `iam-policy-report.json` and `.txt` in
`cdk.out`. A role that is passed with `mutable=False` gets nothing, and must have what [it needs](#the-role-for-files).
Permissions boundaries reach every role, whether an aspect, the context, a stage or a stack sets them.
"""

_ON_DEMAND = """\
## The role for files

What reads or writes files in a bucket (a `DataIngestion`, an `InferenceScheduler`, a `Model` or `ModelVersion` with
labels from a bucket, a `Model` with diagnostics) needs a role that the service assumes. Without `role=`, the stack
makes one for each set of what is read and what is written; only `lookoutequipment.amazonaws.com` can assume it, and
only for this account (`aws:SourceAccount`, `aws:SourceArn`). It has `s3:ListBucket` on the prefixes, `s3:GetObject` on
what is read, `s3:PutObject` on what is written, and `kms:Decrypt`, for writing also `kms:GenerateDataKey`, on the keys.
A role that you pass gets what `Bucket.grant_read` and `Bucket.grant_put` give on the prefixes, and must trust the
service itself.
"""

_GRANTS = """\
## What a grant gives

`grant_read`, `grant_start_stop` and `equipment.grant_list` add to the policy of the principal. `grant_import` to a
principal of the same account does so, too; to another account it adds a statement to the *resource* policy, and the
principal needs the same permission in its own account besides. Where the construct has an `encryption_key`,
`grant_import` also grants `kms:Decrypt`, `kms:Encrypt`, `kms:GenerateDataKey*` and `kms:ReEncrypt*` on it. With
`inference_data=` set, the statement has the condition `lookoutequipment:IsImportingData`.
"""


class _Example:
    """A stack with one construct of each type, under readable logical ids."""

    def __init__(self) -> None:
        self.stack = cdk.Stack(cdk.App(), "Plant")
        self.constructs = Everything(self.stack)
        every = self.constructs
        for construct in (every.dataset, every.model, every.version, every.scheduler, every.group):
            resource = construct.node.default_child
            assert isinstance(resource, cdk.CfnResource)
            resource.override_logical_id(construct.node.id)

    def granted(self, grant: Callable[[iam.IGrantable], iam.Grant]) -> list[Mapping[str, Any]]:
        """What *grant* adds to a role of the account."""
        role = iam.Role(self.stack, "Reader", assumed_by=iam.AccountRootPrincipal())
        grant(role)
        policy = role.node.find_child("DefaultPolicy")
        assert isinstance(policy, iam.Policy)
        return self.statements(policy.document)

    def shared(self, target: equipment.Dataset | equipment.Model | equipment.ModelVersion) -> list[Mapping[str, Any]]:
        """What `grant_import` to another account puts into the resource policy of *target*."""
        target.grant_import(iam.AccountPrincipal(OTHER_ACCOUNT))
        policy = target.node.find_child("Policy")
        assert isinstance(policy, equipment.ResourcePolicy)
        return self.statements(policy.document)

    def statements(self, document: iam.PolicyDocument) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self.stack.resolve(document)["Statement"]
        return found


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, *_provider(), _ON_DEMAND, _GRANTS, *_grants()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _provider() -> Iterator[str]:
    example = _Example()
    provider = LookoutProvider.of(example.stack)
    policies = {
        _title(type_of(child.node.id)): child
        for child in provider.node.children
        if isinstance(child, iam.Policy | iam.ManagedPolicy)
    }
    for title, policy in policies.items():
        yield f"## {title}\n\n" + "\n".join(_statement(item) for item in example.statements(policy.document))


def type_of(id: str) -> str:
    """The resource type whose policy has the construct id *id*; empty for the provider's own."""
    return id.removeprefix("Managed").removeprefix("LookoutEquipment").removesuffix("Policy")


def _title(name: str) -> str:
    return f"`{name}`" if name else "The provider itself"


def _grants() -> Iterator[str]:
    reads: dict[str, Callable[[_Example], Callable[[iam.IGrantable], iam.Grant]]] = {
        "`Dataset.grant_read`": lambda example: example.constructs.dataset.grant_read,
        "`Model.grant_read`": lambda example: example.constructs.model.grant_read,
        "`ModelVersion.grant_read`": lambda example: example.constructs.version.grant_read,
        "`LabelGroup.grant_read`": lambda example: example.constructs.group.grant_read,
        "`InferenceScheduler.grant_read`": lambda example: example.constructs.scheduler.grant_read,
        "`InferenceScheduler.grant_start_stop`": lambda example: example.constructs.scheduler.grant_start_stop,
        "`equipment.grant_list`": lambda example: equipment.grant_list,
        "`vision.Model.grant_detect_anomalies`": lambda example: example.constructs.vision_model.grant_detect_anomalies,
        "`vision.Model.grant_read`": lambda example: example.constructs.vision_model.grant_read,
        "`vision.grant_list`": lambda example: vision.grant_list,
    }
    for title, choose in reads.items():
        example = _Example()
        yield _section(title, example.granted(choose(example)))
    shares: dict[str, Callable[[_Example], equipment.Dataset | equipment.Model | equipment.ModelVersion]] = {
        "`Dataset.grant_import` to another account": lambda example: example.constructs.dataset,
        "`Model.grant_import` to another account": lambda example: example.constructs.model,
        "`ModelVersion.grant_import` to another account": lambda example: example.constructs.version,
    }
    for title, target in shares.items():
        example = _Example()
        yield _section(title, example.shared(target(example)))


def _section(title: str, statements: list[Mapping[str, Any]]) -> str:
    return f"### {title}\n\n" + "\n".join(_statement(item) for item in statements)


def _statement(statement: Mapping[str, Any]) -> str:
    lines = _item("- ", _codes(statement["Action"]))
    lines += _item("  - on ", _codes(statement["Resource"]))
    if "Principal" in statement:
        lines += _item("  - to ", _codes(statement["Principal"]["AWS"]))
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            lines += _item("  - if ", f"`{operator}` `{key}`: {_codes(value)}")
    return "\n".join(lines)


def _item(bullet: str, text: str) -> list[str]:
    indent = " " * (len(bullet) - len(bullet.lstrip()) + 2)
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=bullet,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _codes(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(f"`{_readable(item)}`" for item in values)


def _readable(value: Any) -> str:
    """*value* as one text, less the hash in the logical ids of the provider's own resources."""
    text = re.sub(r"\$\{\{\"Fn::Sub\": \"(.*?)\"\}\}", r"\1", flat(value))
    for name in ("StateMachine", "Function", "LogGroup"):
        start = text.find(f"${{LookoutProvider{name}")
        if start >= 0:
            end = text.index("}", start)
            attribute = text[start:end].partition(".")[2]
            text = f"{text[:start]}${{{name}{'.' + attribute if attribute else ''}}}{text[end + 1 :]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
