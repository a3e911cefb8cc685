"""Rows that are too many to be in memory at once."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from lookout_server.detection.sensors import Frame, Long, learn
from lookout_server.detection.sensors.long import Sample, joined
from tests.server.detection import machine

FRAME = machine.frame(machine.running(6_000, seed=1))
SENSORS = tuple(f"s{at}" for at in range(60))
LABELS = [(int(FRAME.times[2_000]), int(FRAME.times[2_050]))]


@dataclass(frozen=True)
class Pieces:
    """A frame, piece by piece."""

    frame: Frame
    rows: int

    def __iter__(self) -> Iterator[Frame]:
        starts = range(0, len(self.frame), self.rows)
        return (self.frame.between(first, min(first + self.rows, len(self.frame))) for first in starts)


def read(pieces: Pieces, most: int) -> Long:
    sample = Sample(pieces.frame.names, most)
    for piece in pieces:
        sample.add(piece)
    return sample.of(pieces)


def test_few_rows_are_all_learnt_and_held() -> None:
    rows = read(Pieces(FRAME, 700), FRAME.values.size)
    [held] = rows.frames
    assert held is rows.sample
    assert np.array_equal(rows.sample.values, FRAME.values)
    assert np.array_equal(rows.times, FRAME.times)


@pytest.mark.parametrize("pieces", [1, 100, 512, 999, 6_000])
def test_of_many_rows_blocks_are_learnt_that_are_the_same_however_they_come(pieces: int) -> None:
    rows, other = read(Pieces(FRAME, pieces), 20_000), read(Pieces(FRAME, 700), 20_000)
    assert np.array_equal(rows.sample.times, other.sample.times)
    assert np.array_equal(rows.sample.values, FRAME.values[np.isin(FRAME.times, rows.sample.times)])
    assert len(rows.times) == 6_000


@pytest.mark.parametrize("most", [5_000, 11_000, 20_000, 41_000])
def test_a_sample_has_what_it_may_have_or_half_of_it_from_everywhere(most: int) -> None:
    sample = read(Pieces(FRAME, 700), most).sample
    assert most / 2 - 512 * 7 <= sample.values.size <= most
    stride = len(FRAME) / (sample.values.size / 7 / 512)
    assert np.diff(np.searchsorted(FRAME.times, sample.times), prepend=0).max() <= 3 * stride


def test_rows_that_are_read_piece_by_piece_are_judged_as_those_in_memory() -> None:
    """Of both the same is learnt; what is left are units and threshold, which come of all rows, and what is said."""
    held = Long.of(FRAME)
    streamed = replace(held, frames=Pieces(FRAME, 333))
    ours, twin = learn(streamed, labels=LABELS), learn(held, labels=LABELS)
    np.testing.assert_allclose(ours.model.calibration.units, twin.model.calibration.units, rtol=1e-9)
    assert ours.model.threshold.value == pytest.approx(twin.model.threshold.value)
    assert ours.model.threshold.events == twin.model.threshold.events == 1
    for name in ("times", "scores", "shares", "expected"):
        one, other = (np.concatenate([getattr(j, name) for j in both.held_out()]) for both in (ours, twin))
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


def test_what_a_sample_taught_finds_what_all_rows_taught() -> None:
    later = machine.frame(machine.faulty(1_000, seed=2)[0], start=6_000)
    part, whole = learn(read(Pieces(FRAME, 700), 20_000)).model, learn(Long.of(FRAME)).model
    ours, twin = (model.judge(later).scores for model in (part, whole))
    assert np.corrcoef(ours, twin)[0, 1] > 0.98
    assert len(part.threshold.levels) == 1001
    assert part.threshold.rows == whole.threshold.rows == 6_000


@dataclass(frozen=True)
class Made:
    """Rows that nobody holds: each piece is made when it is asked for."""

    pieces: int

    def __iter__(self) -> Iterator[Frame]:
        for number in range(self.pieces):
            values = np.random.default_rng(number).normal(size=(1_000, len(SENSORS)))
            times = np.arange(number * 1_000, (number + 1) * 1_000, dtype=np.int64) * 1_000
            yield Frame(times, SENSORS, values)


def megabytes(pieces: int) -> float:
    """What learning and judging of so many thousand rows takes at most, when about ten thousand of them are held."""
    tracemalloc.start()
    try:
        made, sample = Made(pieces), Sample(SENSORS, 10_500 * len(SENSORS))
        for piece in made:
            sample.add(piece)
        learnt = learn(sample.of(made))
        assert sum(len(one.times) for one in learnt.held_out()) == 1_000 * pieces
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_four_times_as_many_rows_take_hardly_more_memory() -> None:
    """Of each row its time and its scores stay; of the readings of the rows more a quarter would be too much."""
    assert megabytes(80) - megabytes(20) < 60_000 * len(SENSORS) * 8 / 4e6


def test_frames_of_nothing_are_nothing() -> None:
    assert joined(("a",), []).values.shape == (0, 1)
