"""The recipe of a model component: what AWS IoT Greengrass has to install, run and keep of it on a device.

Source: AWS IoT Greengrass, Version 2, developer guide, "Component recipe reference".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lookout_server.edge.description import SOCKET, Description

#: TargetPlatform.Arch and TargetDevice as Greengrass calls them.
_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "aarch64", "jetson_xavier": "aarch64"}
#: Seconds in which the packages have to be installed; Greengrass's own 120 are few for a small device.
_INSTALLING = 900


def recipe(about: Description, settings: Mapping[str, Any], uri: str) -> dict[str, Any]:
    """settings: GreengrassConfiguration. uri: where the zip of the component is."""
    # Greengrass unpacks a zip into a directory of its name.
    unpacked = f"{{artifacts:decompressedPath}}/{PurePosixPath(uri).stem}"
    environment = "{work:path}/venv"
    install = (
        f"{{configuration:/Python}} -m venv {environment} && {environment}/bin/python -m pip install "
        f"{{configuration:/PipArguments}} --requirement {unpacked}/requirements.txt"
    )
    run = f"exec {environment}/bin/python {unpacked} --socket {{configuration:/Socket}}"
    target = settings.get("TargetDevice") or settings["TargetPlatform"]
    architecture = _ARCHITECTURES[target if isinstance(target, str) else target["Arch"]]
    return {
        "RecipeFormatVersion": "2020-01-25",
        "ComponentName": about.component,
        "ComponentVersion": about.version,
        "ComponentType": "aws.greengrass.generic",
        "ComponentDescription": settings.get("ComponentDescription", f"Model {about.model_arn}"),
        "ComponentPublisher": "cdk-lookout",
        "ComponentConfiguration": {
            "DefaultConfiguration": {
                "ModelArn": about.model_arn,
                "Target": target,
                **({"CompilerOptions": options} if (options := settings.get("CompilerOptions")) else {}),
                "Socket": SOCKET,
                "Python": "python3",
                "PipArguments": "--disable-pip-version-check",
            }
        },
        "Manifests": [
            {
                "Platform": {"os": "linux", "architecture": architecture},
                "Lifecycle": {
                    "install": {"Script": install, "Timeout": _INSTALLING},
                    "run": {"Script": run},
                },
                "Artifacts": [{"Uri": uri, "Unarchive": "ZIP"}],
            }
        ],
    }
