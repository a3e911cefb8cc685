"""From a `cdk.Stack` to a template and uploaded assets, without the CDK CLI."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookout_local import assembly
from lookout_local.assembly import File, Needs
from lookout_local.deployment import Environment

if TYPE_CHECKING:
    from aws_cdk import Stack


@dataclass(frozen=True)
class Synthesised:
    """What a stack comes down to."""

    template: str
    #: The template as the CDK CLI uploads it; None for a stack whose synthesizer has it otherwise.
    template_file: File | None
    files: list[File]
    needs: Needs
    #: What the template's parameters get with the files.
    parameters: dict[str, str]
    tags: dict[str, str]


def synthesise(stack: Stack, environment: Environment) -> Synthesised:
    """The stack as its app defines it now. Raises ValueError for what only the CDK CLI can deploy."""
    from aws_cdk import Stage

    stage: Any = Stage.of(stack)  # CDK gives an app to a stack without one
    # A stage remembers its first synthesis; constructs that were added since would be missing.
    made = stage.synth(force=True)
    artifact = assembly.stack(Path(made.directory), stack.artifact_id, environment)
    if artifact.obstacle:
        raise ValueError(f"stack {stack.stack_name}: {artifact.obstacle}")
    templates = [file for file in artifact.files if file.path == artifact.template]
    return Synthesised(
        template=artifact.template.read_text(),
        template_file=templates[0] if templates else None,
        files=[file for file in artifact.files if file not in templates],
        needs=artifact.needs,
        parameters=artifact.parameters,
        tags=dict(made.get_stack_artifact(stack.artifact_id).tags),
    )


def upload(files: Iterable[File], s3_of: Callable[[str], Any]) -> None:
    """Put files into their buckets, except those that are there already; `s3_of` makes a client for a Region."""
    for file in files:
        s3 = s3_of(file.region)
        if not s3.list_objects_v2(Bucket=file.bucket, Prefix=file.key).get("KeyCount"):
            s3.put_object(Bucket=file.bucket, Key=file.key, Body=_content(file))


def _content(file: File) -> bytes:
    if not file.zipped:
        return file.path.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(file.path.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(file.path).as_posix())
    return buffer.getvalue()
