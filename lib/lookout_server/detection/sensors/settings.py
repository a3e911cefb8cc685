"""What can be set about a detector. Every default was measured: see docs/detection.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """views: which of `views.VIEWS` judge; left out, the measured choice.

    smoothing: rows over which the score is averaged, powers of two; the mean of these averages counts.
    loudest: what a row counts at most in all of these averages but the shortest; log(2) is the edge of what is normal.
    hold, hold_from: an alarm of the last *hold* rows (a power of two) goes on while the score is at least this part of
    the threshold.
    blocks: into how many consecutive blocks the training range is cut; each is judged by views that learnt the others.
    gap: how many usual steps may lie between two rows before what was is forgotten.
    switch_weight: what a sensor that had at most two values in training counts, next to 1 of the others.
    quantile, deviations: the alarm without labels, see `threshold.unlabelled`.
    least_events: labelled events from which on the labels have a say in the threshold.
    """

    views: tuple[str, ...] = ("relations", "forecast", "slow", "range")
    smoothing: tuple[int, ...] = (4, 64)
    loudest: float = 1.0
    hold: int = 16
    hold_from: float = 0.9
    blocks: int = 3
    gap: float = 3.0
    switch_weight: float = 0.2
    quantile: float = 0.98
    deviations: float = 3.5
    least_events: int = 1
