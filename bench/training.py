"""What training models of sensors costs, in memory and against principal components of the same numbers."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.ingestion import most_megabytes
from lookout_server.entities.blob import Keeper
from lookout_server.equipment import learning, predictions
from lookout_server.equipment.blocks import Block
from lookout_server.equipment.content import Content, Details
from lookout_server.equipment.gathering import Gatherer
from lookout_server.equipment.judged import Judged
from lookout_server.equipment.making import Results
from lookout_server.equipment.schema import Component, Schema
from lookout_server.equipment.training import Plan
from lookout_server.files.directory import DirectoryBuckets
from lookout_server.files.places import Area, Grant, PlacedStorage, Places
from lookout_server.store.scratch import ScratchBlobs

_ROWS, _SENSORS, _TURNS = 100_000, 300, 3
_MANY, _SMALL = 50, (20_000, 20)
_KEPT = 10
_QUOTA = 1_500_000
#: Prints the CPU seconds and the megabytes of so many trainings in a process of their own.
_PROCESS = """
import sys, time
from bench import training
rows, sensors, times, diagnosed = map(int, sys.argv[1:])
content = training.content_of(rows, sensors)
for _ in range(times):
    training.train(content, bool(diagnosed))
print(time.process_time(), training.most_megabytes())
"""


def cost() -> tuple[float, float]:
    """CPU seconds of a training with its assessment, and of fitting principal components and what they leave over."""
    content = content_of(_ROWS, _SENSORS)
    values = np.concatenate([np.column_stack(list(block.values.values())) for block in _blocks(_ROWS, _SENSORS)])
    turns = [(_cpu(lambda: train(content)), _cpu(lambda: _components(values))) for _ in range(_TURNS)]
    return statistics.median(ours for ours, _ in turns), statistics.median(peer for _, peer in turns)


def memory() -> tuple[float, float]:
    """Megabytes that a process had at most, with four times as many rows and once."""
    return _process(4 * _ROWS, _SENSORS, 1)[1], _process(_ROWS, _SENSORS, 1)[1]


def diagnosed_in_memory() -> tuple[float, float]:
    """Megabytes that a process had at most that wrote diagnostics, and one that wrote none."""
    return _process(_ROWS, _SENSORS, 1, diagnosed=True)[1], _process(_ROWS, _SENSORS, 1)[1]


def many() -> tuple[float, float]:
    """CPU seconds for each of many small models in one process, and for one of them in its own."""
    return _process(*_SMALL, _MANY)[0] / _MANY, _process(*_SMALL, 1)[0]


def many_in_memory() -> tuple[float, float]:
    """Megabytes of the same processes."""
    return _process(*_SMALL, _MANY)[1], _process(*_SMALL, 1)[1]


def train(content: Content, diagnosed: bool = False) -> None:
    """Train and assess a model as the service does, without labels, and write diagnostics."""
    plan = Plan(content.schema, (content.start, content.end), None, None, None)
    trained = learning.train(plan, [content], [], (_QUOTA, _QUOTA))
    judged = Judged.of(trained.judged())
    assert len(judged.times) == len(trained.assessed.times)
    if diagnosed:
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "out").mkdir()
            grant = Grant("*", DirectoryBuckets(Path(directory)), write=(Area("*"),))
            storage = PlacedStorage(Places("here", roles=(grant,)))
            results = Results(Keeper(ScratchBlobs()), storage, "model/wear/0a/version/1", "role", {"Bucket": "out"})
            lines = predictions.diagnostics(trained.assessed, trained.judged(), judged.events, [], "held_out")
            results.write(lines)


def content_of(rows: int, sensors: int) -> Content:
    """What an ingestion would have brought."""
    keeper, names = Keeper(ScratchBlobs()), tuple(f"sensor{number}" for number in range(sensors))
    with Gatherer(keeper, names, count=False) as gatherer:
        gatherer.add(names, _blocks(rows, sensors))
        parts = gatherer.finish("pump").parts
    return Content.keep(keeper, parts, 1, Details(Schema((Component("pump", "Timestamp", names),)), {}, {}))


def _blocks(rows: int, sensors: int, at_once: int = 4_000) -> Iterator[Block]:
    """Sensors of ten things that wander about, each with noise of its own, every ten seconds."""
    random = np.random.default_rng(1)
    mixed, state = random.normal(size=(10, sensors)), np.zeros(10)
    for first in range(0, rows, at_once):
        count = min(at_once, rows - first)
        steps = np.empty((count, 10))
        for row, push in enumerate(random.normal(0, 0.1, (count, 10))):
            state = 0.98 * state + push
            steps[row] = state
        values = (50 + steps @ mixed + random.normal(0, 0.3, (count, sensors))).round(3)
        times = (first + np.arange(count, dtype=np.int64)) * 10_000_000
        yield Block(times, {f"sensor{number}": values[:, number].copy() for number in range(sensors)})


def _components(values: np.ndarray) -> float:
    """Fit principal components and say how far each row is from them."""
    scaled = (values - values.mean(0)) / values.std(0)
    kept = np.linalg.eigh(scaled.T @ scaled / len(scaled))[1][:, -_KEPT:]
    return float(((scaled - scaled @ kept @ kept.T) ** 2).sum(1).max())


def _process(rows: int, sensors: int, times: int, diagnosed: bool = False) -> tuple[float, float]:
    command = [sys.executable, "-c", _PROCESS, *map(str, (rows, sensors, times, int(diagnosed)))]
    seconds, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(megabytes)


def _cpu(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


__all__ = ["cost", "diagnosed_in_memory", "many", "many_in_memory", "memory", "most_megabytes"]
