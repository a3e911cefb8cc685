"""The tables of docs/detection.md."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np

from bench.quality.cases import Case, halves
from bench.quality.figures import NAMES, Answer, averages, culprits, figures
from lookout_server.detection.sensors import Long, Settings, fit
from lookout_server.detection.sensors.calibration import Calibration, folds_of, held_out_scores
from lookout_server.detection.sensors.frame import Floats, since_start
from lookout_server.detection.sensors.normal import Normal
from lookout_server.detection.sensors.scaling import Scaling
from lookout_server.detection.sensors.smoothing import smoothed
from lookout_server.detection.sensors.threshold import unlabelled

_SMOOTHINGS = ((1,), (4,), (8,), (64,), (4, 64), (4, 16, 64))


@dataclass(frozen=True)
class Seen:
    """A case with the scores of all views, of the training rows held out and of the test's rows: rows x views."""

    case: Case
    held_out: Floats
    test: Floats

    def judged(self, settings: Settings, chosen: Sequence[int]) -> Answer:
        """Scores and alarms with only some of the views, nothing learnt again."""
        calibration = Calibration.fit(self.held_out[:, chosen])
        normal, test = (
            smoothed(calibration(raw[:, chosen]), np.arange(len(raw)), settings) for raw in (self.held_out, self.test)
        )
        return test, test >= unlabelled(normal, settings)


def see(case: Case, settings: Settings) -> Seen:
    train, test = case.frame(case.train), case.frame(case.test)
    longest = round(3000 * case.step)
    normal = Normal.fit(train.of(train.names), since_start(train.times, longest), settings)
    raw = normal.scores(test.of(train.names), since_start(test.times, longest))
    folds = folds_of(train.times, train, longest, settings)
    return Seen(case, held_out_scores(Long.of(train), folds, longest), raw)


def three_sigma(case: Case) -> Answer:
    scaling = Scaling.fit(case.train)
    farthest = (np.abs(np.nan_to_num(case.test) - np.nan_to_num(scaling.mean)) / scaling.spread).max(1)
    return farthest, farthest > 3


def at_random(case: Case) -> Answer:
    scores = np.random.default_rng(0).random(len(case.test))
    return scores, scores > 0.99


def detector(case: Case) -> Answer:
    judgement = fit(case.frame(case.train)).judge(case.frame(case.test))
    return judgement.scores, judgement.alarms


def ways(peers: bool) -> list[tuple[str, Callable[[Case], Answer]]]:
    """The detector and those beside it; peers must be installed."""
    found: list[tuple[str, Callable[[Case], Answer]]] = [
        ("the detector", detector),
        ("three standard deviations", three_sigma),
        ("at random, 1 % of the rows", at_random),
    ]
    if peers:
        try:
            from bench.quality.peers import PEERS, judged
        except ModuleNotFoundError as error:
            sys.exit(
                f"--peers: {error.name} is not installed, expected the peers: `make quality PEERS=1` installs them"
            )
        found[1:1] = [(name, partial(judged, peer=peer)) for name, peer in PEERS.items()]
    return found


def beside(found: list[Case], peers: bool) -> None:
    """One row per detector: average precision in each set, and the means."""
    sets = sorted({case.set for case in found})
    print(f"\nBeside others\n\n| | {' | '.join([*sets, *NAMES])} |\n| --- |{' --- |' * (len(sets) + len(NAMES))}")
    for name, judge in ways(peers):
        seen = table((case, judge(case)) for case in found)
        cells = [seen[key]["ap"] for key in sets] + [seen["mean"][key] for key in NAMES]
        print(f"| {name} | {' | '.join(f'{cell:.3g}' if cell > 10 else f'{cell:.3f}' for cell in cells)} |", flush=True)


def table(answers: Iterable[tuple[Case, Answer]]) -> dict[str, dict[str, float]]:
    rows = [(case.set, figures(case.labels, scores, alarms, case.step)) for case, (scores, alarms) in answers]
    return averages(rows)


def show(title: str, found: dict[str, dict[str, float]], names: Sequence[str] = NAMES) -> None:
    print(f"\n{title}\n\n| set | {' | '.join(names)} |\n| --- |{' --- |' * len(names)}")
    for name, row in found.items():
        print(f"| {name} | {' | '.join(f'{row[key]:.3g}' if row[key] > 10 else f'{row[key]:.3f}' for key in names)} |")


