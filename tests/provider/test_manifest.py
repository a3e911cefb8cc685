"""Manifests: read in any spelling, compared by what they mean, and cut into what one call takes."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_provider import manifest
from lookout_provider.manifest import InvalidManifest

#: What lines say beside their image.
LINES = st.dictionaries(
    st.from_regex(r"s3://images/[a-z]{1,8}[.]png", fullmatch=True),
    st.dictionaries(st.sampled_from(["label", "label-metadata"]), st.integers() | st.text(max_size=5)),
    min_size=1,
    max_size=8,
)


def _written(lines: dict[str, dict[str, Any]], **spelling: Any) -> bytes:
    return "\n".join(json.dumps({"source-ref": image, **more}, **spelling) for image, more in lines.items()).encode()


def test_lines_are_known_by_their_image() -> None:
    found = manifest.parse(b'{"source-ref": "s3://images/a.png", "x": 1}\n\n{"source-ref": "s3://images/b.png"}')
    assert found == {
        "s3://images/a.png": '{"source-ref":"s3://images/a.png","x":1}',
        "s3://images/b.png": '{"source-ref":"s3://images/b.png"}',
    }


def test_of_two_lines_for_one_image_the_later_one_counts() -> None:
    content = b'{"source-ref": "s3://images/a.png", "x": 1}\r\n{"source-ref": "s3://images/a.png", "x": 2}\r\n'
    assert json.loads(manifest.parse(content)["s3://images/a.png"])["x"] == 2


@given(LINES, st.integers())
def test_the_digest_is_of_what_is_meant(lines: dict[str, dict[str, Any]], seed: int) -> None:
    shuffled = list(lines.items())
    random.Random(seed).shuffle(shuffled)
    one = manifest.parse(_written(lines))
    other = manifest.parse(_written(dict(shuffled), separators=(" , ", " : "), sort_keys=True))
    assert manifest.digest(one.values()) == manifest.digest(other.values())
    assert one == other


@given(LINES)
def test_what_was_written_is_read_again(lines: dict[str, dict[str, Any]]) -> None:
    found = manifest.parse(_written(lines))
    assert manifest.parse(manifest.content(found.values())) == found


@pytest.mark.parametrize("line", ['"s3://images/a.png"', "[]", "{}", '{"source-ref": 7}', '{"source-ref": "a"}', "{"])
def test_a_line_without_an_image_is_refused(line: str) -> None:
    with pytest.raises(InvalidManifest, match=r"line 2: got .*, expected a JSON object with a source-ref"):
        manifest.parse(f'{{"source-ref": "s3://images/a.png"}}\n{line}'.encode())


def test_a_line_is_not_longer_than_it_was_written() -> None:
    found = manifest.parse(_written({"s3://images/a.png": {"note": "漏" * 1_500}}, ensure_ascii=False))
    assert len(found["s3://images/a.png"]) < 1_600
    assert manifest.parse(_written({"s3://images/a.png": {"note": "漏" * 1_000}})) == manifest.parse(
        _written({"s3://images/a.png": {"note": "漏" * 1_000}}, ensure_ascii=False)
    )


@given(st.binary(max_size=300) | st.text(alphabet='{}[]":, \n\r0aé\u2028', max_size=60).map(str.encode))
def test_nothing_but_lines_or_a_refusal_is_ever_the_outcome_of_reading_one(content: bytes) -> None:
    with suppress(InvalidManifest):
        assert manifest.parse(content)


def test_a_portion_is_never_larger_than_one_call_takes_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "_PORTION", 10)
    left, portions = ["aaaa", "bbbb", "cccc", "d"], []
    while left:
        portions.append(manifest.portion(left))
        left = left[portions[-1].count(b"\n") :]
    assert portions == [b"aaaa\nbbbb\n", b"cccc\nd\n"]


def test_the_class_of_an_image_is_that_of_its_folder() -> None:
    found = manifest.of_images("images", {"normal": ["good/a.PNG", "good/a.txt"], "anomaly": ["bad/b.jpeg", "bad/"]})
    classes = {image: json.loads(line)["label-metadata"]["class-name"] for image, line in found.items()}
    assert classes == {"s3://images/good/a.PNG": "normal", "s3://images/bad/b.jpeg": "anomaly"}
