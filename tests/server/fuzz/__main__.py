"""Many odd requests, by hand: `python -m tests.server.fuzz 50000 --seed 1`, with --http at a server of their own."""

from __future__ import annotations

import argparse
import collections
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.server.fuzz.attempt import attempt
from tests.server.fuzz.plant import Plant, operations
from tests.server.fuzz.requests import Maker
from tests.server.fuzz.served import Served, Unsendable

#: Requests to one plant, and those after which one that is served is made whole.
_TO_ONE, _REFILLED = 500, 2_000


def plants(year: int) -> Iterator[Plant]:
    """The plant for each request."""
    while True:
        plant = Plant(datetime(year, 12, 31, tzinfo=UTC))
        for number in range(_TO_ONE):
            if number % 50 == 0:
                plant.clock.advance(3_600)
            yield plant


def served(plant: Served) -> Iterator[Plant]:
    """The same at a server; says how much memory it takes."""
    number = 0
    while True:
        if number % _REFILLED == 0:
            plant.refill()
            print(f"{number}: {plant.megabytes():.0f} MB", flush=True)
        yield plant
        number += 1


def play(each: Iterator[Plant], count: int, seed: int) -> None:
    codes: collections.Counter[str] = collections.Counter()
    began, slowest = time.monotonic(), 0.0
    models = operations()
    maker: Maker | None = None
    for number in range(count):
        plant = next(each)
        if maker is None or number % _TO_ONE == 0:
            maker = Maker(plant, seed + number)
        request = maker.request(models[number % len(models)])
        before = time.monotonic()
        try:
            codes[attempt(plant, models[number % len(models)], request)] += 1
        except Unsendable:
            codes["not sent"] += 1
        taken = time.monotonic() - before
        if taken > slowest:
            slowest = taken
            print(f"{number}: {taken:.2f} s for {request.operation} with {request.oddities}", flush=True)
    print(f"{count} requests in {time.monotonic() - began:.0f} s: {dict(codes.most_common())}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--year", type=int, default=2024, help="what the services' clock shows, up to 9999")
    parser.add_argument("--http", action="store_true", help="at a server that is started for them")
    options = parser.parse_args()
    if not options.http:
        play(plants(options.year), options.count, options.seed)
        return
    with tempfile.TemporaryDirectory() as directory, Served(Path(directory)) as plant:
        before = plant.megabytes()
        play(served(plant), options.count, options.seed)
        print(f"{plant.megabytes():.0f} MB of the server, {before:.0f} before")


if __name__ == "__main__":
    main()
