"""What a model component is compiled for."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from typing import Any

from cdk_lookout.validation import check_choice, check_pattern, invalid

_LONGEST_OPTIONS = 1024


class Architecture(enum.Enum):
    """The processor of a target platform."""

    #: 64-bit ARM.
    ARM64 = "ARM64"
    #: 64-bit Intel or AMD.
    X86_64 = "X86_64"


class PackagingTarget:
    """The device or the platform on which a component is to run."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        """Use `jetson_xavier`, `linux` or `linux_with_nvidia`."""
        self._properties = dict(properties)

    @classmethod
    def jetson_xavier(cls) -> PackagingTarget:
        """A device: NVIDIA Jetson AGX Xavier."""
        return cls({"TargetDevice": "jetson_xavier"})

    @classmethod
    def linux(cls, architecture: Architecture, *, compiler_options: Mapping[str, Any] | None = None) -> PackagingTarget:
        """A platform with Linux and without an accelerator.

        :param compiler_options: what the compiler is told, such as `{"mcpu": "skylake-avx512"}`. Default: nothing.
        :raises InvalidProperty: for what is no architecture, and for more options than the service takes.
        """
        return cls(_platform("PackagingTarget.linux", architecture, dict(compiler_options or {})))

    @classmethod
    def linux_with_nvidia(
        cls,
        architecture: Architecture,
        *,
        gpu_code: str,
        tensorrt_version: str,
        cuda_version: str,
        compiler_options: Mapping[str, Any] | None = None,
    ) -> PackagingTarget:
        """A platform with Linux and an NVIDIA accelerator.

        :param gpu_code: of the accelerator, such as `sm_75`.
        :param tensorrt_version: as is installed there, such as `7.1.3`.
        :param cuda_version: as is installed there, such as `10.2`.
        :param compiler_options: what else the compiler is told. Default: nothing.
        :raises InvalidProperty: for what the service would refuse.
        """
        where = "PackagingTarget.linux_with_nvidia"
        options = {
            **(compiler_options or {}),
            "gpu-code": check_pattern("gpu_code", where, gpu_code, r"sm_[0-9]{2,3}", "a code such as sm_75"),
            "trt-ver": check_pattern(
                "tensorrt_version", where, tensorrt_version, r"[0-9]+\.[0-9]+\.[0-9]+", "a version such as 7.1.3"
            ),
            "cuda-ver": check_pattern("cuda_version", where, cuda_version, r"[0-9]+\.[0-9]+", "a version such as 10.2"),
        }
        return cls(_platform(where, architecture, options, Accelerator="NVIDIA"))

    @property
    def properties(self) -> dict[str, Any]:
        """The members of the API's GreengrassConfiguration."""
        return dict(self._properties)


def _platform(where: str, architecture: Architecture, options: dict[str, Any], **more: str) -> dict[str, Any]:
    check_choice("architecture", where, architecture, Architecture)
    properties: dict[str, Any] = {"TargetPlatform": {"Os": "LINUX", "Arch": architecture.value, **more}}
    if options:
        text = json.dumps(options)
        if len(text) > _LONGEST_OPTIONS:
            raise invalid("compiler_options", where, text, f"at most {_LONGEST_OPTIONS} characters as JSON")
        properties["CompilerOptions"] = text
    return properties
