"""From a `cdk.Stack` to a template and uploaded assets, without the CDK CLI."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookout_local.deployment import Environment

if TYPE_CHECKING:
    from aws_cdk import Stack


@dataclass(frozen=True)
class Asset:
    """A file that a template refers to, and where it expects it."""

    bucket: str
    key: str
    content: Callable[[], bytes]


@dataclass(frozen=True)
class Synthesised:
    """What a stack comes down to."""

    template: str
    #: The template as the CDK CLI uploads it; None for a stack whose synthesizer has it otherwise.
    template_asset: Asset | None
    assets: list[Asset]
    tags: dict[str, str]


def synthesise(stack: Stack, environment: Environment) -> Synthesised:
    """The stack as its app defines it now. Raises ValueError for what only the CDK CLI can deploy."""
    from aws_cdk import Stage

    stage: Any = Stage.of(stack)  # CDK gives an app to a stack without one
    # A stage remembers its first synthesis; constructs that were added since would be missing.
    assembly = stage.synth(force=True)
    artifact = assembly.get_stack_artifact(stack.artifact_id)
    template = Path(artifact.template_full_path)
    manifest = template.with_name(f"{stack.artifact_id}.assets.json")
    files = _assets(manifest, stack.stack_name, environment) if manifest.exists() else []
    assets = [asset for path, asset in files if path != template.name]
    template_assets = [asset for path, asset in files if path == template.name]
    template_asset = template_assets[0] if template_assets else None
    return Synthesised(template.read_text(), template_asset, assets, dict(artifact.tags))


def upload(assets: list[Asset], s3: Any) -> None:
    """Put the assets into their buckets, except those that are there already."""
    for asset in assets:
        if not s3.list_objects_v2(Bucket=asset.bucket, Prefix=asset.key).get("KeyCount"):
            s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=asset.content())


def _assets(manifest: Path, stack_name: str, environment: Environment) -> list[tuple[str, Asset]]:
    """Every file that the manifest names, by its path."""
    content = json.loads(manifest.read_text())
    if content.get("dockerImages"):
        raise ValueError(f"stack {stack_name}: container image assets cannot be deployed to a local cloud")
    assets = []
    for file in content.get("files", {}).values():
        source = file["source"]
        if "path" not in source:
            raise ValueError(f"stack {stack_name}: an asset is made by a command; deploy it with `lookout-local cdk`")
        read = _reader(manifest.parent / source["path"], source.get("packaging", "file"))
        for destination in file["destinations"].values():
            bucket, key = (_filled(destination[part], environment) for part in ("bucketName", "objectKey"))
            assets.append((source["path"], Asset(bucket, key, read)))
    return assets


def _filled(text: str, environment: Environment) -> str:
    """A name with CloudFormation's pseudo parameters replaced."""
    values = {"AccountId": environment.account, "Region": environment.region, "Partition": "aws"}
    for name, value in values.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _reader(path: Path, packaging: str) -> Callable[[], bytes]:
    return path.read_bytes if packaging == "file" else lambda: _zipped(path)


def _zipped(directory: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(directory.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(directory).as_posix())
    return buffer.getvalue()
