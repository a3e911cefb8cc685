"""What the contract suite needs to know of a resource type to play it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lookout_provider import resources
from lookout_provider.holding import Leased, Unheld
from lookout_provider.resources.base import Action, Named
from lookout_provider.resources.base import Resource as Type
from lookout_provider.resources.issued import Issued
from tests.contract.world import World

Properties = Mapping[str, Any]
LABELS = {
    "LabelsInputConfiguration": {"S3InputConfiguration": {"Bucket": "labels", "Prefix": "all/"}},
    "RoleArn": "arn:aws:iam::222222222222:role/labels",
}
TAGS = [{"Key": "team", "Value": "pumps"}]


@dataclass(frozen=True)
class Case:
    """How one resource type is played. Its traits are the type's own."""

    type: str
    #: The desired state.
    desired: Callable[[World], dict[str, Any]]
    #: The same construct with a create-only property changed.
    replaced: Callable[[World], dict[str, Any]] | None
    #: What of the type exists in the target account: physical id -> what it is like.
    live: Callable[[World], dict[str, Any]]
    #: The same with an updatable property changed, beside its tags.
    changed: Callable[[World], dict[str, Any]] | None = None
    #: Remove what a Describe of it would need.
    remove_parent: Callable[[World], None] | None = None
    #: Make the same thing by hand, under the name that the desired state has when it names one.
    by_hand: Callable[[World], None] | None = None
    #: Do what an invocation has done that died half-way through a change, and that the next event has to put right.
    left_behind: Callable[[World], None] | None = None
    #: Fill what the id stands for, as those do who use it: its Delete takes that along.
    fill: Callable[[World, str], None] | None = None
    #: The buckets that hold what decides what becomes of it, beside its properties.
    buckets: tuple[str, ...] = ()
    #: The API calls of its whole life, whose faults it must survive.
    calls: tuple[str, ...] = ()
    #: Operation -> (invocations, calls to the service) when the service finishes at the first look.
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    #: The operation that starts work which takes time, and may fail in the end.
    work: str = ""
    #: How many states that work goes through.
    states: int = 1
    #: Whether the provider has to wait for it even when the service is done at the first look.
    waits: bool = False
    #: The type whose policy it acts under, where that is not its own.
    policy: str = ""
    #: What Fn::GetAtt can ask for, where that is not just what the type says.
    answered: tuple[str, ...] = ()
    #: Where a type is played in more than one way.
    name: str = ""

    @property
    def traits(self) -> type[Type]:
        return resources.type_of(self.type)

    @property
    def attributes(self) -> set[str]:
        return set(self.answered or self.traits.attributes)

    @property
    def leased(self) -> bool:
        return self.traits.holding is Leased

    @property
    def owns(self) -> bool:
        """Whether there is a thing that the stack holds, and not just an action or a look at what others own."""
        return self.traits.holding is not Unheld

    @property
    def tells_owner(self) -> bool:
        """Whether it can be seen whose it is, and not only be proven by its id."""
        return self.traits.holding.tells_owner

    @property
    def found_again(self) -> bool:
        """Whether another Create of the same construct finds what is there: by its owner, or its name."""
        return self.owns and (self.tells_owner or self.name_member is not None)

    @property
    def numbered(self) -> bool:
        """Whether the service gives what it makes a number, which never comes back."""
        return self.traits.taggable and self.traits.deletable and self.name_member is None

    @staticmethod
    def thing(physical_id: str) -> str:
        """What the id stands for, without what it says of the past."""
        return Issued.thing(physical_id)

    @property
    def action(self) -> bool:
        """Whether it is something that is done, and done anew on the way back."""
        return issubclass(self.traits, Action)

    @property
    def name_member(self) -> str | None:
        """The property that gives it an explicit name, for types that have names."""
        return self.traits.name_member if issubclass(self.traits, Named) else None

    @property
    def arn(self) -> str:
        """The attribute that holds the ARN of what has its tags."""
        if self.name_member:
            return self.name_member.replace("Name", "Arn")
        return "ModelVersionArn" if "ModelVersionArn" in self.attributes else "ModelArn"

    def __str__(self) -> str:
        return self.name or self.type.removeprefix("Custom::Lookout").removeprefix("Equipment")


def options(**more: str) -> dict[str, str]:
    return {"Name": "Pumps", "Attributes": "1", "RemovalPolicy": "destroy", **more}


def plain_model_exists(world: World) -> bool:
    """Whether the model that other things belong to is still there."""
    return bool(world.target.list_models(ModelNameBeginsWith="plain-model")["ModelSummaries"])


def delete_plain_model(world: World) -> None:
    world.target.delete_model(ModelName="plain-model")


def imported_version(world: World, number: int, **more: Any) -> dict[str, Any]:
    """The properties that import version *number* into the model that is there."""
    return {
        "ModelName": "plain-model",
        "SourceModelVersionArn": world.version(number),
        "DatasetName": "plain-dataset",
        "InferenceDataImportStrategy": "NO_IMPORT",
        "Tags": TAGS,
        "Options": options(),
        **more,
    }
