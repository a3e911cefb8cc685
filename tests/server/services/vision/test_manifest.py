"""JSON Lines: what the documentation asks of each, and what is said of those that break it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lookout_server.vision.errors import Invalid
from lookout_server.vision.manifest import Line, parse
from tests.server.services.vision.material import line, manifest, mask_of


def parsed(*lines: Any) -> list[Line]:
    return parse(manifest(lines).encode())


def wrong(*lines: Any) -> str:
    with pytest.raises(Invalid) as caught:
        parsed(*lines)
    return str(caught.value)


def without(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names}


@pytest.mark.parametrize(
    ("name", "label"), [("normal", "normal"), ("anomaly", "anomaly"), ("Normal", None), ("", None)]
)
def test_another_class_than_the_two_is_unlabeled(name: str, label: str | None) -> None:
    assert parsed(line("a.png", name))[0].label == label


def test_an_image_is_found_by_bucket_and_key() -> None:
    [found] = parsed(line("folder/a b.png"))
    assert (found.bucket, found.key, found.source_ref) == ("images", "folder/a b.png", "s3://images/folder/a b.png")


def test_the_text_of_a_line_is_kept() -> None:
    text = '{ "source-ref": "s3://images/é.png", ' + json.dumps(without(line("x"), "source-ref"))[1:]
    assert parsed(text)[0].text == text


def test_the_label_goes_by_any_name() -> None:
    given = line("a.png")
    renamed = {"source-ref": given["source-ref"], "x": "any", "x-metadata": given["anomaly-label-metadata"]}
    assert parsed(renamed)[0].label_attribute == "x"


@pytest.mark.parametrize(
    "name", ["confidence", "job-name", "creation-date"], ids=["confidence", "job-name", "creation-date"]
)
def test_what_is_optional_may_be_absent(name: str) -> None:
    assert parsed(line("a.png", **{name: ...}))[0].label == "normal"


def test_the_date_of_a_label_is_in_utc() -> None:
    [found] = parsed(line("a.png", **{"creation-date": "2020-11-10T03:37:09.600"}))
    assert found.labeled_at == datetime(2020, 11, 10, 3, 37, 9, 600_000, tzinfo=UTC)


def test_a_date_may_be_told_in_any_words() -> None:
    [found] = parsed(line("a.png", **{"creation-date": "Mon Aug 22 2022 13:52:52 GMT-0700 (Pacific Daylight Time)"}))
    assert found.labeled_at is None


def test_what_other_jobs_have_added_to_a_line_is_left_out() -> None:
    verification = {"type": "groundtruth/label-verification", "class-name": "bad", "human-annotated": "yes"}
    assert parsed({**line("a.png"), "check": "1", "check-metadata": verification})[0].label == "normal"


def test_lines_may_be_blank_anywhere_and_are_counted() -> None:
    text = json.dumps(line("a.png"))
    assert len(parsed("", text, " ", "\t", json.dumps(line("b.png")), "")) == 2
    assert wrong("", text, "", "x").startswith("line 4: not JSON")


def test_a_line_may_hold_what_the_service_does_not_know() -> None:
    assert parsed({**line("a.png"), "note": [1], "source-ref-metadata": {"creation-date": "x"}})[0].label == "normal"


def test_of_two_lines_for_an_image_the_later_one_counts() -> None:
    assert [each.label for each in parsed(line("a.png"), line("a.png", "anomaly"))] == ["anomaly"]


def test_carriage_returns_and_a_byte_order_mark_are_left_out() -> None:
    content = b"\xef\xbb\xbf" + manifest([line("a.png"), line("b.png")]).replace("\n", "\r\n").encode()
    assert len(parse(content)) == 2


def test_the_last_line_needs_no_end() -> None:
    assert len(parse(manifest([line("a.png")]).encode().rstrip())) == 1


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"source-ref": None}, "source-ref: got nothing, expected s3://BUCKET/KEY"),
        ({"source-ref": "https://images/a.png"}, "source-ref"),
        ({"source-ref": "s3://images"}, "source-ref"),
        ({"source-ref": "s3://images/"}, "source-ref"),
        ({"source-ref": "s3://i/a.png"}, "source-ref"),
        ({"source-ref": 7}, "source-ref: got 7"),
        ({"source-ref": "s3://images/\ud800.png"}, "source-ref"),
        ({"anomaly-label-metadata": None}, "anomaly-label-metadata.type: got nothing"),
        ({"anomaly-label-metadata": {}}, "anomaly-label-metadata.type: got nothing"),
        ({"anomaly-label-metadata": {"type": "object-detection"}}, 'got "object-detection"'),
        (
            {"anomaly-label-metadata": {"type": "groundtruth/object-detection"}},
            "expected a label attribute with metadata of the type groundtruth/image-classification",
        ),
    ],
)
def test_a_line_that_breaks_a_rule_is_named(change: dict[str, Any], part: str) -> None:
    message = wrong(line("ok.png"), {**line("a.png"), **change})
    assert message.startswith("line 2: ")
    assert part in message


@pytest.mark.parametrize(
    ("metadata", "part"),
    [
        ({"class-name": ...}, "class-name: got nothing, expected a string"),
        ({"class-name": 1}, "class-name: got 1"),
        ({"human-annotated": ...}, "human-annotated: got nothing, expected yes or no"),
        ({"human-annotated": "maybe"}, 'human-annotated: got "maybe"'),
        ({"human-annotated": True}, "human-annotated: got true"),
        ({"type": ...}, "type: got nothing"),
        ({"confidence": "high"}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({"job-name": 1}, "job-name"),
        ({"creation-date": 1}, "creation-date"),
    ],
)
def test_metadata_that_break_a_rule_are_named(metadata: dict[str, Any], part: str) -> None:
    given = line("a.png")
    changed = {
        name: value for name, value in {**given["anomaly-label-metadata"], **metadata}.items() if value is not ...
    }
    assert f"line 1: anomaly-label-metadata.{part}" in wrong({**given, "anomaly-label-metadata": changed})


def test_a_line_needs_a_label() -> None:
    assert "expected a label attribute" in wrong({"source-ref": "s3://images/a.png"})


def test_metadata_need_their_attribute() -> None:
    assert "anomaly-label: expected a value" in wrong(without(line("a.png"), "anomaly-label"))


def test_a_line_has_one_label() -> None:
    given = line("a.png")
    both = {**given, "other": 1, "other-metadata": given["anomaly-label-metadata"]}
    assert "expected one attribute of the type groundtruth/image-classification" in wrong(both)


@pytest.mark.parametrize("text", ["{", "[]", "1", '{"a": NaN}', "[" * 9_000])
def test_a_line_that_is_no_json_object_is_named(text: str) -> None:
    assert wrong(line("a.png"), text, line("b.png")).startswith("line 2: ")


def test_a_line_can_be_too_long() -> None:
    assert wrong(line("a" * 8_192)).endswith("characters, expected at most 8192")


def test_all_images_are_in_one_bucket() -> None:
    message = wrong(line("a.png"), line("a.png", bucket="others"))
    assert message == "source-ref: expected all images in one bucket, got images, others"


def test_the_first_ten_mistakes_are_told() -> None:
    message = wrong(*["x"] * 12)
    assert message.count("not JSON") == 10
    assert message.endswith("; and 2 more")


def test_a_mask_has_colours_by_label() -> None:
    [found] = parsed(line("a.png", "anomaly", mask=mask_of("a-mask.png", {"scratch": "#2CA02C"})))
    assert found.mask is not None
    assert (found.mask.key, found.mask.colors) == ("a-mask.png", {"scratch": "#2ca02c"})


def test_a_mask_is_in_the_bucket_of_the_images() -> None:
    message = wrong(line("a.png", "anomaly", mask=mask_of("m.png", bucket="others")))
    assert "expected s3://others/m.png in the bucket of the images, images" in message


def test_the_name_of_a_mask_ends_with_ref() -> None:
    given = mask_of("m.png")
    renamed = {"mask": given["anomaly-mask-ref"], "mask-metadata": given["anomaly-mask-ref-metadata"]}
    assert "mask: expected a name that ends with -ref" in wrong(line("a.png", "anomaly", mask=renamed))


def entry(name: str, color: Any = "#2ca02c", confidence: Any = 0.0) -> dict[str, Any]:
    return {"class-name": name, "hex-color": color, "confidence": confidence}


BACKGROUND = {"0": entry("BACKGROUND", "#ffffff")}


@pytest.mark.parametrize(
    ("colors", "part"),
    [
        (..., ": expected an object"),
        ({}, ": expected an object"),
        ([], ": expected an object"),
        ({"0": entry("BACKGROUND", "#000000")}, ".0: got BACKGROUND in #000000, expected #ffffff for BACKGROUND"),
        ({"1": entry("scratch", "#FFFFFF")}, ".1: got scratch in #FFFFFF, expected #ffffff for"),
        ({**BACKGROUND, "1": entry("scratch", "green")}, ".1.hex-color"),
        ({**BACKGROUND, "1": entry("scratch", None)}, ".1.hex-color"),
        ({**BACKGROUND, "1": entry("a scratch")}, ".1.class-name"),
        ({**BACKGROUND, "1": entry("")}, ".1.class-name"),
        ({**BACKGROUND, "1": entry("scratch", confidence=None)}, ".1.confidence"),
        ({**BACKGROUND, "1": "scratch"}, ".1: expected an object"),
        ({**BACKGROUND, "1": entry("scratch"), "2": entry("scratch", "#000000")}, ".2: expected a class-name"),
        ({**BACKGROUND, "1": entry("scratch"), "2": entry("dent")}, ".2: expected a class-name and a hex-color"),
    ],
)
def test_a_colour_map_that_breaks_a_rule_is_named(colors: Any, part: str) -> None:
    message = wrong(line("a.png", "anomaly", mask=mask_of("m.png", **{"internal-color-map": colors})))
    assert f"anomaly-mask-ref-metadata.internal-color-map{part}" in message


BARE = {"0": {"class-name": "scratch", "hex-color": "#2CA02C"}}


@pytest.mark.parametrize(
    "colors", [{**BACKGROUND, "1": BARE["0"]}, BARE, {"1": entry("scratch"), "2": BACKGROUND["0"]}]
)
def test_a_colour_map_needs_no_background_and_no_confidence(colors: Any) -> None:
    [found] = parsed(line("a.png", "anomaly", mask=mask_of("m.png", **{"internal-color-map": colors})))
    assert found.mask is not None
    assert found.mask.colors == {"scratch": "#2ca02c"}


@pytest.mark.parametrize("metadata", [{"human-annotated": ...}, {"creation-date": 7}, {"job-name": 3}])
def test_the_metadata_of_a_mask_are_checked_as_well(metadata: dict[str, Any]) -> None:
    [name] = metadata
    assert f"anomaly-mask-ref-metadata.{name}" in wrong(line("a.png", "anomaly", mask=mask_of("m.png", **metadata)))
