"""Measure, and print one line per ratio: below 1 is faster, or smaller, than the peer."""

from __future__ import annotations

import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from rich.console import Console

from bench import ingestion, inspection, server, training
from cdk_lookout import equipment
from cdk_lookout.provider.asset import provider_zip
from lookout_local import LocalCloud, process, tools
from lookout_local.deployment import Environment

ROOT = Path(__file__).parent.parent
_DATASETS = 100
_READS = 500

_OURS = """
from lookout_shared import aws
aws.client("lookoutequipment", "us-east-1")
"""
_BOTO3 = """
import boto3
boto3.client("lookoutequipment", region_name="us-east-1")
"""


def main() -> None:
    console = Console(highlight=False, soft_wrap=True)
    for name, measure in (
        ("first client of a cold process, against boto3's", first_client),
        (f"synthesis of {_DATASETS} datasets, against {_DATASETS} resources of CDK's own provider", synthesis),
        (f"template of {_DATASETS} datasets, bytes, likewise", template),
        ("deployment of a change to the local cloud, against the same with the CDK CLI", deployment),
        (
            "an object of the local cloud that is read with a signature, against one that is open to everybody",
            signature,
        ),
        ("DescribeDataset of the server, signed and checked, against an empty application", server.describing),
        ("the same in seconds of the server's processor", server.computing),
        ("ListDatasets of the server with 10,000 datasets, against 100", server.listing),
        ("99th percentile of DescribeModel while others train, against an idle server", server.waiting),
        ("memory of the server after 10,000 datasets made and deleted, against 1,000", server.churning),
        ("memory after a year of five-minute runs, against the first tenth of it", server.running_for_a_year),
        ("CPU of an ingestion, against pyarrow's CSV to Parquet alone", ingestion.clean),
        ("the same with one bad cell in each of 100 columns, against pyarrow with none", ingestion.bad),
        ("memory of an ingestion, against that of a fifth of it", ingestion.memory),
        ("CPU of a detection in a picture of 1,024 pixels, against the network's own pass", inspection.detecting),
        ("a detection over HTTP with eight callers and two processes, against one caller", inspection.answering),
        ("CPU of a training, 300 sensors x 100,000 rows, against principal components of the numbers", training.cost),
        ("memory of a training, against that of a quarter of the rows", training.memory),
        ("memory of a training with diagnostics, against one without", training.diagnosed_in_memory),
        ("CPU of each of 50 models trained in one process, against one model in its own", training.many),
        ("memory of the same", training.many_in_memory),
    ):
        ours, peer = measure()
        console.print(f"{ours / peer:5.2f}  {name}  ({ours:.3g} / {peer:.3g})")


def first_client() -> tuple[float, float]:
    """In the function's own files, less what the interpreter takes to start. Lambda gives credentials as variables."""
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as directory:
        with zipfile.ZipFile(provider_zip()) as archive:
            archive.extractall(directory)

        def run(code: str) -> None:
            subprocess.run([sys.executable, "-c", code], cwd=directory, env=environment, check=True)

        ours, peer, nothing = by_turns(*(functools.partial(run, code) for code in (_OURS, _BOTO3, "")))
    return ours - nothing, peer - nothing


def synthesis() -> tuple[float, float]:
    mine, theirs = by_turns(lambda: synthesise(ours), lambda: synthesise(peers))
    return mine, theirs


def template() -> tuple[float, float]:
    return synthesise(ours), synthesise(peers)


