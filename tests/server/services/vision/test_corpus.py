"""Manifests and pictures as they come: read, and sent through the service's API."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.settings import VisionQuotas
from lookout_server.vision.errors import Invalid
from lookout_server.vision.images import read
from lookout_server.vision.manifest import Line, parse
from tests.corpus.cases import Case, cases
from tests.server.services.support import refused
from tests.server.services.vision.support import Studio, failed

FORMATS = {".png": "PNG", ".jpg": "JPEG"}
SOURCE: dict[str, Any] = {"GroundTruthManifest": {"S3Object": {"Bucket": "manifests", "Key": "m"}}}
NAMED = {"ProjectName": "bottles", "DatasetType": "train"}


def reason(case: Case) -> str:
    """A part of the message with which the service refuses a manifest."""
    return str(case.expected.get("service", case.error))


def classes(lines: list[Line]) -> dict[str, str]:
    return {line.key: line.label or "unlabeled" for line in lines}


def format_of(case: Case) -> str:
    return FORMATS[case.name[-4:]]


@pytest.mark.parametrize("case", cases("manifests"))
def test_a_manifest_is_read_or_refused(case: Case) -> None:
    if not reason(case):
        assert classes(parse(case.content)) == case.expected["images"]
        return
    with pytest.raises(Invalid) as caught:
        parse(case.content)
    assert reason(case) in str(caught.value)


@pytest.mark.parametrize("case", cases("manifests"))
def test_a_dataset_of_a_manifest_says_what_is_wrong_with_it(bottles: Studio, case: Case) -> None:
    bottles.s3.put("manifests", "m", case.content)
    bottles.vision.create_dataset(**NAMED, DatasetSource=SOURCE)
    made = bottles.settled_dataset()
    if reason(case):
        assert made["Status"] == "CREATE_FAILED"
        assert made["StatusMessage"].startswith("The manifest s3://manifests/m is not valid: ")
        assert reason(case) in made["StatusMessage"]
    else:
        assert made["Status"] == "CREATE_COMPLETE"
        assert sorted(bottles.entries()) == sorted(case.expected["images"])


@pytest.mark.parametrize("case", cases("manifests", generated=False))
def test_a_dataset_is_changed_by_the_same_lines(bottles: Studio, case: Case) -> None:
    bottles.vision.create_dataset(**NAMED)
    changes = case.content
    if not changes:
        return  # the API takes none
    bottles.vision.update_dataset_entries(**NAMED, Changes=changes)
    changed = bottles.settled_dataset()
    if reason(case):
        assert changed["Status"] == "UPDATE_FAILED_ROLLBACK_COMPLETE"
        assert reason(case) in changed["StatusMessage"]
    else:
        assert sorted(bottles.entries()) == sorted(case.expected["images"])


@pytest.mark.parametrize("case", cases("pictures"))
def test_a_picture_is_read_or_refused(case: Case) -> None:
    if case.error:
        with pytest.raises(Invalid) as caught:
            read(case.content, case.name, VisionQuotas(), formats=(format_of(case),))
        assert str(caught.value).startswith(f"{case.name}: ")
        assert case.error in str(caught.value)
        assert " at 0x" not in str(caught.value)
        return
    image = read(case.content, case.name, VisionQuotas(), formats=(format_of(case),))
    assert image.mode == "RGB"
    assert image.getpixel((40, 40)) == pytest.approx(tuple(case.expected["color"]), abs=2)


@pytest.mark.parametrize("case", cases("pictures"))
def test_a_picture_to_look_at_is_judged_or_refused(studio: Studio, case: Case) -> None:
    studio.hosted()
    kind = f"image/{format_of(case).lower()}"
    if case.error:
        message = refused("ValidationException", lambda: studio.detect(case.content, kind))
        assert message.startswith("Body: ")
        assert case.error in message
        assert " at 0x" not in message
    else:
        far = max(abs(level - 200) for level in case.expected["color"]) > 50
        assert studio.detect(case.content, kind)["IsAnomalous"] is far


@pytest.mark.parametrize("case", cases("pictures", good=False))
def test_a_picture_to_train_with_that_is_refused_is_named(bottles: Studio, case: Case) -> None:
    lines = bottles.images()
    bottles.s3.put("images", "raw/000.png", case.content)
    bottles.dataset(lines)
    assert failed(bottles).startswith("s3://images/raw/000.png: ")


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]))
def test_nothing_but_a_picture_or_a_refusal_is_ever_the_outcome_of_reading_one(content: bytes, begin: bytes) -> None:
    with suppress(Invalid):
        assert read(begin + content, "a", VisionQuotas(smallest_dimension=1)).mode == "RGB"


@given(st.binary(max_size=300) | st.text(alphabet='{}[]":, \n\r0aé\u2028', max_size=60).map(str.encode))
def test_nothing_but_lines_or_a_refusal_is_ever_the_outcome_of_reading_a_manifest(content: bytes) -> None:
    with suppress(Invalid):
        assert parse(content)
