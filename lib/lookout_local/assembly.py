"""What an app is synthesised to, a cloud assembly: its stacks, their files, and what these expect to be there.

Synthesizers differ in where a stack's files go, and in whether the account must be bootstrapped. All of that is in the
assembly: the manifest of a stack's assets, what the stack says of its bootstrap stack, and for the legacy synthesizer
parameters of the template.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookout_local.deployment import Environment

_STACK = "aws:cloudformation:stack"
_ASSEMBLY = "cdk:cloud-assembly"
_MANIFEST = "cdk:asset-manifest"
_LEGACY_ASSET = "aws:cdk:asset"
_IMAGES = "container image assets cannot be deployed to a local cloud"
_COMMANDS = "an asset is made by a command; deploy it with `lookout-local cdk`"
_UNKNOWN = {"unknown-account": "", "unknown-region": ""}


@dataclass(frozen=True)
class Needs:
    """What must exist before a stack is deployed: an SSM parameter with the version of the bootstrap stack ('' for
    none); buckets, each with its Region; the role that the CDK CLI deploys with ('' for none), and those that it writes
    to the buckets with.
    """

    parameter: str = ""
    buckets: tuple[tuple[str, str], ...] = ()
    role: str = ""
    writers: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """A file of a stack, where it is and where the stack expects it. A directory is uploaded as a zip.

    `role` is what the CDK CLI uploads it with, '' for the caller's own rights.
    """

    path: Path
    zipped: bool
    bucket: str
    key: str
    region: str
    role: str = ""


@dataclass(frozen=True)
class StackArtifact:
    """A stack of an assembly, as it is deployed to an environment."""

    name: str
    environment: Environment
    template: Path
    needs: Needs
    files: list[File]
    #: Values that the template's parameters get with its files, as the legacy synthesizer has it.
    parameters: dict[str, str] = field(default_factory=dict)
    #: What only the CDK CLI can deploy, and how; '' for nothing.
    obstacle: str = ""


def stacks(directory: Path, default: Environment) -> Iterator[StackArtifact]:
    """All stacks of an assembly and of those within it; `default` is where those go that do not say it."""
    artifacts = _artifacts(directory)
    for identity, artifact in artifacts.items():
        if artifact["type"] == _ASSEMBLY:
            yield from stacks(directory / artifact["properties"]["directoryName"], default)
        elif artifact["type"] == _STACK:
            yield stack(directory, identity, _environment(artifact, default))


def stack(directory: Path, identity: str, environment: Environment) -> StackArtifact:
    """One stack of an assembly, by its artifact's id."""
    artifacts = _artifacts(directory)
    artifact = artifacts[identity]
    properties = artifact["properties"]
    files: list[File] = []
    parameters: dict[str, str] = {}
    obstacles: list[str] = []
    for dependency in artifact.get("dependencies", []):
        if artifacts[dependency]["type"] == _MANIFEST:
            manifest = directory / artifacts[dependency]["properties"]["file"]
            content = json.loads(manifest.read_text())
            files += _files(directory, content, environment)
            obstacles += [_IMAGES] * bool(content.get("dockerImages"))
            obstacles += [_COMMANDS for file in content.get("files", {}).values() if "path" not in file["source"]]
    for asset in _legacy_assets(directory, artifact):
        if asset["packaging"] in ("file", "zip"):
            legacy, values = _legacy_file(directory, asset, environment)
            files.append(legacy)
            parameters.update(values)
        else:
            obstacles.append(_IMAGES)
    needs = Needs(
        parameter=properties.get("bootstrapStackVersionSsmParameter", ""),
        buckets=tuple(sorted({(file.bucket, file.region) for file in files})),
        role=_filled(properties.get("assumeRoleArn", ""), environment),
        writers=tuple(sorted({file.role for file in files} - {""})),
    )
    return StackArtifact(
        name=properties.get("stackName") or identity,
        environment=environment,
        template=directory / properties["templateFile"],
        needs=needs,
        files=files,
        parameters=parameters,
        obstacle="; ".join(dict.fromkeys(obstacles)),
    )


def toolkit_bucket(qualifier: str, environment: Environment) -> str:
    """The bucket for files that `cdk bootstrap` makes."""
    return f"cdk-{qualifier}-assets-{environment.account}-{environment.region}"


def _artifacts(directory: Path) -> dict[str, dict[str, Any]]:
    manifest = json.loads((directory / "manifest.json").read_text())
    artifacts: dict[str, dict[str, Any]] = manifest.get("artifacts", {})  # an app may be empty
    return artifacts


def _environment(artifact: dict[str, Any], default: Environment) -> Environment:
    account, region = artifact["environment"].removeprefix("aws://").split("/")
    return Environment(
        _UNKNOWN.get(account, account) or default.account, _UNKNOWN.get(region, region) or default.region
    )


def _files(directory: Path, manifest: dict[str, Any], environment: Environment) -> Iterator[File]:
    """The files of an asset manifest; one that a command makes has the path of the directory."""
    for file in manifest.get("files", {}).values():
        source = file["source"]
        for destination in file["destinations"].values():
            bucket, key, role = (
                _filled(destination.get(part, ""), environment) for part in ("bucketName", "objectKey", "assumeRoleArn")
            )
            region = destination.get("region") or environment.region
            zipped = source.get("packaging", "file") == "zip"
            yield File(directory / source.get("path", ""), zipped, bucket, key, region, role)


def _legacy_assets(directory: Path, artifact: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a stack tells of its assets in its metadata, which may stand in a file of its own."""
    metadata = dict(artifact.get("metadata", {}))
    if "additionalMetadataFile" in artifact:
        metadata |= json.loads((directory / artifact["additionalMetadataFile"]).read_text())
    for entries in metadata.values():
        yield from (entry["data"] for entry in entries if entry["type"] == _LEGACY_ASSET and "data" in entry)


def _legacy_file(directory: Path, asset: dict[str, Any], environment: Environment) -> tuple[File, dict[str, str]]:
    """A file of a stack with the legacy synthesizer, and the parameters that tell the stack where it is."""
    path, zipped = directory / asset["path"], asset["packaging"] == "zip"
    own = "" if asset["id"] == asset["sourceHash"] else f"{asset['id']}/"
    prefix, base = f"assets/{own}", f"{asset['sourceHash']}{'.zip' if zipped else path.suffix}"
    bucket = toolkit_bucket("hnb659fds", environment)
    parameters = {
        asset["s3BucketParameter"]: bucket,
        asset["s3KeyParameter"]: f"{prefix}||{base}",
        asset["artifactHashParameter"]: asset["sourceHash"],
    }
    return File(path, zipped, bucket, prefix + base, environment.region), parameters


def _filled(text: str, environment: Environment) -> str:
    """A text with CloudFormation's pseudo parameters replaced."""
    values = {"AccountId": environment.account, "Region": environment.region, "Partition": "aws"}
    for name, value in values.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text
