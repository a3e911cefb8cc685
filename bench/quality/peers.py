"""Detectors of others, on the same cases: scikit-learn's isolation forest, and ECOD and PCA of PyOD."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from pyod.models.ecod import ECOD
from pyod.models.pca import PCA
from sklearn.ensemble import IsolationForest

from bench.quality.cases import Case
from lookout_server.detection.sensors.frame import Flags, Floats
from lookout_server.detection.sensors.scaling import Scaling

#: Of their scores of the training rows; above it is an alarm. None of them comes with a rule for normal rows.
_ALARM = 0.99


def isolation_forest(train: Floats, test: Floats) -> tuple[Floats, Floats]:
    forest: Any = IsolationForest(random_state=0).fit(train)
    return -forest.score_samples(train), -forest.score_samples(test)


def ecod(train: Floats, test: Floats) -> tuple[Floats, Floats]:
    return _pyod(ECOD(), train, test)


def pca(train: Floats, test: Floats) -> tuple[Floats, Floats]:
    """Without sensors that are constant in training, and with the components that have 99 % of the variance.

    It divides by the variances of the components: with one of nothing all scores are infinite.
    """
    moving = train.std(0) > 0
    return _pyod(PCA(n_components=0.99, svd_solver="full"), train[:, moving], test[:, moving])


def _pyod(detector: Any, train: Floats, test: Floats) -> tuple[Floats, Floats]:
    detector.fit(train)
    return detector.decision_scores_, detector.decision_function(test)


PEERS: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "isolation forest": isolation_forest,
    "ECOD": ecod,
    "PCA": pca,
}


def judged(case: Case, peer: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> tuple[Floats, Flags]:
    """Scores and alarms of a peer, as it comes. What is missing becomes the mean, since they take no holes."""
    mean = np.nan_to_num(Scaling.fit(case.train).mean)
    train, test = (np.where(np.isnan(values), mean, values) for values in (case.train, case.test))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of ECOD, about sensors that are constant
        normal, scores = peer(train, test)
    return scores, scores > np.quantile(normal, _ALARM)