def compare(title: str, rows: Iterable[tuple[str, Callable[[Seen], Answer]]], seen: list[Seen]) -> None:
    """One row per way of judging: average precision in each set, and the means."""
    sets = sorted({one.case.set for one in seen})
    print(f"\n{title}\n\n| | {' | '.join(sets)} | mean | f1 | event recall | event precision |")
    print(f"| --- |{' --- |' * (len(sets) + 4)}")
    for name, judge in rows:
        found = table((one.case, judge(one)) for one in seen)
        cells = [found[key]["ap"] for key in (*sets, "mean")] + [found["mean"][key] for key in NAMES[1:4]]
        print(f"| {name} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")


def ablation(seen: list[Seen], settings: Settings) -> None:
    everything = list(range(len(settings.views)))
    ways = [("all", settings, everything)]
    for at, name in enumerate(settings.views):
        ways.append((f"without {name}", settings, [*everything[:at], *everything[at + 1 :]]))
        ways.append((f"only {name}", settings, [at]))
    ways += [(f"smoothing {spans}", replace(settings, smoothing=spans), everything) for spans in _SMOOTHINGS]
    ways += [("without hysteresis", replace(settings, hold=1), everything)]
    ways += [("without robust deviations", replace(settings, deviations=1e9), everything)]
    compare(
        "What each part gives (average precision by set; means)",
        [(name, lambda one, s=s, chosen=chosen: one.judged(s, chosen)) for name, s, chosen in ways],  # type: ignore[misc]
        seen,
    )


def left_out(seen: list[Seen]) -> dict[str, dict[str, float]]:
    """Each set judged with the views, smoothing and threshold that are best, by AP and F1, on the other sets."""
    everything = list(range(len(Settings().views)))
    views = [everything, *([*everything[:at], *everything[at + 1 :]] for at in everything)]
    settings = [
        Settings(smoothing=smoothing, quantile=quantile, deviations=deviations)
        for smoothing, quantile, deviations in product(((8,), (4, 64), (4, 16, 64)), (0.97, 0.98, 0.99), (3.5, 5.0))
    ]
    tables = [table((one.case, one.judged(*way)) for one in seen) for way in product(settings, views)]
    sets = sorted({one.case.set for one in seen})
    result = {}
    for name in sets:
        others = [other for other in sets if other != name]
        worth = [np.mean([found[other]["ap"] + found[other]["f1"] for other in others]) for found in tables]
        result[name] = tables[int(np.argmax(worth))][name]
    return result | {"mean": {key: float(np.nanmean([result[name][key] for name in sets])) for key in NAMES}}


def with_labels(found: list[Case]) -> dict[str, dict[str, float]]:
    """The second half of each test: F1 without and with the labels of the first half."""
    rows = []
    for case in found:
        if (given := halves(case)) is not None:
            frame, labels, rest = given
            history, judged = case.frame(case.test[: len(case.labels) // 2]), rest.frame(rest.test)
            judged = replace(judged, times=judged.times + len(history) * round(1000 * case.step))
            row = {}
            for key, model in (("without", fit(case.frame(case.train))), ("with", fit(frame, labels=labels))):
                alarms = model.judge(judged, history).alarms
                row[key] = figures(rest.labels, np.zeros(len(alarms)), alarms, rest.step)["f1"]
            rows.append((case.set, row))
    return averages(rows)


def report(found: list[Case], peers: bool = False) -> None:
    settings = Settings()
    beside(found, peers)
    answers, named = [], dict[str, list[tuple[int, int]]]()
    for case in found:
        judgement = fit(case.frame(case.train)).judge(case.frame(case.test))
        answers.append((case, (judgement.scores, judgement.alarms)))
        named.setdefault(case.set, []).append(culprits(case.causes, judgement.contributions))
    show("The detector", table(answers))
    print("\n| set | events whose sensors are named | top sensor is one of them |\n| --- | --- | --- |")
    for name, counts in named.items():
        if total := sum(count for _, count in counts):
            print(f"| {name} | {total} | {sum(hits for hits, _ in counts) / total:.3f} |")
    seen = [see(case, settings) for case in found]
    show("Views, smoothing and threshold chosen on the other sets", left_out(seen))
    ablation(seen, settings)
    show("F1 in the second half of the test", with_labels(found), ("without", "with"))
