"""What the ingestion of sensor data costs, against reading CSV and writing Parquet without looking at what is in it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow.csv
import pyarrow.parquet

from lookout_server.entities.blob import Keeper
from lookout_server.equipment.dataset_reading import read_dataset
from lookout_server.equipment.files import Files
from lookout_server.equipment.key_patterns import KeyPattern
from lookout_server.files.directory import DirectoryBuckets
from lookout_server.files.storage import StoredObject
from lookout_server.settings import Quotas
from lookout_server.store.scratch import ScratchBlobs

_ROWS, _SENSORS, _TURNS = 100_000, 100, 3
_BLOCK = 8 * 1024**2
_MEMORY = """
import sys
from pathlib import Path
from bench import ingestion
ingestion.ingest(Path(sys.argv[1]))
print(ingestion.most_megabytes())
"""


def clean() -> tuple[float, float]:
    """CPU seconds of files in which everything is as it should be."""
    return _against_pyarrow(bad=False)


def bad() -> tuple[float, float]:
    """The same with one cell in each column that is no number, which pyarrow alone takes for texts."""
    return _against_pyarrow(bad=True)


def memory() -> tuple[float, float]:
    """Megabytes that a process had at most, with five times as many rows and once."""
    with tempfile.TemporaryDirectory() as directory:
        found = []
        for times in (5, 1):
            file = Path(directory) / f"{times}" / "plant" / "pump" / "a.csv"
            write(file, times * _ROWS)
            command = [sys.executable, "-c", _MEMORY, str(file)]
            found.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        return found[0], found[1]


def _against_pyarrow(*, bad: bool) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as directory:
        good, file = Path(directory) / "good.csv", Path(directory) / "plant" / "pump" / "a.csv"
        write(good, _ROWS)
        write(file, _ROWS, bad=bad)
        turns = [(_cpu(lambda: ingest(file)), _cpu(lambda: _convert(good))) for _ in range(_TURNS + 1)][1:]
        return statistics.median(ours for ours, _ in turns), statistics.median(peer for _, peer in turns)


def ingest(file: Path) -> None:
    """Ingest a file, whose folders are a component and a bucket."""
    bucket = file.parent.parent
    files = Files(_Storage(DirectoryBuckets(bucket.parent)), "", {"Bucket": bucket.name})
    pattern = KeyPattern("{prefix}/{component_name}/*", "")
    found = read_dataset(files, None, pattern, Quotas(), Keeper(ScratchBlobs()))
    assert not isinstance(found, str), found


def most_megabytes() -> float:
    """The memory that this process had at most (Linux)."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1e3


def write(file: Path, rows: int, *, bad: bool = False) -> None:
    """Write a file of sensors that wander about, with a cell in each column that is none if it is to be bad."""
    file.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    values = random.normal(size=(20_000, _SENSORS)).cumsum(0) / 10 + 50
    lines = [",".join(f"{value:.4f}" for value in row) for row in values]
    start = np.datetime64("2020-01-01T00:00:00")
    with file.open("w", encoding="ascii") as out:
        out.write(",".join(["Timestamp", *(f"sensor{number}" for number in range(_SENSORS))]) + "\n")
        for row in range(rows):
            line = lines[row % len(lines)]
            if bad and row < _SENSORS:
                cells = line.split(",")
                cells[row] = "Bad Input"
                line = ",".join(cells)
            out.write(f"{start + np.timedelta64(10 * row, 's')},{line}\n")


def _convert(file: Path) -> None:
    """What pyarrow does alone, with blocks as large as ours."""
    options = pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK)
    with (
        tempfile.TemporaryDirectory() as directory,
        pyarrow.csv.open_csv(file, options) as source,
        pyarrow.parquet.ParquetWriter(f"{directory}/a.parquet", source.schema) as writer,
    ):
        for batch in source:
            writer.write_batch(batch)


def _cpu(run: Callable[[], None]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


class _Storage:
    """Buckets that need no role."""

    def __init__(self, buckets: DirectoryBuckets) -> None:
        self._buckets = buckets

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[StoredObject]:
        return self._buckets.list(bucket, prefix)

    def open(self, role_arn: str, bucket: str, key: str) -> BinaryIO:
        return self._buckets.open(bucket, key)

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(name)
