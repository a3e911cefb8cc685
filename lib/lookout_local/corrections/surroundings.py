"""What a function finds around it.

AWS: its code is at /var/task, its layers are at /opt, with the modes that their archives have, and /tmp is its own.
Node runtimes have the AWS SDK. An invocation in Node is over when its event loop has run dry.
MiniStack: has code and layers in directories of any name, without modes, and fakes some of the SDK; an invocation in
Node that waits for nothing lasts until its time is over.
"""

from __future__ import annotations

import json
import types
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services.cloudformation import custom_resource

from lookout_local import functions
from lookout_local.functions import sdk

_FOLDER = Path(functions.__file__).parent
_PYTHON = """\
import importlib.util
_spec = importlib.util.spec_from_file_location("_lookout_places", {places!r})
_places = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_places)
_places.install()
"""
_NODE = """\
const surroundings = require({surroundings});
surroundings.install({{
  task: process.env.LAMBDA_TASK_ROOT,
  layers: (process.env._LAMBDA_LAYERS_DIRS || "").split(require("path").delimiter).filter(Boolean).reverse(),
  ...{settings},
}});
"""
_WITHOUT_STUBS = "\nsurroundings.withoutStubs();\n"
_HANDLED = "const result = handlerFn(event, context, callback);"
_detect_runtime_binary = lambda_runtime._detect_runtime_binary


def install() -> None:
    """Put ours around MiniStack's worker scripts; it looks them up when it starts a function's process."""
    lambda_runtime._detect_runtime_binary = runtime_binary
    lambda_runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": Archive})


class Archive(zipfile.ZipFile):
    """An archive that is unpacked with the modes that it has."""

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Unpack everything. What an entry is called may lead elsewhere; where it was put does not."""
        placed = [(entry, Path(self.extract(entry, path, pwd))) for entry in self.infolist()]
        for entry, place in placed:
            if mode := entry.external_attr >> 16 & 0o777:
                place.chmod(mode | (0o700 if entry.is_dir() else 0o600))


def runtime_binary(runtime: str) -> tuple[str, str]:
    """The program and the script of a worker."""
    binary, script = _detect_runtime_binary(runtime)
    if runtime.startswith("python"):
        script = _PYTHON.format(places=str(_FOLDER / "places.py")) + script
    elif runtime.startswith("nodejs"):
        script = _node_settings() + _settling(script) + _WITHOUT_STUBS
    return binary, script


def _node_settings() -> str:
    here = sdk.of_this_cloud()
    url = f"{custom_resource._gateway_url()}{sdk.PATH}{here.token}/"
    settings = {"sdk": {"directory": str(here.directory), "url": url}, "programs": str(here.programs)}
    surroundings = json.dumps(str(_FOLDER / "surroundings.cjs"))
    return _NODE.format(surroundings=surroundings, settings=json.dumps(settings))


def _settling(script: str) -> str:
    before, handled, after = script.partition(_HANDLED)
    if not handled:
        raise RuntimeError("MiniStack's worker for Node is not the one that this was written for")
    return f"{before}{handled} surroundings.settleWhenDry(settle, result);{after}"