def deployment() -> tuple[float, float]:
    def stack(version: int) -> cdk.Stack:
        made = cdk.Stack(cdk.App(), "Bench", env=cdk.Environment(account="111111111111", region="us-east-1"))
        equipment.Dataset(made, f"Pumps{version}", source=equipment.DatasetSource.detected())
        return made

    with LocalCloud() as cloud, tempfile.TemporaryDirectory() as directory:
        cloud.deploy(stack(0))
        direct = seconds(lambda: cloud.deploy(stack(1)), times=1)
        running = process.find(cloud.state_dir)
        assert running is not None
        environment = Environment("111111111111", "us-east-1")
        tools.bootstrap_once(running, environment)
        app = Path(directory) / "app.py"
        app.write_text(_APP)
        deploy = ["deploy", "--app", f"{sys.executable} {app}", "--require-approval", "never"]
        cli = seconds(
            lambda: subprocess.run(
                [str(tools.find_cdk(ROOT)), *deploy, "--output", f"{directory}/cdk.out"],
                env=tools.environment_for(running, environment),
                cwd=directory,
                check=True,
                capture_output=True,
            ),
            times=1,
        )
    return direct, cli


def signature() -> tuple[float, float]:
    """Median seconds on one connection, by turns, so that whatever else the machine does is in both."""
    with LocalCloud() as cloud:
        s3, port = cloud.client("s3"), urlsplit(cloud.endpoint_url).port
        s3.create_bucket(Bucket="bench")
        s3.put_object(Bucket="bench", Key="key", Body=b"x" * 1000)
        s3.delete_public_access_block(Bucket="bench")
        everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bench/*"}
        s3.put_bucket_policy(Bucket="bench", Policy=json.dumps({"Version": "2012-10-17", "Statement": everybody}))
        variables = cloud.env()
        root = Credentials(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
        request = AWSRequest("GET", f"{cloud.endpoint_url}/bench/key")
        S3SigV4Auth(root, "s3", "us-east-1").add_auth(request)
        connection = HTTPConnection("127.0.0.1", port)
        taken: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * _READS):
            signed = turn % 2 == 0
            began = time.perf_counter()
            connection.request("GET", "/bench/key", headers=dict(request.headers.items()) if signed else {})
            answer = connection.getresponse()
            assert len(answer.read()) == 1000, answer.status
            taken[signed].append(time.perf_counter() - began)
        connection.close()
    return statistics.median(taken[True]), statistics.median(taken[False])


_APP = """
import aws_cdk as cdk
from bench import server
from cdk_lookout import equipment

app = cdk.App()
stack = cdk.Stack(app, "Bench", env=cdk.Environment(account="111111111111", region="us-east-1"))
equipment.Dataset(stack, "Pumps2", source=equipment.DatasetSource.detected())
app.synth()
"""


def ours(stack: cdk.Stack) -> None:
    for number in range(_DATASETS):
        equipment.Dataset(stack, f"Pumps{number}", source=equipment.DatasetSource.detected())


def peers(stack: cdk.Stack) -> None:
    """The least that a library on CDK's own provider framework would make."""
    handler = lambda_.Function(
        stack,
        "Handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handle",
        code=lambda_.Code.from_inline("def handle(event, context): pass"),
    )
    provider = custom_resources.Provider(stack, "Provider", on_event_handler=handler, is_complete_handler=handler)
    for number in range(_DATASETS):
        cdk.CustomResource(
            stack,
            f"Pumps{number}",
            service_token=provider.service_token,
            resource_type="Custom::Dataset",
            properties={"Name": f"pumps-{number}"},
        )


def synthesise(define: Callable[[cdk.Stack], None]) -> int:
    """Synthesise, and give the size of the template in bytes."""
    with tempfile.TemporaryDirectory() as directory:
        app = cdk.App(outdir=directory)
        stack = cdk.Stack(app, "Bench")
        define(stack)
        made = app.synth().get_stack_by_name(stack.stack_name).template
        return len(json.dumps(made, separators=(",", ":")))


def by_turns(*runs: Callable[[], object], times: int = 9) -> list[float]:
    """The medians of *times* runs of each, after one for warmth: whatever else the machine does is in all of them."""
    taken = [[seconds(run, times=1) for run in runs] for _ in range(times + 1)][1:]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def seconds(run: Callable[[], object], times: int = 5) -> float:
    """The median of *times* runs."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
