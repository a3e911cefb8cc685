"""Many odd requests, by hand: `python -m tests.server.fuzz 50000 --seed 1`."""

from __future__ import annotations

import argparse
import collections
import time
from datetime import UTC, datetime

from tests.server.fuzz.attempt import attempt
from tests.server.fuzz.plant import Plant, operations
from tests.server.fuzz.requests import Maker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--year", type=int, default=2024, help="what the services' clock shows, up to 9999")
    options = parser.parse_args()
    codes: collections.Counter[str] = collections.Counter()
    began, slowest = time.monotonic(), 0.0
    models = operations()
    for number in range(options.count):
        if number % 500 == 0:
            plant = Plant(datetime(options.year, 12, 31, tzinfo=UTC))
            maker = Maker(plant, options.seed + number)
        if number % 50 == 0:
            plant.clock.advance(3_600)
        request = maker.request(models[number % len(models)])
        before = time.monotonic()
        codes[attempt(plant, models[number % len(models)], request)] += 1
        taken = time.monotonic() - before
        if taken > slowest:
            slowest = taken
            print(f"{number}: {taken:.2f} s for {request.operation} with {request.oddities}", flush=True)
    print(f"{options.count} requests in {time.monotonic() - began:.0f} s: {dict(codes.most_common())}")


if __name__ == "__main__":
    main()
