"""A retraining scheduler: what adds a new version to a model from time to time, trained with newer data."""

from __future__ import annotations

from datetime import date

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.attributes import OfModelAttributes, TimeAttributes
from cdk_lookout.equipment.desired_state import DesiredState
from cdk_lookout.equipment.interfaces import IModel
from cdk_lookout.equipment.model_base import ModelBase
from cdk_lookout.equipment.retraining_frequency import (
    LookbackWindow,
    PromoteMode,
    RetrainingFrequency,
    render_start_date,
)
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import check_choice, check_kind


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    models = permissions.arns("model")
    return [
        permissions.allow("DescribeModel", "ListTagsForResource", "DescribeRetrainingScheduler", on=models),
        # The model may be of another stack, or of none.
        permissions.allow_under_lease(
            "retraining-scheduler",
            *(f"{verb}RetrainingScheduler" for verb in ("Create", "Update", "Start", "Stop", "Delete")),
            on=models,
        ),
    ]


RETRAINING_SCHEDULER = ResourceType("LookoutEquipmentRetrainingScheduler", permissions.SERVICE, _statements)


class RetrainingScheduler(LookoutResource, OfModelAttributes, TimeAttributes):
    """Retrains a model from time to time: each retraining adds a version.

    It is trained with the dataset and what inference has read since. A model has one such scheduler. A change stops it,
    updates it, and starts it again if it is to run; it is stopped before it is deleted, and the versions that it added
    stay. One that somebody else made fails the deployment, and is not touched.

    API: CreateRetrainingScheduler, UpdateRetrainingScheduler, StartRetrainingScheduler, StopRetrainingScheduler.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: IModel,
        retraining_frequency: RetrainingFrequency,
        lookback_window: LookbackWindow,
        retraining_start_date: date | None = None,
        promote_mode: PromoteMode = PromoteMode.MANUAL,
        desired_state: DesiredState = DesiredState.RUNNING,
    ) -> None:
        """Make a scheduler.

        Changing *model* replaces it; everything else changes in place.

        :param model: of the stack's account and Region; a deployment waits for it.
        :param retraining_frequency: 30 days to 1 year.
        :param lookback_window: how far back the data reach that it is retrained with.
        :param retraining_start_date: the UTC day of the first retraining: a date, or a time with a time zone, of which
            the day counts. Default: the service chooses one; once it is set, leaving it away again changes nothing.
        :param promote_mode: what becomes of the new versions. Default: they stay inactive until somebody makes them
            active.
        :param desired_state: whether it runs. Default: it does.
        :raises InvalidProperty: for what the service would refuse, when nothing waits for *model*, when the model has
            another retraining scheduler in this app, and for PromoteMode.MANAGED beside an `ActiveModelVersion` of the
            same model: they would undo each other's work.
        """
        super().__init__(scope, id)
        check_kind("model", self, model, "version", "a model")
        check_kind("retraining_frequency", self, retraining_frequency, "iso", "a RetrainingFrequency")
        check_choice("lookback_window", self, lookback_window, LookbackWindow)
        check_choice("promote_mode", self, promote_mode, PromoteMode)
        check_choice("desired_state", self, desired_state, DesiredState)
        if isinstance(model, ModelBase):
            model._take_scheduler("RetrainingScheduler", self)
            if promote_mode is PromoteMode.MANAGED:
                model._promoted_by = self
                model._check_who_activates()
        start = render_start_date(self, retraining_start_date) if retraining_start_date is not None else None
        self._managed = Managed(
            self,
            RETRAINING_SCHEDULER,
            {
                "ModelName": model.model_name,
                "RetrainingStartDate": start,
                "RetrainingFrequency": retraining_frequency.iso,
                "LookbackWindow": lookback_window.value,
                "PromoteMode": promote_mode.value,
            },
            options={"DesiredState": desired_state.value},
        )

    @property
    def retraining_scheduler_status(self) -> str:
        """RUNNING or STOPPED, at the end of the last change."""
        return self._managed.attribute("Status")

    @property
    def retraining_start_date(self) -> str:
        """The day of the first retraining, ISO 8601."""
        return self._managed.attribute("RetrainingStartDate")
