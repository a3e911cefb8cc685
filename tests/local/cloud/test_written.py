"""Settings and faults in the words of a command line."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from lookout_local import written
from lookout_local.errors import LocalCloudError
from lookout_server.faults import Fault, Kind, PlannedFault
from lookout_server.settings import Progress, Settings


def test_what_is_shown_can_be_given_back() -> None:
    changed = Settings(
        progress=Progress.by_seconds(1.5),
        training_progress=Progress.by_describes(3, or_seconds=60),
        client_token_lifetime=timedelta(minutes=90),
        minimum_training_span=timedelta(days=14),
        cross_region_imports=True,
    )
    for settings in (Settings(), changed):
        lines = [f"{name}={text}" for name, text in written.shown(settings).items()]
        for start in (Settings(), changed):
            assert written.changed(start, lines) == settings


def test_a_setting_is_changed_and_no_other() -> None:
    before = Settings()
    after = written.changed(before, ["quotas.datasets=3", "limits.bytes_per_operation.CreateDataset=5"])
    assert before == Settings()
    assert (after.quotas.datasets, after.quotas.models) == (3, 15)
    assert set(after.limits.bytes_per_operation) == {"CreateDataset", "UpdateDatasetEntries"}


def test_of_the_same_setting_the_last_counts() -> None:
    assert written.changed(Settings(), ["page_size=3", "page_size=4"]).page_size == 4


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        ("describes=0", Progress.by_describes(0)),
        ("seconds=1.5", Progress.by_seconds(1.5)),
        ("describes=2,seconds=60", Progress.by_describes(2, or_seconds=60)),
        ("seconds=60,describes=2", Progress.by_describes(2, or_seconds=60)),
    ],
)
def test_a_progress_is_told_by_describes_or_seconds(text: str, progress: Progress) -> None:
    assert written.changed(Settings(), [f"progress={text}"]).progress == progress


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("page_size", "setting: got 'page_size', expected NAME=VALUE, such as quotas.datasets=3"),
        ("pagesize=3", "setting: got 'pagesize', expected a name as page_size; `lookout-local settings` shows all"),
        ("quotas.dataset=3", "setting: got 'quotas.dataset', expected a name as quotas.datasets; "),
        ("progress.looks=3", "setting: got 'progress.looks', expected a name as "),
        ("=3", "setting: got '', expected a name as "),
        ("quotas=3", "quotas: got '3', expected the name of one of them: quotas.datasets=…"),
        ("quotas.datasets=many", "datasets of Quotas: got 'many', expected a whole number (0 or more)"),
        ("quotas.datasets=-1", "datasets of Quotas: got -1, expected a whole number (0 or more)"),
        ("quotas.datasets=1.5", "datasets of Quotas: got 1.5, expected a whole number (0 or more)"),
        ("quotas.datasets=\u0663", "datasets of Quotas: got '\u0663', expected a whole number (0 or more)"),
        ("quotas.datasets=", "datasets of Quotas: got '', expected a whole number (0 or more)"),
        (f"quotas.datasets={'9' * 5_000}", "datasets of Quotas: got '9"),
        ("limits.bytes_per_operation.X=y", "bytes_per_operation of Limits: got "),
        ("cross_region_imports=yes", "cross_region_imports of Settings: got 'yes', expected True or False"),
        (
            "default_promote_mode=manual",
            "default_promote_mode of Settings: got 'manual', expected 'MANAGED' or 'MANUAL'",
        ),
        ("client_token_lifetime=8", "client_token_lifetime: got '8', expected a number with s, m, h or d behind it"),
        ("client_token_lifetime=", "client_token_lifetime: got '', expected a number with s, m, h or d behind it"),
        ("client_token_lifetime=-8h", "client_token_lifetime of Settings: got "),
        (f"minimum_training_span={'9' * 18}d", ""),
        ("progress=3", "progress: got '3', expected describes=<count>, seconds=<seconds>, or both with a comma"),
        ("training_progress=looks=3", "training_progress: got 'looks=3', expected describes=<count>, seconds="),
        ("progress=describes=1,describes=2", "progress: got 'describes=1,describes=2', expected describes=<count>"),
        ("progress=describes=1.5", "looks of Progress: got 1.5, expected a whole number (0 or more)"),
        ("progress=seconds=soon", "seconds of Progress: got 'soon', expected a number (0 to "),
        ("progress=none", "progress: got 'none', expected describes=<count>"),
    ],
)
def test_what_is_no_setting_is_refused(assignment: str, message: str) -> None:
    with pytest.raises(LocalCloudError) as caught:
        written.changed(Settings(), [assignment])
    assert str(caught.value).startswith(message)


def test_quotas_are_those_of_both_services() -> None:
    settings = written.with_quotas(Settings(), ["datasets=3,models=4", "projects=5"])
    assert (settings.quotas.datasets, settings.quotas.models, settings.vision_quotas.projects) == (3, 4, 5)


@pytest.mark.parametrize("text", ["dataset=3", "datasets", "", "datasets=3,"])
def test_what_is_no_quota_is_refused(text: str) -> None:
    with pytest.raises(LocalCloudError, match=r"quota: got '.*', expected NAME=NUMBER, such as "):
        written.with_quotas(Settings(), [text])


def test_settings_are_chosen_by_name_or_group() -> None:
    assert written.chosen(Settings(), ["page_size"]) == {"page_size": "50"}
    assert all(name.startswith("vision_quotas.") for name in written.chosen(Settings(), ["vision_quotas"]))
    with pytest.raises(LocalCloudError, match="setting: got 'quota', expected a name as "):
        written.chosen(Settings(), ["quota"])


FAULTS = [
    ("CreateDataset=throttle", PlannedFault("CreateDataset", Fault.throttle())),
    ("CreateDataset=lost_answer,times=3", PlannedFault("CreateDataset", Fault.lost_answer(), 3)),
    ("ListModels=slow,seconds=1.5", PlannedFault("ListModels", Fault.slow(1.5))),
    ("ListModels=slow,seconds=0.00001", PlannedFault("ListModels", Fault.slow(0.00001))),
    ("ListModels=slow,seconds=1234567.5", PlannedFault("ListModels", Fault.slow(1234567.5))),
    ("CreateModel=fail,times=2,reason=a, b=c,times=3", PlannedFault("CreateModel", Fault.fail("a, b=c,times=3"), 2)),
]


@pytest.mark.parametrize(("text", "planned"), FAULTS)
def test_a_fault_is_told_by_operation_and_kind(text: str, planned: PlannedFault) -> None:
    assert written.fault(text) == planned
    assert written.fault_shown(planned) == text


def test_every_kind_of_fault_can_be_told() -> None:
    told = {"slow": ",seconds=1", "fail": ",reason=No"}
    for kind in get_args(Kind):
        assert written.fault(f"CreateModel={kind}{told.get(kind, '')}").fault.kind == kind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "fault: got '', expected OPERATION=KIND"),
        ("CreateDataset", "fault: got 'CreateDataset', expected OPERATION=KIND"),
        ("=throttle", "fault: got '=throttle', expected OPERATION=KIND"),
        ("CreateDataset=throttle,often", "fault: got 'CreateDataset=throttle,often', expected OPERATION=KIND"),
        ("CreateDataset=throttle,times=1,times=2", "fault: got "),
        ("CreateDataset=explode", "fault of CreateDataset: got 'explode', expected one of throttle, "),
        ("CreateDataset=throttle,times=0", "times of a fault: got 0, expected 1 or more"),
        ("CreateDataset=throttle,times=x", "times of a fault: got 'x', expected 1 or more"),
        (
            "CreateDataset=throttle,seconds=1",
            "fault of CreateDataset: got 'CreateDataset=throttle,seconds=1', expected n",
        ),
        ("CreateDataset=slow", "fault of CreateDataset: got 'CreateDataset=slow', expected seconds=… with slow"),
        ("CreateDataset=slow,seconds=-1", "seconds of Fault: got -1, expected a number (0 or more)"),
        ("CreateModel=fail", "fault of CreateModel: got 'CreateModel=fail', expected reason=… with fail"),
        ("CreateModel=fail,reason=", "reason of Fault.fail: got 0 characters, expected 1 to 5000"),
    ],
)
def test_what_is_no_fault_is_refused(text: str, message: str) -> None:
    with pytest.raises(LocalCloudError) as caught:
        written.fault(text)
    assert str(caught.value).startswith(message)
