"""A model component that runs: a zip with recipe, model, the agent that answers for it, and the licences of all that.

The detection and the agent are the modules of this installation, so a component judges as its server does.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lookout_server
from lookout_server.detection.images import Model, contents
from lookout_server.edge import description
from lookout_server.edge.description import Description
from lookout_server.vision.recipe import recipe

_OURS = Path(lookout_server.__file__).parent
#: The modules that a component has, and the interface for who writes a client.
_MODULES = ("__init__.py", "detection/__init__.py", "detection/artifact.py", "detection/images/*.py", "edge/*.py")
_PROTO = "edge/edge_agent.proto"
_DISTRIBUTION, _LICENCES = "cdk-lookout", ("LICENSE", "NOTICE")
#: What computes: in the very versions of this installation, since others may round differently.
_COMPUTING = ("numpy", "onnxruntime", "pillow")
#: What speaks: as the extra `edge` has it.
_SPEAKING = ("grpcio>=1.85,<2", "protobuf>=7.35.1,<9")
#: The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _MODE = 3, 0o100644


def component(model: Model, about: Description, settings: Mapping[str, Any], uri: str) -> bytes:
    """The zip; the same for the same arguments and installation.

    settings: GreengrassConfiguration. uri: where the zip will be, `s3://<bucket>/<key>`.

    Raises ValueError when a label of the model has no colour.
    """
    if model.labels is not None and (missing := set(model.labels.names) - set(about.colors)):
        raise ValueError(f"colors: got none for {', '.join(sorted(missing))}, expected one for each label of the model")
    files = {
        "recipe.json": json.dumps(recipe(about, settings, uri), indent=2).encode(),
        "requirements.txt": requirements().encode(),
        "__main__.py": (_OURS / "edge/__main__.py").read_bytes(),
        description.FILE: about.encoded(),
        **{f"{description.MODEL}/{name}": body for name, body in contents(model, with_backbone=True).items()},
        **{f"lookout_server/{name}": (_OURS / name).read_bytes() for name in _modules()},
        **{name: _licence(name) for name in _LICENCES},
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system, entry.external_attr = _UNIX, _MODE << 16
            archive.writestr(entry, body, zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def requirements() -> str:
    """What a component has to find beside Python, for pip."""
    pinned = [f"{name}=={importlib.metadata.version(name)}" for name in _COMPUTING]
    return "".join(f"{line}\n" for line in sorted([*pinned, *_SPEAKING]))


def _modules() -> list[str]:
    return [file.relative_to(_OURS).as_posix() for one in (*_MODULES, _PROTO) for file in _OURS.glob(one)]


def _licence(name: str) -> bytes:
    text = importlib.metadata.distribution(_DISTRIBUTION).read_text(f"licenses/{name}")
    if text is None:
        raise FileNotFoundError(f"{_DISTRIBUTION}: the installation lacks its {name}")
    return text.encode()
