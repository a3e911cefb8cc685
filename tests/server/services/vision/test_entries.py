"""The lines of a dataset: every filter, and changes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from lookout_server.vision import state
from tests.server.services.support import refused
from tests.server.services.vision.material import line, manifest
from tests.server.services.vision.support import Studio

ALL = ["a.png", "b.png", "c.png", "d.png"]


@pytest.fixture
def filled(bottles: Studio) -> Studio:
    """A training dataset with two normal images, an anomalous one and an unlabeled one."""
    lines = [line("a.png"), line("b.png"), line("c.png", "anomaly"), line("d.png", "unsure")]
    bottles.dataset(lines)
    return bottles


def status(studio: Studio) -> str:
    described = studio.vision.describe_dataset(ProjectName="bottles", DatasetType="train")["DatasetDescription"]
    return str(described["Status"])


def test_without_filters_all_lines_are_listed_as_they_were_given(filled: Studio) -> None:
    listed = filled.vision.list_dataset_entries(ProjectName="bottles", DatasetType="train")["DatasetEntries"]
    assert listed[2] == json.dumps(line("c.png", "anomaly"))
    assert filled.entries() == ALL


def test_labeled_lines_are_those_with_one_of_the_two_classes(filled: Studio) -> None:
    assert filled.entries(Labeled=True) == ["a.png", "b.png", "c.png"]


def test_unlabeled_lines_are_the_others(filled: Studio) -> None:
    assert filled.entries(Labeled=False) == ["d.png"]


@pytest.mark.parametrize(("name", "found"), [("normal", ["a.png", "b.png"]), ("anomaly", ["c.png"])])
def test_lines_are_found_by_their_class(filled: Studio, name: str, found: list[str]) -> None:
    assert filled.entries(AnomalyClass=name) == found


def test_lines_are_found_by_a_part_of_their_location(bottles: Studio) -> None:
    bottles.dataset([line("x/IMG_17.png"), line("x/IMG_171.png"), line("x/img_17.png"), line("y/IMG_2.png")])
    assert bottles.entries(SourceRefContains="IMG_17") == ["x/IMG_17.png", "x/IMG_171.png"]
    assert bottles.entries(SourceRefContains="s3://images/y") == ["y/IMG_2.png"]
    assert bottles.entries(SourceRefContains="*") == []


@pytest.fixture
def two_days(bottles: Studio) -> Studio:
    """A dataset with one image of the first day, and one of the day after."""
    bottles.dataset([line("old.png", **{"creation-date": "2020-01-01T00:00:00"})])
    bottles.clock.advance(86_400)
    bottles.update([line("new.png")])
    return bottles


def test_lines_are_found_by_having_been_added_before_a_time(two_days: Studio) -> None:
    assert two_days.entries(BeforeCreationDate=two_days.clock.now() - timedelta(hours=1)) == ["old.png"]


def test_lines_are_found_by_having_been_added_after_a_time(two_days: Studio) -> None:
    assert two_days.entries(AfterCreationDate=two_days.clock.now() - timedelta(hours=1)) == ["new.png"]


def test_before_and_after_leave_out_the_time_itself(two_days: Studio) -> None:
    now = two_days.clock.now()
    assert two_days.entries(BeforeCreationDate=now) == ["old.png"]
    assert two_days.entries(AfterCreationDate=now) == []


def test_by_the_other_reading_the_date_is_that_of_the_label(two_days: Studio) -> None:
    two_days.settings.vision_entry_date = "labeled"
    assert two_days.entries(BeforeCreationDate="2021-01-01") == ["old.png"]
    assert two_days.entries(AfterCreationDate="2021-01-01") == ["new.png"]


def test_all_filters_must_be_passed(filled: Studio) -> None:
    assert filled.entries(AnomalyClass="normal", SourceRefContains="b") == ["b.png"]
    assert filled.entries(AnomalyClass="normal", Labeled=False) == []


def test_a_page_has_a_hundred_lines(bottles: Studio) -> None:
    bottles.dataset([line(f"{number:03}.png") for number in range(150)])
    pages = bottles.vision.get_paginator("list_dataset_entries").paginate(ProjectName="bottles", DatasetType="train")
    assert [len(page["DatasetEntries"]) for page in pages] == [100, 50]


def test_pages_may_begin_anywhere_in_what_is_kept_together(bottles: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_TOGETHER", 4)
    names = [f"{number:03}.png" for number in range(11)]
    bottles.dataset([line(name) for name in names])
    bottles.update([line("001.png", "anomaly"), line("last.png")])
    paginator = bottles.vision.get_paginator("list_dataset_entries")
    named = {"ProjectName": "bottles", "DatasetType": "train"}
    for size in (3, 4, 5):
        pages = paginator.paginate(**named, PaginationConfig={"PageSize": size})
        entries = [json.loads(entry) for page in pages for entry in page["DatasetEntries"]]
        assert [each["source-ref"].rpartition("/")[2] for each in entries] == [*names, "last.png"]


def test_a_token_belongs_to_its_filters(filled: Studio) -> None:
    named = {"ProjectName": "bottles", "DatasetType": "train"}
    token = filled.vision.list_dataset_entries(**named, MaxResults=1)["NextToken"]
    call = filled.vision.list_dataset_entries
    assert "NextToken" in refused("ValidationException", call, **named, Labeled=True, NextToken=token)


@pytest.mark.parametrize("number", [0, 101])
def test_a_page_has_one_to_a_hundred_lines(filled: Studio, number: int) -> None:
    assert "maxResults" in refused("ValidationException", lambda: filled.entries(MaxResults=number))


def test_a_dataset_that_does_not_exist_has_no_lines(bottles: Studio) -> None:
    refused("ResourceNotFoundException", bottles.entries)


def test_an_update_adds_lines_with_time(filled: Studio) -> None:
    filled.settings.progress = Progress.by_describes(1)
    changes = manifest([line("e.png")]).encode()
    answer = filled.vision.update_dataset_entries(ProjectName="bottles", DatasetType="train", Changes=changes)
    assert answer["Status"] == "UPDATE_IN_PROGRESS"
    assert filled.entries() == ALL
    assert [status(filled) for _ in range(2)] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    assert filled.entries() == [*ALL, "e.png"]


def test_an_update_replaces_the_line_of_an_image(filled: Studio) -> None:
    described = filled.update([line("d.png", "anomaly", **{"job-name": ...})])
    assert described["ImageStats"] == {"Total": 4, "Labeled": 4, "Normal": 2, "Anomaly": 2}
    listed = filled.vision.list_dataset_entries(ProjectName="bottles", DatasetType="train")["DatasetEntries"]
    assert listed[3] == json.dumps(line("d.png", "anomaly", **{"job-name": ...}))


def test_a_replaced_line_keeps_the_date_of_its_image(two_days: Studio) -> None:
    two_days.update([line("old.png", "anomaly")])
    assert two_days.entries(BeforeCreationDate=two_days.clock.now(), AnomalyClass="anomaly") == ["old.png"]


def test_an_update_fills_an_empty_dataset(bottles: Studio) -> None:
    bottles.vision.create_dataset(ProjectName="bottles", DatasetType="train")
    assert bottles.update([line("a.png")])["ImageStats"]["Total"] == 1


def test_the_time_of_an_update_shows(two_days: Studio) -> None:
    described = two_days.vision.describe_dataset(ProjectName="bottles", DatasetType="train")["DatasetDescription"]
    assert described["LastUpdatedTimestamp"] - described["CreationTimestamp"] == timedelta(days=1)


def test_an_update_with_a_wrong_line_is_rolled_back(filled: Studio) -> None:
    changes = manifest([line("e.png"), "no json"]).encode()
    filled.vision.update_dataset_entries(ProjectName="bottles", DatasetType="train", Changes=changes)
    assert [status(filled) for _ in range(3)] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_IN_PROGRESS",
        "UPDATE_FAILED_ROLLBACK_COMPLETE",
    ]
    assert filled.entries() == ALL
    described = filled.settled_dataset()
    assert described["StatusMessage"].startswith("The changes are not valid: line 2: not JSON")


def test_a_rolled_back_dataset_can_be_updated(filled: Studio) -> None:
    filled.update(["no json"])
    assert filled.update([line("e.png")])["Status"] == "UPDATE_COMPLETE"


def test_images_of_another_bucket_are_not_added(filled: Studio) -> None:
    described = filled.update([line("e.png", bucket="others")])
    assert described["Status"] == "UPDATE_FAILED_ROLLBACK_COMPLETE"
    assert "expected all images in one bucket, got images, others" in described["StatusMessage"]


def test_too_many_images_are_not_added(filled: Studio) -> None:
    filled.quotas.training_images = 4
    assert filled.update([line("a.png", "anomaly")])["Status"] == "UPDATE_COMPLETE"
    described = filled.update([line("e.png")])
    assert "the train dataset would have 5 images, the quota is 4" in described["StatusMessage"]


def test_changes_have_ten_megabytes_at_most(filled: Studio) -> None:
    named = {"ProjectName": "bottles", "DatasetType": "train"}
    call = filled.vision.update_dataset_entries
    message = refused("ValidationException", call, **named, Changes=b" " * (10 * 1024**2 + 1))
    assert "Value 10485761 bytes at 'changes'" in message


def test_changes_are_not_empty(filled: Studio) -> None:
    named = {"ProjectName": "bottles", "DatasetType": "train"}
    assert "changes" in refused("ValidationException", filled.vision.update_dataset_entries, **named, Changes=b"")


def test_one_update_at_a_time(filled: Studio) -> None:
    filled.settings.progress = Progress.by_describes(5)
    named = {"ProjectName": "bottles", "DatasetType": "train", "Changes": manifest([line("e.png")]).encode()}
    filled.vision.update_dataset_entries(**named)
    message = refused("ConflictException", filled.vision.update_dataset_entries, **named)
    assert "its status is UPDATE_IN_PROGRESS" in message


def test_a_dataset_that_failed_cannot_be_updated(bottles: Studio) -> None:
    bottles.dataset(["no json"])
    named = {"ProjectName": "bottles", "DatasetType": "train", "Changes": manifest([line("e.png")]).encode()}
    message = refused("ConflictException", bottles.vision.update_dataset_entries, **named)
    assert "its status is CREATE_FAILED" in message


def test_an_update_can_fail_for_a_reason_of_the_service(filled: Studio) -> None:
    filled.backend.faults.add("UpdateDatasetEntries", Fault.fail("out of order"))
    described = filled.update([line("e.png")])
    assert (described["Status"], described["StatusMessage"]) == ("UPDATE_FAILED_ROLLBACK_COMPLETE", "out of order")
