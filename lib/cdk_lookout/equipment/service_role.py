"""Roles that the service assumes to read what is in a bucket, and to write into one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.equipment.permissions import PRINCIPAL
from cdk_lookout.provider import nag

#: What buckets are called; each question is a call to Node.js.
_NAMES: WeakKeyDictionary[s3.IBucket, str] = WeakKeyDictionary()
#: The roles that a stack has, by what they can do.
_ROLES: WeakKeyDictionary[cdk.Stack, dict[str, iam.IRole]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Files:
    """What is under a prefix of a bucket."""

    bucket: s3.IBucket
    #: Ends with a slash; empty means the whole bucket.
    prefix: str = ""
    #: The key that the files are encrypted with, where it is not the bucket's own.
    key: kms.IKey | None = None

    @property
    def keys(self) -> list[kms.IKey]:
        """The keys that it takes to read or write them."""
        return [key for key in (self.key, self.bucket.encryption_key) if key is not None]

    @property
    def bucket_name(self) -> str:
        """The name of the bucket."""
        return _name_of(self.bucket)

    @property
    def parts(self) -> list[str]:
        """What tells them from others."""
        return [self.bucket_name, self.prefix, *([self.key.key_arn] if self.key is not None else [])]


def _name_of(bucket: s3.IBucket) -> str:
    if (name := _NAMES.get(bucket)) is None:
        name = _NAMES[bucket] = bucket.bucket_name
    return name


def files_of_labels(labels: LabelsInput | None) -> list[Files]:
    """The files that the service reads for *labels*; none for those of a label group."""
    return [] if labels is None or labels.bucket is None else [Files(labels.bucket, labels.prefix)]


def role_for(
    stack: cdk.Stack, role: iam.IRole | None, *, reads: Sequence[Files] = (), writes: Sequence[Files] = ()
) -> tuple[iam.IRole | None, list[iam.Grant]]:
    """The role with which the service reads and writes for a construct of *stack*, and what that comes after.

    That is *role*, which gets the permissions, or the stack's one role that can do just this. None when nothing is
    read or written and no role was given.
    """
    if role is not None:
        return role, list(_grants(role, reads, writes))
    return _role_of_stack(stack, reads, writes) if reads or writes else None, []


def _grants(role: iam.IRole, reads: Sequence[Files], writes: Sequence[Files]) -> Iterator[iam.Grant]:
    for files in reads:
        yield files.bucket.grant_read(role, f"{files.prefix}*")
        if files.key is not None:
            yield files.key.grant_decrypt(role)
    for files in writes:
        yield files.bucket.grant_put(role, f"{files.prefix}*")
        if files.key is not None:
            yield files.key.grant_encrypt_decrypt(role)


def _role_of_stack(stack: cdk.Stack, reads: Sequence[Files], writes: Sequence[Files]) -> iam.IRole:
    # Its id never changes: that of a role that reads one prefix is older than all others.
    parts: list[Any] = [part for files in reads for part in files.parts]
    if writes:
        parts.append([files.parts for files in writes])
    known = _ROLES.setdefault(stack, {})
    if (found := known.get(str(parts))) is None:
        # In the terms of the template, two spellings may be the same.
        found = known[str(parts)] = _find_or_make(stack, stack.resolve(parts), reads, writes)
    return found


def _find_or_make(stack: cdk.Stack, parts: Any, reads: Sequence[Files], writes: Sequence[Files]) -> iam.IRole:
    digits = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]
    deeds = [deed for deed, files in (("Read", reads), ("Write", writes)) if files]
    id = f"LookoutEquipment{''.join(deeds)}{digits}"
    found = stack.node.try_find_child(id)
    if found is not None:
        return cast(iam.IRole, found)
    document = iam.PolicyDocument(minimize=True, statements=list(_statements(reads, writes)))
    role = iam.Role(
        stack,
        id,
        description=f"Lets Lookout for Equipment {' and '.join(deeds).lower()} files",
        assumed_by=iam.ServicePrincipal(
            PRINCIPAL,
            conditions={
                "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                "ArnLike": {
                    "aws:SourceArn": (
                        f"arn:{cdk.Aws.PARTITION}:lookoutequipment:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:*"
                    )
                },
            },
        ),
        inline_policies={"".join(deeds): document},
    )
    nag.acknowledge_wildcards(role, document, "the service chooses the names of files under the prefix, or reads all")
    return role


def _statements(reads: Sequence[Files], writes: Sequence[Files]) -> Iterator[iam.PolicyStatement]:
    yield from _listing([*reads, *writes])
    for actions, keys, all_files in (
        (["s3:GetObject"], ["kms:Decrypt"], reads),
        # A large file is written in parts, and those are decrypted to be joined.
        (["s3:PutObject"], ["kms:GenerateDataKey", "kms:Decrypt"], writes),
    ):
        for files in all_files:
            yield iam.PolicyStatement(actions=actions, resources=[files.bucket.arn_for_objects(f"{files.prefix}*")])
            for key in files.keys:
                yield iam.PolicyStatement(actions=keys, resources=[key.key_arn])


def _listing(all_files: Iterable[Files]) -> Iterator[iam.PolicyStatement]:
    for files in all_files:
        within = {"StringLike": {"s3:prefix": [f"{files.prefix}*"]}} if files.prefix else {}
        yield iam.PolicyStatement(actions=["s3:ListBucket"], resources=[files.bucket.bucket_arn], conditions=within)
