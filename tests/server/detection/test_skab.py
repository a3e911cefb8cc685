"""The protocol of SKAB's leaderboard, and what is printed beside others."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from bench.quality import sensors
from bench.quality.figures import rates
from bench.quality.skab import leaderboard, skab

HEADER = "datetime;Pressure;Current;anomaly;changepoint\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Two files of 403 rows, the last two of which are abnormal, and one without an anomaly."""
    for name in ("valve1/0.csv", "other/10.csv", "anomaly-free/anomaly-free.csv"):
        (tmp_path / name).parent.mkdir()
        rows = [f"2020-03-09 10:00:00;{row};7;{float(row > 400)};0.0\n" for row in range(403)]
        (tmp_path / name).write_text(HEADER + "".join(rows), encoding="utf-8")
    return tmp_path


def test_of_each_file_with_an_anomaly_the_first_400_rows_are_learnt_and_the_others_judged(clone: Path) -> None:
    cases = skab(clone)
    assert [case.name for case in cases] == ["valve1-0", "other-10"]
    assert cases[0].train.shape == (400, 2)
    assert cases[0].test.tolist() == [[400, 7], [401, 7], [402, 7]]
    assert cases[0].labels.tolist() == [0, 1, 1]


def test_a_directory_of_other_sets_is_not_that_of_skab(tmp_path: Path) -> None:
    assert skab(tmp_path) == []


def test_rates_are_of_the_rows_of_all_cases_together() -> None:
    one = np.array([1, 1, 0, 0]), np.array([True, False, True, False])
    other = np.array([1, 0, 0, -1]), np.array([True, False, False, True])
    assert rates([one, other]) == (2 * 2 / (2 * 2 + 1 + 1), 1 / 4, 1 / 3)


def test_the_leaderboard_has_a_row_for_each_detector(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    never = [(case, (np.zeros(3), np.zeros(3, bool))) for case in skab(clone)]
    leaderboard([("never", iter(never))])
    assert "| never | 0.00 | 0.00 | 100.00 |" in capsys.readouterr().out


def test_peers_that_are_not_installed_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "bench.quality.peers", raising=False)
    monkeypatch.setitem(sys.modules, "pyod.models.ecod", None)
    with pytest.raises(SystemExit, match="make quality PEERS=1"):
        sensors.ways(peers=True)
