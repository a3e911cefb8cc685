"""Projects, with all that is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lookout_provider import ownership
from lookout_provider.holding import Refused
from lookout_provider.identity import fingerprint
from lookout_provider.ownership import Lease
from lookout_provider.resources.base import Live, Named
from lookout_provider.resources.issued import Issued
from lookout_provider.resources.vision.service import VisionResource
from lookout_shared.hours import HOSTING

#: What each status of a model means for its deletion: stop it first, or just go on. In any other one it is waited for.
_STOP, _DELETE = ("HOSTED",), ("TRAINED", "TRAINING_FAILED", "HOSTING_FAILED")
#: The statuses in which nothing goes on with a dataset.
_AT_REST = ("_COMPLETE", "_FAILED")


class Project(VisionResource, Issued, Named):
    """`Custom::LookoutVisionProject`.

    The digits of a generated name are those of its owner, so that nobody else can have made it.
    `Options.DeleteContents` decides whether models that the stack does not own are deleted with it.
    """

    noun = "project"
    name_member = "ProjectName"
    create_only = ()
    attributes = ("ProjectName", "ProjectArn", "CreationTimestamp")

    def operation(self, members: Mapping[str, Any]) -> str:
        return "CreateProject"

    def digits(self, stack_owner: str) -> str:
        return fingerprint({"Owner": f"{stack_owner}/{self.option('Name')}"}, ("Owner",))

    @property
    def identity(self) -> str:
        return self.digits(self.request.stack_owner)

    def bare_id(self) -> str:
        return self.name()

    def differences(self, live: Live) -> Sequence[str]:
        return super().differences(replace(live, physical_id=self.thing(live.physical_id)))

    def find(self, physical_id: str) -> Live | None:
        found = self.service.attempt("DescribeProject", ProjectName=self.thing(physical_id))
        if found is None:
            return None
        description = found["ProjectDescription"]
        return Live(physical_id, description["ProjectArn"], description, tags={})

    def create(self) -> Live:
        made = self.service.call(
            "CreateProject", ProjectName=self.name(), ClientToken=self.request.token("CreateProject")
        )["ProjectMetadata"]
        return Live(self.physical_id(), made["ProjectArn"], made, tags={})

    def only_ours(self, live: Live) -> bool:
        return not self.explicitly_named() and self.thing(live.physical_id) in self.names

    def delete(self, live: Live) -> None:
        """One step: stop what is hosted, delete what has stopped, then the datasets, then the project."""
        name = self.thing(live.physical_id)
        models = self.listed("ListModels", "Models", name)
        self._refuse_foreign(live, models)
        for model in models:
            self._delete_model(name, model)
        datasets = live.description.get("Datasets") or []
        for dataset in datasets:
            if dataset["Status"].endswith(_AT_REST):
                self._once("DeleteDataset", dataset["Status"], ProjectName=name, DatasetType=dataset["DatasetType"])
        if not models and not datasets:
            self._once("DeleteProject", ProjectName=name)

    def _refuse_foreign(self, live: Live, models: Sequence[Mapping[str, Any]]) -> None:
        """Raise Refused, before anything is touched, for models that are not the stack's and may not go."""
        if self.option("DeleteContents") == "true":
            return
        foreign = [model["ModelVersion"] for model in models if not self._owned(model)]
        if foreign:
            versions = ", ".join(sorted(foreign, key=int))
            raise Refused(
                f"{self.called(live.physical_id)} has models that are not this stack's alone, and nothing was touched: "
                f"delete version {versions}, or allow it with delete_contents=True"
            )

    def _owned(self, model: Mapping[str, Any]) -> bool:
        """Whether the stack owns *model*, and no other one has it hosted."""
        stacks = self.request.stack_owners
        found = self.service.attempt("ListTagsForResource", ResourceArn=model["ModelArn"]) or {}
        tags = ownership.read(found.get("Tags", []))
        lease = Lease.parse(tags.get(HOSTING))
        owner = tags.get(ownership.OWNER, "")
        ours = owner.startswith(tuple(f"{stack}/" for stack in stacks))
        return ours and (lease is None or lease.stack in stacks)

    def _delete_model(self, name: str, model: Mapping[str, Any]) -> None:
        version, status = model["ModelVersion"], model["Status"]
        if status not in (*_STOP, *_DELETE):
            # The list may be behind.
            found = self.service.attempt("DescribeModel", ProjectName=name, ModelVersion=version)
            status = found["ModelDescription"]["Status"] if found else ""
        if status in _STOP:
            self._once("StopModel", ProjectName=name, ModelVersion=version)
        elif status in _DELETE:
            self._once("DeleteModel", ProjectName=name, ModelVersion=version)

    def _once(self, operation: str, *step: str, **parameters: str) -> None:
        token = self.request.token("/".join([operation, *step, *parameters.values()]))
        self.service.attempt(operation, ClientToken=token, **parameters)
