"""How good a trained model is: its figures, and the two files that say so.

Sources: developer guide, "Viewing performance metrics", "Improving your model". Every figure is computed from the test
images.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lookout_server.detection.images import BadPicture, Cache, Judgement
from lookout_server.detection.images.labels import Flags
from lookout_server.protocol.times import iso
from lookout_server.vision import images
from lookout_server.vision.training import Files, Sample, Several, Trained

_CLASSIFICATION = "groundtruth/image-classification"


#: What cannot be measured with the test images that there are.
_NO_ANOMALIES = (
    "No test image is labeled anomaly, so precision, recall and F1 score could not be measured: the anomalous images "
    "that the model misses are unknown."
)
_NORMAL_ONLY = (
    "No training image is labeled anomaly, so what is anomalous was set by how much normal images differ among "
    "themselves, and confidences are not calibrated."
)


@dataclass(frozen=True)
class Prediction:
    """What the model says of a test image."""

    sample: Sample
    anomalous: bool
    confidence: float
    #: How anomalous the image is, before that was calibrated.
    score: float


@dataclass
class _Overlap:
    """Of one anomaly label, over the pixels of all test images: said rightly, said at all, and there."""

    right: int = 0
    said: int = 0
    actual: int = 0
    #: In each image in which either shows it.
    overlaps: list[float] = field(default_factory=list)

    def add(self, found: Flags | None, truth: Flags | None) -> None:
        """Compare what was found in an image with its mask."""
        common = int((found & truth).sum()) if found is not None and truth is not None else 0
        said, actual = (0 if one is None else int(one.sum()) for one in (found, truth))
        self.right, self.said, self.actual = self.right + common, self.said + said, self.actual + actual
        if said or actual:
            self.overlaps.append(common / (said + actual - common))


@dataclass(frozen=True)
class Evaluation:
    """The predictions for the test images, and what follows from them."""

    trained: Trained
    predictions: Sequence[Prediction]
    #: Precision, Recall and F1Score; nothing without an anomalous image to be found.
    performance: Mapping[str, float]
    #: By anomaly label; none for a classification model.
    overlaps: Mapping[str, _Overlap]

    @property
    def remarks(self) -> list[str]:
        """What could not be measured."""
        method = self.trained.model.threshold.method
        return [
            *([] if self.performance else [_NO_ANOMALIES]),
            *([_NORMAL_ONLY] if method == "normal only" else []),
        ]


def evaluate(trained: Trained, files: Files, cache: Cache | None = None) -> Evaluation:
    """Test a model, one image after the other; raises Invalid when one cannot be looked at."""
    overlaps = {label: _Overlap() for label in trained.colors}
    examples = Several(trained.test, files.example)
    predictions = []
    try:
        for sample, example in zip(trained.test, examples, strict=True):
            look = trained.model.judge if overlaps else trained.model.score
            found = look(example.picture, cache)
            predictions.append(Prediction(sample, found.anomalous, found.confidence, found.raw))
            if isinstance(found, Judgement):
                for label, overlap in overlaps.items():
                    overlap.add(found.labels.get(label), example.masks.get(label))
    except BadPicture as error:
        assert examples.latest
        raise images.unreadable(examples.latest.line.source_ref, error) from error
    right = sum(1 for each in predictions if each.anomalous and each.sample.anomalous)
    said = sum(1 for each in predictions if each.anomalous)
    actual = sum(1 for each in predictions if each.sample.anomalous)
    return Evaluation(trained, predictions, _scores(right, said, actual) if actual else {}, overlaps)


def _scores(right: float, said: float, actual: float) -> dict[str, float]:
    """Precision, recall and their harmonic mean; 0 where there is nothing to divide by."""
    return {
        "Precision": right / said if said else 0.0,
        "Recall": right / actual if actual else 0.0,
        "F1Score": 2 * right / (said + actual) if said + actual else 0.0,
    }


def result_file(evaluation: Evaluation, arn: str, ended: datetime) -> bytes:
    """EvaluationResult: the figures over all test images."""
    metrics: dict[str, Any] = {}
    if evaluation.performance:
        metrics = {
            "ROCAUC": _area_under_curve(evaluation.predictions),
            "AveragePrecision": _average_precision(evaluation.predictions),
            **evaluation.performance,
        }
    if evaluation.overlaps:
        metrics["PixelAnomalyClassMetrics"] = _label_metrics(evaluation.overlaps)
    document = {
        "Version": 1,
        "EvaluationDetails": {
            "ModelArn": arn,
            "EvaluationEndTimestamp": iso(ended),
            "NumberOfTrainingImages": len(evaluation.trained.training),
            "NumberOfTestingImages": len(evaluation.trained.test),
        },
        "AggregatedEvaluationResults": {"Metrics": metrics},
    }
    return json.dumps(document, indent=2).encode()


def manifest_file(evaluation: Evaluation, arn: str, ended: datetime) -> bytes:
    """EvaluationManifest: a line for each test image, with its label and the model's."""
    _, project, version = arn.rsplit("/", 2)
    lines = []
    for each in evaluation.predictions:
        given = json.loads(each.sample.line.text)
        attribute = each.sample.line.label_attribute
        given[attribute] = int(each.sample.anomalous)
        given[f"{attribute}-detected"] = int(each.anomalous)
        given[f"{attribute}-detected-metadata"] = {
            "class-name": "anomaly" if each.anomalous else "normal",
            "confidence": each.confidence,
            "type": _CLASSIFICATION,
            "human-annotated": "no",
            "creation-date": iso(ended),
            "job-name": "training-job/anomaly-detection",
            "model-arn": arn,
            "project-name": project,
            "model-version": version,
        }
        lines.append(json.dumps(given, ensure_ascii=False))
    return ("\n".join(lines) + "\n").encode()


def _area_under_curve(predictions: Sequence[Prediction]) -> float:
    """How often an anomalous image is more anomalous than a normal one, of all such pairs; half for ties."""
    anomalous = [each.score for each in predictions if each.sample.anomalous]
    normal = [each.score for each in predictions if not each.sample.anomalous]
    if not anomalous or not normal:
        return 0.0
    wins = sum((a > n) + (a == n) / 2 for a in anomalous for n in normal)
    return wins / (len(anomalous) * len(normal))


def _average_precision(predictions: Sequence[Prediction]) -> float:
    """The mean of the precision at each anomalous image, from the most anomalous image to the least."""
    ranked = sorted(predictions, key=lambda each: (-each.score, each.sample.line.source_ref))
    precisions: list[float] = []
    for rank, each in enumerate(ranked, start=1):
        if each.sample.anomalous:
            precisions.append((len(precisions) + 1) / rank)
    return sum(precisions) / len(precisions) if precisions else 0.0


def _label_metrics(overlaps: Mapping[str, _Overlap]) -> list[dict[str, Any]]:
    """Per anomaly label, over the pixels of all test images: scores, and the mean overlap where either shows it."""
    return [
        {
            **_scores(one.right, one.said, one.actual),
            "AIOU": sum(one.overlaps) / len(one.overlaps) if one.overlaps else 0.0,
            "ClassName": label,
        }
        for label, one in overlaps.items()
    ]
