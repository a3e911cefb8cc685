"""What who packages a model and who runs it know of one another, and what a component says of itself.

That is in a file beside its model: written when it is packaged, read on the device.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass

#: In the directory of a component: the file, and the directory of the model.
FILE, MODEL = "component.json", "model"
#: Where clients look for an agent (developer guide).
SOCKET = "/tmp/aws.iot.lookoutvision.EdgeAgent.sock"


@dataclass(frozen=True)
class Description:
    #: Name and version of the component; by the name it is called.
    component: str
    version: str
    #: The model that was packaged.
    model_arn: str
    #: Width and height of the pictures that the model was trained with, in pixels; None where they had several sizes.
    size: tuple[int, int] | None
    #: The colour of each label, such as #2ca02c; none in a classification model.
    colors: Mapping[str, str]

    def encoded(self) -> bytes:
        """The file."""
        return json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def decoded(cls, content: bytes) -> Description:
        """Out of the file; raises ValueError, KeyError or TypeError where it is none."""
        given = json.loads(content)
        size = given["size"]
        return cls(**{**given, "size": None if size is None else (int(size[0]), int(size[1]))})
