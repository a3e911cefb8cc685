"""examples/package_for_the_edge: a model becomes components for two kinds of device, and another version others."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from demo.stories.example import Example
from examples.bottles import files

_STACK = "PackageForTheEdge"


class PackageForTheEdge(Example):
    """A model goes to the machines."""

    name = "package_for_the_edge"

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [self.model, self.deploy, self.deploy_once_more, self.another_version, self.destroy]

    def model(self) -> None:
        self.stage.say("there is a model with two versions, which finds bad bottles")
        self._bucket = self.training.bucket("edge-components", files("edge-components"))
        self.training.project("bottles", self._bucket)
        self._versions = [self.training.inspection("bottles", self._bucket) for _ in range(2)]
        self.context["bucket"] = self._bucket

    def deploy(self) -> None:
        self.stage.succeeds(self.cli().deploy(_STACK, model=self._versions[0]))
        self._expect_components("1.0.0")
        recipe = self._recipe("components/inspection.gateway-1.0.0.zip")
        configured = recipe["ComponentConfiguration"]["DefaultConfiguration"]
        self.stage.expect(
            (configured["ModelArn"], configured["Target"]["Arch"]) == (self._versions[0], "X86_64"),
            f"the gateway's is compiled for {configured['Target']['Arch']}, of version 1 of the model",
        )

    def deploy_once_more(self) -> None:
        self.stage.succeeds(self.cli().deploy(_STACK, model=self._versions[0]))
        self.stage.expect(len(self._jobs()) == 2, "what was packaged is not packaged again")

    def another_version(self) -> None:
        self.stage.succeeds(self.cli().deploy(_STACK, model=self._versions[1]))
        self._expect_components("1.0.0", "2.0.0")
        self.stage.expect(self.output(_STACK, "CameraVersion") == "2.0.0", "the stack puts out those of version 2")

    def destroy(self) -> None:
        self.stage.succeeds(self.cli().destroy(_STACK, model=self._versions[1]))
        self.stage.say("devices may run the components")
        self._expect_components("1.0.0", "2.0.0")

    def _expect_components(self, *versions: str) -> None:
        """Expect components of these versions in the bucket, and no others."""
        found = self.training.keys(self._bucket, "components/")
        wanted = [
            f"components/inspection.{device}-{version}.zip" for device in ("camera", "gateway") for version in versions
        ]
        self.stage.expect(found == wanted, f"there are {', '.join(wanted)}")

    def _recipe(self, key: str) -> dict[str, Any]:
        """The recipe in a component."""
        with zipfile.ZipFile(io.BytesIO(self.training.load(self._bucket, key))) as archive:
            recipe: dict[str, Any] = json.loads(archive.read("recipe.json"))
        return recipe

    def _jobs(self) -> list[str]:
        """The names of all packaging jobs."""
        jobs = self.training.vision.list_model_packaging_jobs(ProjectName="bottles")["ModelPackagingJobs"]
        return [one["JobName"] for one in jobs]
