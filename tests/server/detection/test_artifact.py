"""Models on disk, of whatever kind."""

from __future__ import annotations

import io

import numpy as np
import pytest

from lookout_server.detection import artifact


def saved(*arrays: np.ndarray) -> io.BytesIO:
    stream = io.BytesIO()
    for each in arrays:
        np.save(stream, each)
    stream.seek(0)
    return stream


def test_arrays_that_follow_one_another_are_read_one_by_one() -> None:
    stream = saved(np.arange(3), np.eye(2))
    assert [artifact.array(stream).tolist() for _ in range(2)] == [[0, 1, 2], [[1.0, 0.0], [0.0, 1.0]]]


def test_an_array_that_could_run_something_is_not_read() -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([{}], dtype=object), allow_pickle=True)
    stream.seek(0)
    with pytest.raises(ValueError, match="pickle"):
        artifact.array(stream)


def test_no_two_threads_have_heads_of_arrays_parsed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []
    load = np.load

    def loads(stream: io.BytesIO, **how: bool) -> np.ndarray:
        held.append(artifact._PARSING.locked())
        return load(stream, **how)

    monkeypatch.setattr(np, "load", loads)
    artifact.array(saved(np.arange(3)))
    assert held == [True]
