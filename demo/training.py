"""An account before any stack: what somebody made in it with the API, and how it is removed again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from examples.readings import END, SENSORS, START, files

#: What is learned from, and what the rest is for.
LEARN_UNTIL = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Trained:
    """What the training account has to share."""

    dataset_arn: str
    model_arn: str


class Account:
    """An account in which somebody works by hand."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        """*client* makes a boto3 client of a service, in the account."""
        self.equipment, self.vision = client("lookoutequipment"), client("lookoutvision")
        self._s3, self._iam = client("s3"), client("iam")
        self._undo: list[Callable[[], None]] = []

    def undo(self) -> None:
        """Remove everything that was made by hand, the latest first."""
        while self._undo:
            self._undo.pop()()

    def bucket(self, name: str, contents: Mapping[str, str | bytes] | None = None) -> str:
        """A bucket with a pump's readings and its failures, or with other *contents*; its name."""
        self._s3.create_bucket(Bucket=name)
        self._undo.append(partial(self._remove_bucket, name))
        for key, content in (files() if contents is None else contents).items():
            self.put(name, key, content)
        return name

    def put(self, bucket: str, key: str, content: str | bytes) -> None:
        """Upload a file."""
        body = content.encode() if isinstance(content, str) else content
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def read(self, bucket: str, key: str) -> str:
        """What is in a file of text."""
        return self.load(bucket, key).decode()

    def load(self, bucket: str, key: str) -> bytes:
        """What is in a file."""
        return bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys of the files in a bucket."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def delete(self, bucket: str, key: str) -> None:
        """Delete a file."""
        self._s3.delete_object(Bucket=bucket, Key=key)

    def role(self, bucket: str) -> str:
        """A role with which the service reads the bucket, under its name; the ARN."""
        trust = {"Effect": "Allow", "Principal": {"Service": "lookoutequipment.amazonaws.com"}}
        read = {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        }
        role = self._iam.create_role(
            RoleName=bucket, AssumeRolePolicyDocument=_policy({**trust, "Action": "sts:AssumeRole"})
        )
        self._undo.append(partial(self._remove_role, bucket))
        self._iam.put_role_policy(RoleName=bucket, PolicyName="read", PolicyDocument=_policy(read))
        return str(role["Role"]["Arn"])

    def dataset(self, name: str, bucket: str, role: str) -> str:
        """A dataset with the readings of a bucket; the ARN."""
        columns = [{"Name": "Timestamp", "Type": "DATETIME"}, *({"Name": name, "Type": "DOUBLE"} for name in SENSORS)]
        schema = {"Components": [{"ComponentName": "pump", "Columns": columns}]}
        made = self.equipment.create_dataset(DatasetName=name, DatasetSchema={"InlineDataSchema": json.dumps(schema)})
        self._undo.append(partial(self.equipment.delete_dataset, DatasetName=name))
        self.equipment.start_data_ingestion_job(
            DatasetName=name,
            IngestionInputConfiguration={"S3InputConfiguration": {"Bucket": bucket, "Prefix": "readings/"}},
            RoleArn=role,
        )
        _until(lambda: self.equipment.describe_dataset(DatasetName=name)["Status"], "ACTIVE")
        return str(made["DatasetArn"])

    def model(self, name: str, dataset: str, **more: Any) -> str:
        """A model, trained with a dataset and, if the rest of the request says so, with labels; the ARN."""
        made = self.equipment.create_model(
            ModelName=name,
            DatasetName=dataset,
            TrainingDataStartTime=START,
            TrainingDataEndTime=LEARN_UNTIL,
            EvaluationDataStartTime=LEARN_UNTIL,
            EvaluationDataEndTime=END,
            **more,
        )
        self._undo.append(partial(self.equipment.delete_model, ModelName=name))
        _until(lambda: self.equipment.describe_model(ModelName=name)["Status"], "SUCCESS")
        return str(made["ModelArn"])

    def labelled_model(self, name: str, dataset: str, bucket: str, role: str, labels: str = "labels/") -> str:
        """A model that is trained with the labels below a prefix of a bucket; the ARN."""
        location = {"S3InputConfiguration": {"Bucket": bucket, "Prefix": labels}}
        return self.model(name, dataset, LabelsInputConfiguration=location, RoleArn=role)

    def version(self, model: str, dataset: str, source_arn: str) -> None:
        """One more version of a model: a copy of another one."""
        number = self.equipment.import_model_version(
            SourceModelVersionArn=source_arn, ModelName=model, DatasetName=dataset
        )["ModelVersion"]
        _until(lambda: self._version_status(model, number), "SUCCESS")

    def project(self, name: str, bucket: str) -> None:
        """A project of Lookout for Vision with two datasets, both out of the `test.manifest` of a bucket."""
        self.vision.create_project(ProjectName=name)
        self._undo.append(partial(self.vision.delete_project, ProjectName=name))
        manifest = {"S3Object": {"Bucket": bucket, "Key": "test.manifest"}}
        for kind in ("train", "test"):
            dataset = {"ProjectName": name, "DatasetType": kind}
            self.vision.create_dataset(**dataset, DatasetSource={"GroundTruthManifest": manifest})
            self._undo.append(partial(self._remove, self.vision.delete_dataset, self._dataset_status, dataset))
            _until(partial(self._dataset_status, dataset), "CREATE_COMPLETE")

    def inspection(self, project: str, bucket: str) -> str:
        """One more version of a project's model; the ARN."""
        output = {"S3Location": {"Bucket": bucket, "Prefix": "results/"}}
        made = self.vision.create_model(ProjectName=project, OutputConfig=output)["ModelMetadata"]
        version = {"ProjectName": project, "ModelVersion": made["ModelVersion"]}
        self._undo.append(partial(self._remove, self.vision.delete_model, self._inspection_status, version))
        _until(partial(self._inspection_status, version), "TRAINED")
        return str(made["ModelArn"])

    def share(self, arn: str, action: str, account: str) -> None:
        """Let another account do something with a dataset or a model."""
        principal = {"AWS": f"arn:aws:iam::{account}:root"}
        statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": arn}
        self.equipment.put_resource_policy(ResourceArn=arn, ResourcePolicy=_policy(statement))

    def _version_status(self, model: str, number: int) -> str:
        return str(self.equipment.describe_model_version(ModelName=model, ModelVersion=number)["Status"])

    def _dataset_status(self, dataset: Mapping[str, str]) -> str:
        return str(self.vision.describe_dataset(**dataset)["DatasetDescription"]["Status"])

    def _inspection_status(self, version: Mapping[str, str]) -> str:
        return str(self.vision.describe_model(**version)["ModelDescription"]["Status"])

    def _remove(
        self, delete: Callable[..., object], status: Callable[[Mapping[str, str]], str], what: Mapping[str, str]
    ) -> None:
        """Delete something of Lookout for Vision, and wait until it is gone: what it is of is deleted next."""

        def left() -> str:
            try:
                return status(what)
            except self.vision.exceptions.ResourceNotFoundException:
                return "gone"

        delete(**what)
        _until(left, "gone")

    def _remove_bucket(self, name: str) -> None:
        for key in self.keys(name):
            self.delete(name, key)
        self._s3.delete_bucket(Bucket=name)

    def _remove_role(self, name: str) -> None:
        self._iam.delete_role_policy(RoleName=name, PolicyName="read")
        self._iam.delete_role(RoleName=name)


def seed(client: Callable[[str], Any], *, versions: int) -> Trained:
    """Upload readings, ingest them, train version 1 and import it into further versions."""
    account = Account(client)
    bucket = account.bucket("pump-readings")
    dataset_arn = account.dataset("pumps", bucket, account.role(bucket))
    model_arn = account.model("wear", "pumps")
    for _ in range(1, versions):
        account.version("wear", "pumps", f"{model_arn}/model-version/1")
    return Trained(dataset_arn, model_arn)


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _until(status: Callable[[], str], wanted: str) -> None:
    for _ in range(600):
        if (found := status()) == wanted:
            return
        if found == "FAILED":
            break
        time.sleep(0.05)
    raise SystemExit(f"demo: got status {found}, expected {wanted}")
