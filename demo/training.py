"""The training account before any stack: sensor data in a bucket, a dataset, a model and further versions of it."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 200
_SENSORS = ("pressure", "flow")
_BUCKET = "pump-readings"


@dataclass(frozen=True)
class Trained:
    """What the training account has to share."""

    dataset_arn: str
    model_arn: str


def seed(client: Callable[[str], Any], *, versions: int) -> Trained:
    """Upload readings, ingest them, train version 1 and import it into further versions."""
    equipment = client("lookoutequipment")
    role = _data_role(client("iam"))
    s3 = client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    s3.put_object(Bucket=_BUCKET, Key="readings/pump/2026.csv", Body=_readings().encode())

    schema = {"Components": [{"ComponentName": "pump", "Columns": [_column("Timestamp", "DATETIME"), *_sensors()]}]}
    dataset_arn = equipment.create_dataset(DatasetName="pumps", DatasetSchema={"InlineDataSchema": json.dumps(schema)})[
        "DatasetArn"
    ]
    equipment.start_data_ingestion_job(
        DatasetName="pumps",
        IngestionInputConfiguration={"S3InputConfiguration": {"Bucket": _BUCKET, "Prefix": "readings/"}},
        RoleArn=role,
    )
    _until(lambda: equipment.describe_dataset(DatasetName="pumps")["Status"], "ACTIVE")

    model_arn = equipment.create_model(
        ModelName="wear",
        DatasetName="pumps",
        TrainingDataStartTime=_START,
        TrainingDataEndTime=_START + timedelta(days=180),
        EvaluationDataStartTime=_START + timedelta(days=180),
        EvaluationDataEndTime=_START + timedelta(days=_DAYS),
    )["ModelArn"]
    _until(lambda: equipment.describe_model(ModelName="wear")["Status"], "SUCCESS")
    for version in range(2, versions + 1):
        equipment.import_model_version(
            SourceModelVersionArn=f"{model_arn}/model-version/1", ModelName="wear", DatasetName="pumps"
        )
        _until(partial(_version_status, equipment, version), "SUCCESS")
    return Trained(dataset_arn, model_arn)


def _version_status(equipment: Any, version: int) -> str:
    return str(equipment.describe_model_version(ModelName="wear", ModelVersion=version)["Status"])


def _readings() -> str:
    """A reading every six hours: a daily and a slow swing, so that there is something to learn."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Timestamp", *_SENSORS])
    for step in range(_DAYS * 4):
        moment = _START + timedelta(hours=6 * step)
        writer.writerow(
            [moment.strftime("%Y-%m-%dT%H:%M:%S"), 40 + 5 * math.sin(step / 4), 12 + 2 * math.sin(step / 90)]
        )
    return text.getvalue()


def _column(name: str, kind: str) -> dict[str, str]:
    return {"Name": name, "Type": kind}


def _sensors() -> list[dict[str, str]]:
    return [_column(name, "DOUBLE") for name in _SENSORS]


def _data_role(iam: Any) -> str:
    """The role with which the service reads the readings."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lookoutequipment.amazonaws.com"}, "Action": "sts:AssumeRole"}
    read = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{_BUCKET}", f"arn:aws:s3:::{_BUCKET}/readings/*"],
    }
    arn: str = iam.create_role(RoleName="pump-readings", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="pump-readings", PolicyName="read", PolicyDocument=_policy(read))
    return arn


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
