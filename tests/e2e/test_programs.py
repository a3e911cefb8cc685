"""Programs as they are: with AWS's addresses in them, and sleeping or listing instead of describing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.shell import COMMAND, Shell

PROGRAM = """
import json, sys, time
from datetime import datetime, timedelta

import boto3

address = "https://{}.us-east-1.amazonaws.com"
equipment = boto3.client("lookoutequipment", region_name="us-east-1", endpoint_url=address.format("lookoutequipment"))
s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=address.format("s3"))
iam = boto3.client("iam")

trust = {"Effect": "Allow", "Principal": {"Service": "lookoutequipment.amazonaws.com"}, "Action": "sts:AssumeRole"}
files = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
trust, files = (json.dumps({"Version": "2012-10-17", "Statement": [statement]}) for statement in (trust, files))
role = iam.create_role(RoleName="Data", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
iam.put_role_policy(RoleName="Data", PolicyName="Files", PolicyDocument=files)

start = datetime.now() - timedelta(days=4)
rows = [f"{start + timedelta(minutes=5 * row):%Y-%m-%d %H:%M:%S},{row % 7}" for row in range(1000)]
s3.create_bucket(Bucket="plant")
s3.put_object(Bucket="plant", Key="train/pump/pump.csv", Body="\\n".join(["Timestamp,flow", *rows]))

columns = [{"Name": "Timestamp", "Type": "DATETIME"}, {"Name": "flow", "Type": "DOUBLE"}]
schema = json.dumps({"Components": [{"ComponentName": "pump", "Columns": columns}]})
equipment.create_dataset(DatasetName="pumps", DatasetSchema={"InlineDataSchema": schema})
source = {"S3InputConfiguration": {"Bucket": "plant", "Prefix": "train/"}}
equipment.start_data_ingestion_job(DatasetName="pumps", RoleArn=role, IngestionInputConfiguration=source)
time.sleep(5)
equipment.create_model(
    ModelName="wear", DatasetName="pumps", RoleArn=role,
    TrainingDataStartTime=start, TrainingDataEndTime=start + timedelta(days=2),
    EvaluationDataStartTime=start + timedelta(days=2, seconds=1), EvaluationDataEndTime=start + timedelta(days=3),
)
while equipment.list_models()["ModelSummaries"][0]["Status"] == "IN_PROGRESS":
    time.sleep(1)
equipment.create_inference_scheduler(
    InferenceSchedulerName="watch", ModelName="wear", DataUploadFrequency="PT5M", RoleArn=role,
    DataInputConfiguration={"S3InputConfiguration": {"Bucket": "plant", "Prefix": "in/"}},
    DataOutputConfiguration={"S3OutputConfiguration": {"Bucket": "plant", "Prefix": "out/"}},
)
time.sleep(5)
print(equipment.list_inference_schedulers()["InferenceSchedulerSummaries"][0]["Status"])
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """In a directory of its own, with a cloud."""
    shell = Shell(tmp_path)
    shell("up")
    yield shell
    shell("down")


def test_a_program_with_addresses_of_aws_that_sleeps_instead_of_looking_gets_on(shell: Shell) -> None:
    (shell.directory / "program.py").write_text(PROGRAM)
    command = f'eval "$({COMMAND} env --proxy)"; exec {sys.executable} program.py'
    done = subprocess.run(["bash", "-c", command], cwd=shell.directory, capture_output=True, text=True, check=False)
    assert (done.stdout.splitlines(), done.stderr) == (["RUNNING"], "")
