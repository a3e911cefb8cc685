"""What the provider has to know of a resource type: its name, what it may do, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3


@dataclass(frozen=True)
class LookoutService:
    """One of the two services, as far as warnings need it."""

    #: As AWS calls it.
    title: str
    #: The name in warning ids.
    slug: str
    #: The Regions in which AWS ever offered it.
    regions: tuple[str, ...]
    #: The day on which AWS ended it, ISO 8601.
    ended: str


@dataclass(frozen=True)
class ResourceType:
    """A custom resource type."""

    #: Without `Custom::`.
    name: str
    service: LookoutService
    #: What the provider may do for it, given the bucket that holds the app's assets. The text never depends on
    #: which constructs exist: a grant that followed them would be gone when the Delete of a removed one comes.
    statements: Callable[[s3.IBucket], Sequence[iam.PolicyStatement]]
    #: Whether its policy is a managed one. A role takes 10,240 characters of inline policies, and ten managed ones.
    managed_policy: bool = False
    #: The member of its create request that is its name, where it has one.
    name_member: str | None = None
    #: Attributes that releases added later than the type, and the number that came with each: see `CustomResource`.
    newer: Mapping[str, int] = field(default_factory=dict)

    @property
    def cloudformation_name(self) -> str:
        return f"Custom::{self.name}"
