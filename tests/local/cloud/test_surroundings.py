"""What functions find around them on a cloud: layers with modes, the AWS SDK for JavaScript."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lookout_local.cloud import LocalCloud

from .conftest import ScriptedStack

pytestmark = pytest.mark.e2e

FILES = {
    "text": ("from a layer", 0o644),
    "bin/tool": ("#!/bin/sh\necho from a tool\n", 0o755),
    "nodejs/node_modules/layered/index.js": ("exports.name = 'layered';", 0o644),
    "nodejs/own.js": ("exports.name = 'own';", 0o644),
    "python/layered.py": ("NAME = 'layered'", 0o644),
}
PYTHON = """
import subprocess
import layered

def handle(event, context):
    return [layered.NAME, open("/opt/text").read(), subprocess.check_output(["tool"], text=True)]
"""
NODE = """
const { execFileSync } = require("child_process");
const fs = require("fs");
exports.handler = async () => [
  require("layered").name,
  require("/opt/nodejs/own").name,
  fs.readFileSync("/opt/text", "utf8"),
  (await fs.promises.readFile("/opt/text")).toString(),
  execFileSync("/opt/bin/tool", { encoding: "utf8" }),
];
"""
SDK = """
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
exports.handler = async () => (await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn;
"""
ESM = """
import { S3 } from "@aws-sdk/client-s3";
export const handler = async () => [new S3({}).config.serviceId, (await import("@smithy/core")).normalizeProvider.name];
"""


def archive(files: dict[str, tuple[str, int]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, (text, mode) in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            made.writestr(entry, text)
    return content.getvalue()


@pytest.fixture(scope="module")
def bucket(lookout_cloud: LocalCloud) -> str:
    s3 = lookout_cloud.client("s3")
    s3.create_bucket(Bucket="surroundings")
    s3.put_object(Bucket="surroundings", Key="layer.zip", Body=archive(FILES))
    s3.put_object(Bucket="surroundings", Key="esm.zip", Body=archive({"index.mjs": (ESM, 0o644)}))
    return "surroundings"


@pytest.fixture
def result(stack: ScriptedStack, lookout_cloud: LocalCloud) -> Iterator[Any]:
    """What a function returns that is made with these properties."""

    def of(others: dict[str, Any] | None = None, /, **properties: Any) -> Any:
        made = stack.function()
        made["Properties"] |= {"Timeout": 120, **properties}
        name = stack.deploy({"Name": {"Ref": "Function"}}, Function=made, **(others or {}))["Name"]
        answer = lookout_cloud.client("lambda").invoke(FunctionName=name)
        returned = json.load(answer["Payload"])
        assert "FunctionError" not in answer, returned
        return returned

    yield of
    stack.destroy()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Code": {"ZipFile": PYTHON}}, ["layered", "from a layer", "from a tool\n"]),
        (
            {"Code": {"ZipFile": NODE}, "Runtime": "nodejs22.x", "Handler": "index.handler"},
            ["layered", "own", "from a layer", "from a layer", "from a tool\n"],
        ),
    ],
    ids=["python", "node"],
)
def test_layers_are_found_at_opt_with_their_modes(
    result: Any, bucket: str, properties: dict[str, Any], expected: list[str]
) -> None:
    content = {"S3Bucket": bucket, "S3Key": "layer.zip"}
    layer = {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": content}}
    assert result({"Layer": layer}, Layers=[{"Ref": "Layer"}], **properties) == expected


def test_a_function_in_node_has_the_real_sdk_and_the_rights_of_its_role(result: Any) -> None:
    arn = result(Code={"ZipFile": SDK}, Runtime="nodejs22.x", Handler="index.handler")
    assert arn.startswith("arn:aws:sts::111111111111:assumed-role/")


def test_modules_of_the_newer_kind_have_the_sdk_as_well(result: Any, bucket: str) -> None:
    code = {"S3Bucket": bucket, "S3Key": "esm.zip"}
    found = result(Code=code, Runtime="nodejs22.x", Handler="index.handler")
    assert found == ["S3", "normalizeProvider"]


def test_any_part_of_the_sdk_is_found_after_any_other(result: Any) -> None:
    code = """
    const names = ["lookoutvision", "lookoutequipment", "ssm", "s3", "dynamodb"];
    exports.handler = async () => names.map((name) => Object.keys(require(`@aws-sdk/client-${name}`)).length > 9);
    """
    assert result(Code={"ZipFile": code}, Runtime="nodejs22.x", Handler="index.handler", Timeout=300) == [True] * 5


def test_the_sdk_is_fetched_into_the_state_directory(lookout_cloud: LocalCloud, result: Any) -> None:
    result(Code={"ZipFile": SDK}, Runtime="nodejs22.x", Handler="index.handler")
    directory = lookout_cloud.state_dir / "sdk"
    assert (directory / "node_modules/@aws-sdk/client-sts").is_dir()
    assert not (directory / "cache").exists()
    assert not Path("/tmp/node_modules/@aws-sdk").exists()
