"""What CreateModel, UpdateModel and ImportModelVersion ask of the same parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lookout_server.equipment.call import EquipmentCall
from lookout_server.protocol.errors import not_found, quota_exceeded, validation

_INPUTS = ("LabelsInputConfiguration", "RoleArn", "ModelDiagnosticsOutputConfiguration")


def authorize_label_group(call: EquipmentCall) -> None:
    """Ask for the label group that the labels come from, when they come from one."""
    name = _group_name(call)
    if name:
        group = call.own.label_groups.get(name)
        call.authorize_beside(call.arn_or_placeholder("label-group", name, group))


def configuration(call: EquipmentCall, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Labels, role and diagnostics output of a model: as given, else as before.

    Raises a ValidationException for labels from two places, or without the role that reading labels and writing
    diagnostics need (API reference, CreateModel), and a ResourceNotFoundException for an unknown label group.
    """
    result = dict(before or {})
    result |= {name: call.get(name) for name in _INPUTS if call.get(name) is not None}
    labels = result.get("LabelsInputConfiguration") or {}
    if len(labels) > 1:
        raise validation("LabelsInputConfiguration: got S3InputConfiguration and LabelGroupName, expected one of them")
    name = _group_name(call)
    if name and name not in call.own.label_groups:
        raise not_found(f"The label group {name} does not exist")
    if result.get("RoleArn") is None:
        for needing, given in (
            ("LabelsInputConfiguration.S3InputConfiguration", labels.get("S3InputConfiguration")),
            ("ModelDiagnosticsOutputConfiguration", result.get("ModelDiagnosticsOutputConfiguration")),
        ):
            if given is not None:
                raise validation(f"RoleArn: it is required with {needing}")
    return result


def check_model_quota(call: EquipmentCall) -> None:
    """Raise ServiceQuotaExceededException when the account cannot have one more model."""
    quota = call.settings.quotas.models
    if len(call.own.models) >= quota:
        raise quota_exceeded(f"Models (L-E03BD5FA): the account has {len(call.own.models)}, the quota is {quota}")


def check_in_progress(call: EquipmentCall, *, imports: bool, name: str, quota: int) -> None:
    """Raise ServiceQuotaExceededException when too many versions are being trained, or imported."""
    running = sum(
        1
        for model in call.own.models.values()
        for version in model.in_the_making
        if (version.source_type == "IMPORT") == imports
    )
    if running >= quota:
        raise quota_exceeded(f"{name}: the account has {running}, the quota is {quota}")


def _group_name(call: EquipmentCall) -> str | None:
    name = (call.get("LabelsInputConfiguration") or {}).get("LabelGroupName")
    return str(name) if name else None
