"""Sets of labels, and who waits for labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_lookout import InvalidProperty, equipment
from cdk_lookout.equipment import Dataset, IModelVersion, LabelGroup, LabelSet, LabelSetSource, LabelsInput
from tests.constructs.support import LABEL_FILE, NIGHT, of_type, only, options, properties, provider_policies, resources

HEADER = "start,end,rating"
ROW = "2024-01-05T08:00:00Z,2024-01-05T12:00:00Z,ANOMALY"


@pytest.fixture
def faults(stack: cdk.Stack) -> LabelGroup:
    return LabelGroup(stack, "Faults", fault_codes=["leak", "wear"])


def history(group: LabelGroup, source: LabelSetSource | None = None, **more: Any) -> LabelSet:
    source = source or LabelSetSource.from_asset(str(LABEL_FILE))
    return LabelSet(cdk.Stack.of(group), "History", label_group=group, source=source, **more)


def written(directory: Path, content: str) -> LabelSetSource:
    file = directory / "labels.csv"
    file.write_text(content, encoding="utf-8")
    return LabelSetSource.from_asset(str(file))


def test_a_file_of_the_app_goes_through_the_asset_bucket(stack: cdk.Stack, faults: LabelGroup) -> None:
    history(faults)
    found = properties(stack, "LabelSet")
    assert found["LabelGroupName"] == stack.resolve(faults.label_group_name)
    source = found["Options"]["Source"]
    assert (set(source), source["Key"].endswith(".csv")) == ({"Bucket", "Key"}, True)


def test_another_content_is_another_file(tmp_path: Path) -> None:
    keys = set()
    for content in (f"{HEADER}\n{ROW}", f"{HEADER}\n{ROW}\n{ROW.replace('05T', '06T')}"):
        stack = cdk.Stack(cdk.App(), "Plant")
        history(LabelGroup(stack, "Faults"), written(tmp_path, content))
        keys.add(options(stack, "LabelSet")["Source"]["Key"])
    assert len(keys) == 2


def test_a_trigger_makes_an_update(stack: cdk.Stack, faults: LabelGroup) -> None:
    history(faults, trigger="2026-11")
    assert options(stack, "LabelSet")["Trigger"] == "2026-11"


def test_a_version_of_an_object_is_read_as_that(stack: cdk.Stack, faults: LabelGroup) -> None:
    history(faults, LabelSetSource.from_bucket(s3.Bucket(stack, "Labels"), "labels.csv", object_version="3sL4k"))
    assert options(stack, "LabelSet")["Source"]["VersionId"] == "3sL4k"


def test_the_type_s_policy_says_the_same_wherever_the_file_is(app: cdk.App) -> None:
    one, other = cdk.Stack(app, "One"), cdk.Stack(app, "Other")
    history(LabelGroup(one, "Faults"), LabelSetSource.from_bucket(s3.Bucket(one, "Labels"), "labels.csv"))
    history(LabelGroup(other, "Faults", fault_codes=["leak"]))
    ours = [[text for name, text in provider_policies(stack).items() if "LabelSet" in name] for stack in (one, other)]
    assert ours[0] == ours[1] != []


def test_a_group_has_one_set(faults: LabelGroup) -> None:
    history(faults)
    with pytest.raises(InvalidProperty, match="got a second set for Plant/Faults, after Plant/History, expected one"):
        LabelSet(faults, "More", label_group=faults, source=LabelSetSource.from_asset(str(LABEL_FILE)))


def test_fault_codes_that_the_group_does_not_have_are_refused(stack: cdk.Stack) -> None:
    group = LabelGroup(stack, "Faults", fault_codes=["wear"])
    with pytest.raises(InvalidProperty, match=r"fault_code of Plant/History: got 'leak', expected one of 'wear'"):
        history(group)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "",
            "file of .*: got nothing, expected a header with the columns start, end, rating, and any of fault_code, eq",
        ),
        (ROW, "line 1 of .*: got '2024.* and no header, expected the columns start"),
        (f"{HEADER},colour\n{ROW},red", "line 1 of .*: got 'start,end,rating,colour', expected the columns"),
        (f"{HEADER}\n{ROW},x", "line 2 of .*: got 4 cells, expected 3 as in the header"),
        (f"{HEADER}\n{ROW}\n{ROW}", "line 3 of .*: got the label of line 2, expected it once"),
        (f"{HEADER}\n{ROW.replace('Z', '')}", "line 2, start of .*: got '2024-01-05T08:00:00', expected a time with"),
        (f"{HEADER}\n{ROW.replace('T12', 'T08')}", "line 2, end of .*, expected a time after the start"),
        (f"{HEADER}\n{ROW.replace('ANOM', 'NORM')}", "line 2, rating of .*: got 'NORMALY', expected one of ANOMALY"),
        (f"{HEADER},notes\n{ROW},{'x' * 2534}", "line 2, notes of .*: got 'xx.*, expected at most 2533 characters"),
    ],
)
def test_a_file_that_the_service_would_refuse_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InvalidProperty, match=message):
        written(tmp_path, content)


def test_5000_labels_are_taken_and_no_more(tmp_path: Path) -> None:
    rows = [f"2024-01-01T00:00:00Z,{2025 + number}-01-01T00:00:00Z,ANOMALY" for number in range(5_001)]
    written(tmp_path, "\n".join([HEADER, *rows[:-1]]))
    with pytest.raises(InvalidProperty, match=r"file of .*: got 5001 labels, expected at most 5000"):
        written(tmp_path, "\n".join([HEADER, *rows]))


def test_what_is_no_file_is_refused() -> None:
    with pytest.raises(
        InvalidProperty, match=r"path of .*: got no such file, expected a file whose name ends with .csv"
    ):
        LabelSetSource.from_asset("nowhere.csv")


def test_a_key_with_a_wildcard_is_refused(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match=r"key of LabelSetSource.from_bucket: got '\*.csv'"):
        LabelSetSource.from_bucket(s3.Bucket(stack, "Labels"), "*.csv")


def test_a_source_is_no_path(faults: LabelGroup) -> None:
    with pytest.raises(InvalidProperty, match="source of Plant/History: got a str, expected a LabelSetSource"):
        history(faults, str(LABEL_FILE))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["Model", "ModelVersion"])
def test_what_uses_a_group_comes_after_all_of_its_labels_those_added_later_included(
    kind: str, stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, faults: LabelGroup
) -> None:
    labels = LabelsInput.from_label_group(faults)
    source = equipment.ModelSource.imported(version_1, dataset=pumps, labels=labels if kind == "Model" else None)
    model = equipment.Model(stack, "Wear", source=source)
    if kind == "ModelVersion":
        equipment.ModelVersion(stack, "Weekly", model=model, source=version_1, labels=labels)
    faults.add_label("Leak", time_range=NIGHT, rating=equipment.LabelRating.ANOMALY)
    history(faults)
    found = resources(stack)
    before = only(stack, kind)["DependsOn"]
    for label in ("Label", "LabelSet"):
        [name] = of_type(found, f"Custom::LookoutEquipment{label}")
        assert name in before
