"""Training: the checks that can make it fail, the split of a single dataset, and the profile that comes of it.

Sources: developer guide, "Quotas", "Training your model", "Troubleshooting model training". What stands in for
machine learning is in `profile`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from lookout_server.settings import VisionQuotas
from lookout_server.vision import images
from lookout_server.vision.errors import Invalid
from lookout_server.vision.manifest import Line
from lookout_server.vision.masks import area, read_mask
from lookout_server.vision.profile import (
    CELLS,
    Features,
    Label,
    Profile,
    features_of,
    mean_of,
    threshold_of,
)


class Read(Protocol):
    """Reads the object with a key from a bucket; raises Invalid, also when it has more than so many bytes."""

    def __call__(self, bucket: str, key: str, *, most: int) -> bytes: ...


@dataclass(frozen=True)
class Sample:
    """An image with its label, reduced to what training needs."""

    line: Line
    size: tuple[int, int]
    features: Features
    #: Where it shows an anomaly label, by label.
    pixels: Mapping[str, Image.Image]

    @property
    def anomalous(self) -> bool:
        """Whether it is labeled as an anomaly."""
        return self.line.label == "anomaly"


@dataclass(frozen=True)
class Trained:
    """What a training brings, and the images that it is tested with."""

    profile: Profile
    training: Sequence[Sample]
    test: Sequence[Sample]


def train(training: Iterable[Line], test: Iterable[Line] | None, read: Read, quotas: VisionQuotas) -> Trained:
    """Train with the labeled images; without a test dataset, those of the training dataset are split.

    Raises Invalid with the reason why the training fails.
    """
    lines = [line for line in training if line.label]
    test_lines = None if test is None else [line for line in test if line.label]
    _check_counts(lines, test_lines, quotas)
    segmentation = any(line.mask and line.label == "anomaly" for line in [*lines, *(test_lines or [])])
    if segmentation:
        _at_most("training images for segmentation", len(lines), quotas.segmentation_training_images)
        _at_most("test images for segmentation", len(test_lines or []), quotas.segmentation_test_images)
    samples = [_sample(line, read, quotas) for line in lines]
    tests = None if test_lines is None else [_sample(line, read, quotas) for line in test_lines]
    _check_sizes([*samples, *(tests or [])])
    _check_labels(samples, tests, quotas)
    chosen, kept = (samples, tests) if tests is not None else _split(samples)
    return Trained(_profile(chosen, segmentation=segmentation), chosen, kept)


def _check_counts(training: Sequence[Line], test: Sequence[Line] | None, quotas: VisionQuotas) -> None:
    """Raise Invalid unless there are enough images to train and to test with."""
    wanted = [
        ("training", training, "normal", quotas.normal_training_images),
        ("test", test or [], "normal", quotas.normal_test_images),
        ("test", test or [], "anomaly", quotas.anomalous_test_images),
    ]
    if test is None:
        wanted = [
            ("single", training, "normal", quotas.normal_images_in_single_dataset),
            ("single", training, "anomaly", quotas.anomalous_images_in_single_dataset),
        ]
    for name, lines, label, minimum in wanted:
        _at_least(f"images labeled {label}", f"the {name} dataset", _count(lines, label), minimum)


def _count(lines: Sequence[Line], label: str) -> int:
    return sum(1 for line in lines if line.label == label)


def _at_least(what: str, where: str, count: int, minimum: int) -> None:
    if count < minimum:
        raise Invalid(f"Too few {what} in {where}: got {count}, expected at least {minimum}")


def _at_most(what: str, count: int, quota: int) -> None:
    if count > quota:
        raise Invalid(f"Too many {what}: got {count}, the quota is {quota}")


def _sample(line: Line, read: Read, quotas: VisionQuotas) -> Sample:
    most = quotas.bytes_per_image
    image = images.read(read(line.bucket, line.key, most=most), line.source_ref, quotas)
    pixels: dict[str, Image.Image] = {}
    if line.mask:
        pixels = read_mask(line.mask, read(line.mask.bucket, line.mask.key, most=most), image.size, quotas)
    if pixels and line.label == "normal":
        raise Invalid(f"{line.source_ref}: labeled normal, but its mask shows {', '.join(pixels)}")
    return Sample(line, image.size, features_of(image), pixels)


def _check_sizes(samples: Sequence[Sample]) -> None:
    """All images of a project have the same dimensions."""
    first = samples[0]
    for sample in samples:
        if sample.size != first.size:
            raise Invalid(
                f"{sample.line.source_ref}: the image has {images.pixels(sample.size)}, "
                f"expected {images.pixels(first.size)} as {first.line.source_ref}"
            )


def _check_labels(training: Sequence[Sample], test: Sequence[Sample] | None, quotas: VisionQuotas) -> None:
    """Anomaly labels: not too many, and enough images of each that show no other one."""
    labels = sorted({label for sample in [*training, *(test or [])] for label in sample.pixels})
    _at_most("anomaly labels in the project", len(labels), quotas.anomaly_labels_per_project)
    minimum = quotas.images_per_label_in_single_dataset if test is None else quotas.images_per_label
    datasets = {"the training dataset": training} | ({} if test is None else {"the test dataset": test})
    for label in labels:
        for where, samples in datasets.items():
            alone = sum(1 for sample in samples if set(sample.pixels) == {label})
            _at_least(f"images with only the anomaly label {label}", where, alone, minimum)


def _split(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """A single dataset in two: of the images with the same labels, every second one is for the test."""
    chosen: list[Sample] = []
    kept: list[Sample] = []
    seen: dict[tuple[bool, tuple[str, ...]], int] = {}
    for sample in samples:
        group = (sample.anomalous, tuple(sorted(sample.pixels)))
        seen[group] = seen.get(group, 0) + 1
        (chosen if seen[group] % 2 else kept).append(sample)
    return chosen, kept


def _profile(samples: Sequence[Sample], *, segmentation: bool) -> Profile:
    normal = [sample for sample in samples if not sample.anomalous]
    mean = mean_of([sample.features for sample in normal])
    blank = Profile(samples[0].size, mean, 0.0, {})
    threshold = threshold_of(
        [blank.distance(sample.features) for sample in normal],
        [blank.distance(sample.features) for sample in samples if sample.anomalous],
    )
    return Profile(samples[0].size, mean, threshold, _labels(samples, mean) if segmentation else {})


def _labels(samples: Sequence[Sample], mean: Sequence[float]) -> dict[str, Label]:
    """The labels that the samples show: colour, and mean difference of the cells that they cover."""
    colors: dict[str, str] = {}
    parts: dict[str, list[tuple[float, Sequence[float]]]] = {}
    for sample in samples:
        for label, pixels in sample.pixels.items():
            if sample.line.mask is None or area(pixels) == 0:
                continue
            colors.setdefault(label, sample.line.mask.colors[label])
            cover = pixels.resize((CELLS, CELLS), Image.Resampling.BOX).tobytes()
            for cell, share in enumerate(cover):
                if share:
                    index = 3 * cell
                    difference = [sample.features[index + band] - mean[index + band] for band in range(3)]
                    parts.setdefault(label, []).append((share, difference))
    found: dict[str, Label] = {}
    for label, cells in sorted(parts.items()):
        total = math.fsum(share for share, _ in cells)
        red, green, blue = (math.fsum(share * values[band] for share, values in cells) / total for band in range(3))
        found[label] = Label(colors[label], (red, green, blue))
    return found
