"""Files of labels and schemas as they come, at synthesis."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_lookout.equipment import DatasetSchema, LabelSetSource
from cdk_lookout.validation import InvalidProperty
from lookout_files import text_files
from lookout_files.documents import NotJson, parse
from tests.corpus.cases import Case, cases


def written(directory: Path, case: Case) -> str:
    file = directory / case.name
    file.write_bytes(case.content)
    return str(file)


@pytest.mark.parametrize("case", cases("label_sets"))
def test_a_file_of_labels_is_taken_or_refused(case: Case, tmp_path: Path) -> None:
    path = written(tmp_path, case)
    if not case.error:
        LabelSetSource.from_asset(path)
        return
    with pytest.raises(InvalidProperty) as caught:
        LabelSetSource.from_asset(path)
    where, _, problem = case.error.partition(": got ")
    assert str(caught.value).startswith(f"{where} of LabelSetSource.from_asset({path!r}): got ")
    assert str(caught.value).endswith(problem.partition(", expected ")[2])


@pytest.mark.parametrize("case", cases("schemas"))
def test_a_schema_is_taken_or_refused(case: Case, tmp_path: Path) -> None:
    path = written(tmp_path, case)
    if not case.error:
        components = DatasetSchema.from_asset(path).components
        assert [component["ComponentName"] for component in components] == case.expected["components"]
        return
    with pytest.raises(InvalidProperty) as caught:
        DatasetSchema.from_asset(path)
    assert f"of DatasetSchema.from_asset({path!r}): got " in str(caught.value)
    assert case.error in str(caught.value)


@given(st.binary(max_size=300))
def test_nothing_but_a_value_or_a_refusal_is_ever_the_outcome_of_reading_json(content: bytes) -> None:
    try:
        parse(text_files.text(content))
    except (text_files.Unreadable, NotJson) as error:
        text = str(error)
        assert "object at 0x" not in text
