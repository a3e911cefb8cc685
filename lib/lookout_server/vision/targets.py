"""What a model component is compiled for.

Sources: API reference (GreengrassConfiguration, TargetPlatform), developer guide ("Package settings").
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from lookout_server.protocol.errors import validation

_NVIDIA_OPTIONS = {
    "gpu-code": re.compile(r"sm_[0-9]{2,3}"),
    "trt-ver": re.compile(r"[0-9]+\.[0-9]+\.[0-9]+"),
    "cuda-ver": re.compile(r"[0-9]+\.[0-9]+"),
}
_EXAMPLES = {"gpu-code": "sm_75", "trt-ver": "7.1.3", "cuda-ver": "10.2"}
_WHERE = "Configuration.Greengrass"


def check_target(greengrass: Mapping[str, Any]) -> None:
    """Raise a ValidationException unless device, platform and compiler options fit together."""
    device, platform = greengrass.get("TargetDevice"), greengrass.get("TargetPlatform")
    options = greengrass.get("CompilerOptions")
    if (device is None) == (platform is None):
        got = "neither" if device is None else "both"
        raise validation(f"{_WHERE}: got {got}, expected either TargetDevice or TargetPlatform")
    if device is not None and options is not None:
        raise validation(f"{_WHERE}.CompilerOptions: expected none beside TargetDevice")
    parsed = {} if options is None else _options(options)
    if platform is not None and platform.get("Accelerator") == "NVIDIA":
        for name, pattern in _NVIDIA_OPTIONS.items():
            value = parsed.get(name)
            if not isinstance(value, str) or not pattern.fullmatch(value):
                got = "nothing" if value is None else repr(value)
                raise validation(
                    f"{_WHERE}.CompilerOptions.{name}: got {got}, expected a value such as '{_EXAMPLES[name]}' "
                    "for the accelerator NVIDIA"
                )


def _options(text: str) -> dict[str, Any]:
    """The options, which are written as in `{'mcpu': 'skylake-avx512'}`; JSON is written almost the same."""
    try:
        parsed = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict) or not all(isinstance(name, str) for name in parsed):
        raise validation(f"{_WHERE}.CompilerOptions: got '{text}', expected options such as {{'gpu-code': 'sm_75'}}")
    return parsed
