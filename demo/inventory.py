"""What exists in the service: the table after every act, and what of it changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table


def table(accounts: Mapping[str, Any]) -> Table:
    """Datasets, models, versions (the active one marked), and who may import; *accounts* are clients by title."""
    made = Table(box=None, padding=(0, 2, 0, 2), show_edge=False, header_style="dim")
    for heading in ("account", "", "status", "imported from", "may be imported by"):
        made.add_column(heading, no_wrap=True)
    for title, equipment in accounts.items():
        for row in (*_datasets(equipment), *_models(equipment)):
            made.add_row(title, *row)
    return made


def _datasets(equipment: Any) -> Iterable[tuple[str, ...]]:
    for summary in equipment.list_datasets()["DatasetSummaries"]:
        dataset = equipment.describe_dataset(DatasetName=summary["DatasetName"])
        importers = _importers(equipment, dataset["DatasetArn"])
        yield f"dataset {dataset['DatasetName']}", dataset["Status"], _source(dataset, "SourceDatasetArn"), importers


def _models(equipment: Any) -> Iterable[tuple[str, ...]]:
    for summary in equipment.list_models()["ModelSummaries"]:
        name = summary["ModelName"]
        yield f"model {name}", summary["Status"], "", _importers(equipment, summary["ModelArn"])
        for item in equipment.list_model_versions(ModelName=name)["ModelVersionSummaries"]:
            number = item["ModelVersion"]
            version = equipment.describe_model_version(ModelName=name, ModelVersion=number)
            active = " [bold green]active[/]" if number == summary.get("ActiveModelVersion") else ""
            yield f"  version {number}{active}", version["Status"], _source(version, "SourceModelVersionArn"), ""


def _source(description: Mapping[str, Any], member: str) -> str:
    """`wear version 1` out of an ARN."""
    if not (arn := description.get(member)):
        return ""
    path = arn.split(":")[5].split("/")
    return f"{path[1]} version {path[-1]}" if "model-version" in path else str(path[1])


def _importers(equipment: Any, arn: str) -> str:
    try:
        policy = json.loads(equipment.describe_resource_policy(ResourceArn=arn)["ResourcePolicy"])
    except equipment.exceptions.ResourceNotFoundException:
        return ""
    principals = [statement["Principal"]["AWS"] for statement in policy["Statement"]]
    return ", ".join(arn.split(":")[4] for arn in principals)
