"""Data files of any form: read row by row, and no further than it makes sense."""

from __future__ import annotations

import math
import tracemalloc

import pytest

from lookout_server.equipment.csv_files import Unusable, number
from tests.server.services.fast_reading import read
from tests.server.services.support import ROLE, Cloud, csv_text, location, rows, until_over

MOST = 3_000
ROW = b"2024-01-01 00:00:00,1,2\n"
HEADER = b"Timestamp,flow,heat\n"


def reason(body: bytes, most: int = MOST) -> str:
    with pytest.raises(Unusable) as caught:
        read("a.csv", body, most=most)
    return str(caught.value)


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b"\r", b"  \n", b",,\n", b" , ,\n"])
def test_blank_lines_count_for_nothing(blank: bytes) -> None:
    file = read("a.csv", blank * 1_000 + HEADER + blank * 1_000 + ROW + blank * 1_000, most=MOST)
    assert (len(file.times), file.unsupported) == (1, 0)


def test_millions_of_blank_lines_take_no_room() -> None:
    body = HEADER + b"\n" * 8 * 1024**2 + ROW
    tracemalloc.start()
    try:
        file = read("a.csv", body, most=MOST)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(file.times) == 1
    assert most < 32 * 1024**2


def test_a_file_of_nothing_but_newlines_is_empty() -> None:
    assert reason(b"\n" * 1024**2) == "it is empty"
    assert reason(b"") == "it is empty"


@pytest.mark.parametrize("cut", range(1, 40))
def test_lines_may_be_cut_anywhere(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookout_server.equipment.csv_pieces._PIECE", cut)
    text = '\ufeffTimestamp,flow,heat\r\n2024-01-01 00:00,1,é\r2024-01-02 00:00,"2",3\n2024-01-03 00:00,3'
    file = read("a.csv", text.encode(), most=MOST)
    assert [time.day for time in file.times] == [1, 2, 3]
    assert file.columns["flow"] == [1.0, 2.0, 3.0]
    assert math.isnan(file.columns["heat"][0] or 0)
    assert file.columns["heat"][1:] == [3.0, None]


@pytest.mark.parametrize("begin", [b"", HEADER + ROW])
def test_a_line_has_an_end(begin: bytes) -> None:
    line = begin.count(b"\n") + 1
    expected = f"line {line}: got a line of more than 1048576 bytes, expected a shorter one"
    assert reason(begin + b"," * 2 * 1024**2) == expected


def test_a_quote_that_never_ends_is_given_up() -> None:
    expected = (
        "line 2: got a cell of more than 131072 characters, or a quotation mark that nothing closes, expected CSV"
    )
    assert reason(HEADER + b'"' + b"x\n" * 1024**2) == expected


def test_a_file_has_no_more_columns_than_a_dataset() -> None:
    names = ",".join(f"s{number}" for number in range(11))
    body = f"Timestamp,{names}\n2024-01-01 00:00{',1' * 11}\n".encode()
    assert reason(body, most=10) == "Columns per dataset: got 11, the quota is 10"
    assert len(read("a.csv", body, most=11).columns) == 11


def test_of_known_sensors_only_those_are_kept() -> None:
    file = read("a.csv", HEADER + ROW, wanted=["heat", "other"], most=1)
    assert (file.sensors, file.columns) == (("flow", "heat"), {"heat": [2.0]})


@pytest.mark.parametrize(
    "cell", ["1e400", "1e101", "-1e101", "nan", "inf", "1_000", "0x10", "9" * 401, "1" * 10**6 + "x", "\0"]
)
def test_what_cannot_be_calculated_with_is_no_number(cell: str) -> None:
    assert math.isnan(number(cell) or 0)


@pytest.mark.parametrize(
    ("cell", "value"), [("1.", 1.0), (".5", 0.5), ("+1e2", 100.0), ("1e-400", 0.0), ("-1e100", -1e100)]
)
def test_what_is_only_unusual_is_a_number(cell: str, value: float) -> None:
    assert number(cell) == value


def test_a_model_can_be_trained_with_the_largest_numbers(cloud: Cloud) -> None:
    lines = [[time, ("1e100", "-1e100", "5e-324")[index % 3], "1e-300"] for index, (time, *_) in enumerate(rows())]
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(lines))
    cloud.active_dataset()
    assert cloud.train()["Status"] == "SUCCESS"


def test_the_size_of_a_file_is_asked_for_before_it_is_read(cloud: Cloud) -> None:
    cloud.dataset()
    cloud.s3.put("data", "raw/pump1/a.csv", csv_text(rows()))
    cloud.settings.quotas.bytes_per_file = 10
    cloud.s3.open = None  # type: ignore[assignment,method-assign]
    job = cloud.source.start_data_ingestion_job(
        DatasetName="pumps",
        IngestionInputConfiguration=location("data", "raw/", "{prefix}/{component_name}/*"),
        RoleArn=ROLE,
    )
    over = until_over(lambda: cloud.source.describe_data_ingestion_job(JobId=job["JobId"]))
    assert "bytes, the quota is 10" in over["FailedReason"]
