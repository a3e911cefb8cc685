"""How good a trained model is: its figures, and the two files that say so.

Sources: developer guide, "Viewing performance metrics", "Improving your model". Every figure is computed from the test
images.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ImageChops

from lookout_server.protocol.times import iso
from lookout_server.vision.masks import area, pixels_of, rgb
from lookout_server.vision.profile import Profile
from lookout_server.vision.training import Sample, Trained

_CLASSIFICATION = "groundtruth/image-classification"


@dataclass(frozen=True)
class Prediction:
    """What the model says of a test image."""

    sample: Sample
    anomalous: bool
    confidence: float
    distance: float


@dataclass(frozen=True)
class Evaluation:
    """The predictions for the test images, and what follows from them."""

    trained: Trained
    predictions: Sequence[Prediction]
    #: Precision, Recall and F1Score.
    performance: Mapping[str, float]


def evaluate(trained: Trained) -> Evaluation:
    """Test a model."""
    predictions = []
    for sample in trained.test:
        anomalous, confidence = trained.profile.judge(sample.features)
        distance = trained.profile.distance(sample.features)
        predictions.append(Prediction(sample, anomalous, confidence, distance))
    right = sum(1 for each in predictions if each.anomalous and each.sample.anomalous)
    said = sum(1 for each in predictions if each.anomalous)
    actual = sum(1 for each in predictions if each.sample.anomalous)
    return Evaluation(trained, predictions, _scores(right, said, actual))


def _scores(right: float, said: float, actual: float) -> dict[str, float]:
    """Precision, recall and their harmonic mean; 0 where there is nothing to divide by."""
    return {
        "Precision": right / said if said else 0.0,
        "Recall": right / actual if actual else 0.0,
        "F1Score": 2 * right / (said + actual) if said + actual else 0.0,
    }


def result_file(evaluation: Evaluation, arn: str, ended: datetime) -> bytes:
    """EvaluationResult: the figures over all test images."""
    metrics: dict[str, Any] = {
        "ROCAUC": _area_under_curve(evaluation.predictions),
        "AveragePrecision": _average_precision(evaluation.predictions),
        **evaluation.performance,
    }
    if evaluation.trained.profile.labels:
        metrics["PixelAnomalyClassMetrics"] = _label_metrics(evaluation.trained.profile, evaluation.trained.test)
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
    """How often an anomalous image is farther off than a normal one, of all such pairs; half for ties."""
    anomalous = [each.distance for each in predictions if each.sample.anomalous]
    normal = [each.distance for each in predictions if not each.sample.anomalous]
    if not anomalous or not normal:
        return 0.0
    wins = sum((a > n) + (a == n) / 2 for a in anomalous for n in normal)
    return wins / (len(anomalous) * len(normal))


def _average_precision(predictions: Sequence[Prediction]) -> float:
    """The mean of the precision at each anomalous image, from the farthest image to the nearest."""
    ranked = sorted(predictions, key=lambda each: (-each.distance, each.sample.line.source_ref))
    precisions: list[float] = []
    for rank, each in enumerate(ranked, start=1):
        if each.sample.anomalous:
            precisions.append((len(precisions) + 1) / rank)
    return sum(precisions) / len(precisions) if precisions else 0.0


def _label_metrics(profile: Profile, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """Per anomaly label, over the pixels of all test images: scores, and the mean overlap where either shows it."""
    masks = [profile.segment(sample.features) for sample in samples]
    metrics = []
    for name, label in sorted(profile.labels.items()):
        right = said = actual = 0
        overlaps: list[float] = []
        for sample, mask in zip(samples, masks, strict=True):
            found = pixels_of(mask, rgb(label.color))
            truth = sample.pixels.get(name)
            common = area(ImageChops.darker(found, truth)) if truth else 0
            sizes = (area(found), area(truth) if truth else 0)
            right, said, actual = right + common, said + sizes[0], actual + sizes[1]
            if sum(sizes):
                overlaps.append(common / (sum(sizes) - common))
        mean = sum(overlaps) / len(overlaps) if overlaps else 0.0
        metrics.append({**_scores(right, said, actual), "AIOU": mean, "ClassName": name})
    return metrics
