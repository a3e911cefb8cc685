"""One call to Lookout for Equipment: the invocation, and the inventory that it works on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from lookout_server.entities.session import Collection, Entity
from lookout_server.equipment import looks
from lookout_server.equipment.executions import InferenceScheduler
from lookout_server.equipment.state import Dataset, Inventory, Model, Version
from lookout_server.identity.authorization import partition_of
from lookout_server.protocol.errors import not_found, state_conflict, validation
from lookout_server.protocol.pagination import page
from lookout_server.service import Answer, Invocation, LaterAnswer

T = TypeVar("T", bound=Entity)
_KMS_ARN = re.compile(r"arn:aws[a-z\-]*:kms:[a-z0-9\-]*:\d{12}:[\w\-/]+", re.ASCII)


class Target(NamedTuple):
    """A resource that an ARN names: where it lives, and what it is."""

    inventory: Inventory
    resource: Dataset | Model | Version | None
    parent: Model | None = None


class EquipmentCall:
    """What the operations need: the parameters, the caller's inventory, and the service's other accounts."""

    def __init__(self, invocation: Invocation, own: Inventory) -> None:
        self.invocation = invocation
        self.own = own
        self.parameters = invocation.parameters
        self.settings = invocation.settings
        self.now = invocation.now

    def get(self, name: str) -> Any:
        """A parameter, or None."""
        return self.parameters.get(name)

    def authorize_existing(self, arn: str, *, action: str = "") -> None:
        """Ask for a resource of the caller's account, with the tags that it has."""
        self.invocation.authorize(arn, action=action, resource_tags=self.own.tags.of(arn))

    def authorize_creation(self, arn: str, *, keys: Mapping[str, str] | None = None, tagged: str = "") -> None:
        """Ask for a resource that the call makes or overwrites, and for tagging it when the call has tags.

        `tagged` is the ARN that gets the tags, when it is another one.
        """
        tags = self.get("Tags") or []
        has = self.own.tags.of(arn)
        self.invocation.authorize(arn, resource_tags=has, request_tags=tags, keys=keys)
        if tags:
            target = tagged or arn
            has = self.own.tags.of(target)
            self.invocation.authorize(target, action="TagResource", resource_tags=has, request_tags=tags)

    def authorize_beside(self, arn: str, *, keys: Mapping[str, str] | None = None) -> None:
        """Ask for a further resource that a creation uses."""
        tags = self.get("Tags") or []
        self.invocation.authorize(arn, resource_tags=self.own.tags.of(arn), request_tags=tags, keys=keys)

    def arn_or_placeholder(self, kind: str, name: str, resource: Any) -> str:
        """The ARN of a resource; for one that does not exist, the same with an empty id."""
        return str(resource.arn) if resource else self.own.arn(kind, name, "")

    def dataset(self, *, authorize: bool = True) -> Dataset:
        """The dataset that DatasetName names, after the caller was authorized for it."""
        name = self.parameters["DatasetName"]
        found = self.own.datasets.get(name)
        if authorize:
            self.authorize_existing(self.arn_or_placeholder("dataset", name, found))
        if found is None:
            raise not_found(f"The dataset {name} does not exist")
        return found

    def model(self, *, once: bool = False) -> Model:
        """The model that ModelName names, after the caller was authorized for it.

        With `once` an earlier answer to the client token comes before the question whether the model exists.
        """
        name = self.parameters["ModelName"]
        found = self.own.models.get(name)
        self.authorize_existing(self.arn_or_placeholder("model", name, found))
        if once:
            self.invocation.once(self.own.tokens)
        if found is None:
            raise not_found(f"The model {name} does not exist")
        return found

    def find(self, arn: str) -> Target:
        """The dataset, model or version with exactly this ARN, in any account."""
        parts = arn.split(":", 5)
        inventory = self.own.session.home(Inventory, parts[4], parts[3])
        path = parts[5].split("/")
        if path[0] == "dataset" and len(path) >= 2:
            dataset = inventory.datasets.get(path[1])
            return Target(inventory, dataset if dataset and dataset.arn == arn else None)
        if path[0] == "model" and len(path) >= 2:
            model = inventory.models.get(path[1])
            if model and model.arn == arn:
                return Target(inventory, model)
            number = path[-1] if len(path) == 5 else ""
            version = model.versions.get(int(number)) if model and number.isascii() and number.isdigit() else None
            if version and version.arn == arn:
                return Target(inventory, version, model)
        return Target(inventory, None)

    def kms_key_arn(self) -> str | None:
        """ServerSideKmsKeyId as the ARN that describes show; raises a ValidationException for what is no key.

        The service works with the key under a grant that it makes with the caller's rights (managed policy
        AmazonLookoutEquipmentFullAccess).
        """
        key = self.get("ServerSideKmsKeyId")
        if key is None:
            return None
        prefix = f"arn:{partition_of(self.own.region)}:kms:{self.own.region}:{self.own.account}"
        if key.startswith("arn:"):
            arn = str(key)
        else:
            arn = f"{prefix}:{key}" if key.startswith("alias/") else f"{prefix}:key/{key}"
        if not _KMS_ARN.fullmatch(arn):
            raise validation(f"ServerSideKmsKeyId: got '{key}', expected the id, alias or ARN of a KMS key")
        self.invocation.use_key(arn, "DescribeKey")
        self.invocation.use_key(arn, "CreateGrant", keys={"kms:GrantIsForAWSResource": "true"})
        return arn

    def refuse_while_busy(self, dataset: Dataset, doing: str) -> None:
        """Raise a ConflictException while a job of the dataset is under way; that counts as a look at the job."""
        status = dataset.status
        self.look_at_dataset(dataset)
        if dataset.job:
            raise state_conflict(f"The dataset {dataset.name} cannot be {doing}: its status is {status}")

    def refuse_while_in_the_making(self, model: Model, doing: str) -> None:
        """Raise a ConflictException while a version of the model is trained or imported; that counts as a look."""
        status = model.status
        self.look_at_model(model)
        if model.in_the_making:
            numbers = ", ".join(str(version.number) for version in model.in_the_making)
            raise state_conflict(
                f"The model {model.name} cannot be {doing}: its status is {status} (version {numbers})"
            )

    def refuse_while_unfinished(self, model: Model, version: Version, doing: str) -> None:
        """Raise a ConflictException while a version is trained or imported; that counts as a look at it."""
        status = version.status
        self.look_at_version(model, version)
        if version.work:
            raise state_conflict(f"The model version {version.arn} cannot {doing}: its status is {status}")

    def look_at_model(self, model: Model) -> None:
        """Let everything of a model that is over end."""
        for version in model.in_the_making:
            self.look_at_version(model, version)

    def look_at_version(self, model: Model, version: Version) -> None:
        """Let a version end when it is over; what is left to write for that is written first."""
        looks.look_at_version(model, version, self.settings, self.now, look=True)
        self.invocation.await_end(version.arn, version.work, looks.progress_of(version, self.settings))

    def look_at_dataset(self, dataset: Dataset) -> None:
        """Let the job of a dataset end when it is over."""
        looks.look_at_dataset(dataset, self.settings, self.now, look=True)
        self.invocation.await_end(dataset.arn, dataset.job.work if dataset.job else None, self.settings.progress)

    def look_at_switch(self, scheduler: InferenceScheduler) -> None:
        """Let a scheduler arrive where it is going when the time has come."""
        looks.look_at_scheduler(scheduler, self.settings, self.now, look=True)

    def page(
        self,
        items: Collection[Any, T],
        member: str,
        summary: Callable[[T], Answer],
        wanted: Callable[[T], bool] = lambda item: True,
    ) -> Answer:
        """One page of those of a collection that are wanted, as the answer of a list."""
        return self.page_since(lambda after: filter(wanted, items.since(after)), member, summary)

    def page_of(self, items: Sequence[Any], member: str, summary: Callable[[Any], Answer]) -> Answer:
        """The same of numbered things that are in no store."""
        ordered = sorted(items, key=lambda item: int(item.number))
        return self.page_since(lambda after: (item for item in ordered if item.number > after), member, summary)

    def page_since(
        self, since: Callable[[int], Iterable[Any]], member: str, summary: Callable[[Any], Answer]
    ) -> Answer:
        """The same of what has a number above one that is given, in that order; looked at as far as the page goes."""
        shown, token = page(
            since,
            lambda item: int(item.number),
            self.parameters,
            scope=f"{self.own.account} {self.own.region} {self.invocation.operation}",
            default_size=self.settings.page_size,
        )
        return {member: [summary(item) for item in shown], "NextToken": token}


Operation = Callable[[EquipmentCall], Answer | LaterAnswer]
