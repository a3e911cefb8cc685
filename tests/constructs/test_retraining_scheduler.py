"""Retraining schedulers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout import InvalidProperty, Wait
from cdk_lookout.equipment import (
    ActiveModelVersion,
    Dataset,
    DesiredState,
    IModelVersion,
    LookbackWindow,
    Model,
    ModelSource,
    PromoteMode,
    RetrainingFrequency,
    RetrainingScheduler,
)
from tests.constructs.support import only, properties

ATTRIBUTES = [
    ("model_name", "ModelName"),
    ("model_arn", "ModelArn"),
    ("retraining_scheduler_status", "Status"),
    ("retraining_start_date", "RetrainingStartDate"),
    ("created_at", "CreatedAt"),
    ("updated_at", "UpdatedAt"),
]


@pytest.fixture
def given(wear: Model) -> dict[str, Any]:
    """What a scheduler cannot do without."""
    return {
        "model": wear,
        "retraining_frequency": RetrainingFrequency.months(1),
        "lookback_window": LookbackWindow.DAYS_180,
    }


def test_a_scheduler_needs_a_model_a_frequency_and_a_window(stack: cdk.Stack, given: dict[str, Any]) -> None:
    RetrainingScheduler(stack, "Monthly", **given)
    assert properties(stack, "RetrainingScheduler") == {
        "ModelName": {"Ref": "Wear7BC519F8"},
        "RetrainingFrequency": "P1M",
        "LookbackWindow": "P180D",
        "PromoteMode": "MANUAL",
        "Options": {"Attributes": "2", "RemovalPolicy": "destroy", "DesiredState": "RUNNING"},
    }


def test_everything_that_the_api_takes_can_be_said(stack: cdk.Stack, given: dict[str, Any]) -> None:
    RetrainingScheduler(
        stack,
        "Monthly",
        **given,
        retraining_start_date=date(2026, 12, 24),
        promote_mode=PromoteMode.MANAGED,
        desired_state=DesiredState.STOPPED,
    )
    found = properties(stack, "RetrainingScheduler")
    assert (found["RetrainingStartDate"], found["PromoteMode"]) == ("2026-12-24T00:00:00Z", "MANAGED")
    assert found["Options"]["DesiredState"] == "STOPPED"


@pytest.mark.parametrize(
    ("start", "day"),
    [
        (datetime(2026, 12, 24, 23, 59, tzinfo=UTC), "2026-12-24"),
        (datetime(2026, 12, 24, 1, tzinfo=timezone(timedelta(hours=2))), "2026-12-23"),
    ],
)
def test_of_a_time_the_utc_day_counts(stack: cdk.Stack, given: dict[str, Any], start: datetime, day: str) -> None:
    RetrainingScheduler(stack, "Monthly", **given, retraining_start_date=start)
    assert properties(stack, "RetrainingScheduler")["RetrainingStartDate"] == f"{day}T00:00:00Z"


@pytest.mark.parametrize("start", ["2026-12-24", datetime(2026, 12, 24, 23, 59)])
def test_a_start_date_without_a_day_that_is_known_is_refused(
    stack: cdk.Stack, given: dict[str, Any], start: Any
) -> None:
    with pytest.raises(InvalidProperty, match="retraining_start_date of Plant/Monthly: got "):
        RetrainingScheduler(stack, "Monthly", **given, retraining_start_date=start)


@pytest.mark.parametrize(
    ("frequency", "text"),
    [
        (RetrainingFrequency.days(30), "P30D"),
        (RetrainingFrequency.days(365), "P365D"),
        (RetrainingFrequency.months(12), "P12M"),
        (RetrainingFrequency.years(1), "P1Y"),
        (RetrainingFrequency.of("P3M15D"), "P3M15D"),
    ],
)
def test_a_frequency_is_days_months_or_a_year(frequency: RetrainingFrequency, text: str) -> None:
    assert frequency.iso == text


@pytest.mark.parametrize(
    ("factory", "got"),
    [
        (RetrainingFrequency.days, 29),
        (RetrainingFrequency.days, 366),
        (RetrainingFrequency.days, 45.5),
        (RetrainingFrequency.months, 0),
        (RetrainingFrequency.months, 13),
        (RetrainingFrequency.years, 2),
        (RetrainingFrequency.of, "P1W"),
        (RetrainingFrequency.of, "P"),
        (RetrainingFrequency.of, "P٣M"),
        (RetrainingFrequency.of, 30),
    ],
)
def test_a_frequency_that_the_service_does_not_have_is_refused(factory: Any, got: Any) -> None:
    with pytest.raises(InvalidProperty, match=r"RetrainingFrequency.*: got .*, expected 30 days to 1 year"):
        factory(got)


def test_a_frequency_may_be_known_only_at_deployment(stack: cdk.Stack, given: dict[str, Any]) -> None:
    parameter = cdk.CfnParameter(stack, "Frequency")
    frequency = RetrainingFrequency.of(parameter.value_as_string)
    RetrainingScheduler(stack, "Monthly", **{**given, "retraining_frequency": frequency})
    assert properties(stack, "RetrainingScheduler")["RetrainingFrequency"] == {"Ref": "Frequency"}


@pytest.mark.parametrize(
    ("what", "value", "expected"),
    [
        ("model", "wear", "a model"),
        ("retraining_frequency", "P30D", "a RetrainingFrequency"),
        ("lookback_window", "P180D", "one of LookbackWindow.DAYS_180, "),
        ("promote_mode", "MANUAL", "one of PromoteMode.MANAGED, "),
        ("desired_state", "RUNNING", "one of DesiredState.RUNNING, "),
    ],
)
def test_a_text_is_not_taken_for_what_it_means(
    stack: cdk.Stack, given: dict[str, Any], what: str, value: str, expected: str
) -> None:
    with pytest.raises(InvalidProperty, match=f"{what} of Plant/Monthly: got {value!r}, expected {expected}"):
        RetrainingScheduler(stack, "Monthly", **{**given, what: value})


@pytest.mark.parametrize(("attribute", "name"), ATTRIBUTES)
def test_every_attribute_is_one_of_the_custom_resource(
    stack: cdk.Stack, given: dict[str, Any], attribute: str, name: str
) -> None:
    scheduler = RetrainingScheduler(stack, "Monthly", **given)
    assert stack.resolve(getattr(scheduler, attribute)) == {"Fn::GetAtt": ["MonthlyA3CAC012", name]}


def test_it_is_deleted_with_the_stack(stack: cdk.Stack, given: dict[str, Any]) -> None:
    RetrainingScheduler(stack, "Monthly", **given)
    assert only(stack, "RetrainingScheduler")["DeletionPolicy"] == "Delete"


def test_a_second_one_of_the_model_is_refused(stack: cdk.Stack, given: dict[str, Any]) -> None:
    RetrainingScheduler(stack, "Monthly", **given)
    with pytest.raises(
        InvalidProperty,
        match="RetrainingScheduler of Plant/Yearly: got a second one of the model, after Plant/Monthly, expected one",
    ):
        RetrainingScheduler(stack, "Yearly", **given)


def test_a_model_that_nothing_waits_for_is_refused(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, given: dict[str, Any]
) -> None:
    source = ModelSource.imported(version_1, dataset=pumps)
    given["model"] = Model(stack, "Started", source=source, wait=Wait.started())
    with pytest.raises(InvalidProperty, match=r"model of Plant/Monthly: got one with Wait.started\(\)"):
        RetrainingScheduler(stack, "Monthly", **given)


class TestManagedPromotion:
    """The service would make versions active that the stack then makes inactive again."""

    REFUSED = (
        r"promote_mode of Plant/Monthly: got MANAGED beside Plant/Active, expected PromoteMode.MANUAL, .*"
        r"a LatestModelVersion with a gate"
    )

    def test_it_is_refused_after_an_active_version(self, stack: cdk.Stack, wear: Model, given: dict[str, Any]) -> None:
        ActiveModelVersion(stack, "Active", model_version=wear.version(2))
        with pytest.raises(InvalidProperty, match=self.REFUSED):
            RetrainingScheduler(stack, "Monthly", **given, promote_mode=PromoteMode.MANAGED)

    def test_it_refuses_an_active_version_after_it(self, stack: cdk.Stack, wear: Model, given: dict[str, Any]) -> None:
        RetrainingScheduler(stack, "Monthly", **given, promote_mode=PromoteMode.MANAGED)
        with pytest.raises(InvalidProperty, match=self.REFUSED):
            ActiveModelVersion(stack, "Active", model_version=wear.version(2))

    def test_manual_promotion_goes_with_an_active_version(
        self, stack: cdk.Stack, wear: Model, given: dict[str, Any]
    ) -> None:
        ActiveModelVersion(stack, "Active", model_version=wear.version(2))
        RetrainingScheduler(stack, "Monthly", **given)
        assert properties(stack, "RetrainingScheduler")["PromoteMode"] == "MANUAL"

    def test_managed_promotion_goes_with_the_active_version_of_another_model(
        self, stack: cdk.Stack, wear: Model, pumps: Dataset, version_1: IModelVersion, given: dict[str, Any]
    ) -> None:
        ActiveModelVersion(stack, "Active", model_version=wear.version(2))
        given["model"] = Model(stack, "Leak", source=ModelSource.imported(version_1, dataset=pumps))
        RetrainingScheduler(stack, "Monthly", **given, promote_mode=PromoteMode.MANAGED)
        assert properties(stack, "RetrainingScheduler")["PromoteMode"] == "MANAGED"
