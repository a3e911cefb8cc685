"""Training: the checks that can make it fail, the split of a single dataset, and the model that comes of it.

Sources: developer guide, "Quotas", "Training your model", "Troubleshooting model training". What learns is
`detection.images`. Images are read one at a time, and again when they are looked at: none is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from PIL import Image

from lookout_server.detection.images import BadPicture, Cache, Example, Model, fit
from lookout_server.settings import VisionQuotas
from lookout_server.vision import images
from lookout_server.vision.engines import Engine
from lookout_server.vision.errors import Invalid
from lookout_server.vision.manifest import Line
from lookout_server.vision.masks import read_mask

T = TypeVar("T")


class Read(Protocol):
    """Reads the object with a key from a bucket; raises Invalid, also when it has more than so many bytes."""

    def __call__(self, bucket: str, key: str, *, most: int) -> bytes: ...


@dataclass(frozen=True)
class Sample:
    """An image with its label, as far as it is known without looking at it."""

    line: Line
    size: images.Size
    #: The anomaly labels that its mask shows.
    labels: tuple[str, ...]

    @property
    def anomalous(self) -> bool:
        """Whether it is labeled as an anomaly."""
        return self.line.label == "anomaly"


@dataclass(frozen=True)
class Trained:
    """What a training brings, and the images that it is tested with."""

    model: Model
    training: Sequence[Sample]
    test: Sequence[Sample]

    @property
    def size(self) -> images.Size:
        """Width and height of all images."""
        return self.training[0].size

    @property
    def colors(self) -> dict[str, str]:
        """The colour of each anomaly label that was learnt; of several, the first one."""
        found: dict[str, str] = {}
        for sample in self.training:
            for label in sample.labels:
                assert sample.line.mask
                found.setdefault(label, sample.line.mask.colors[label])
        return dict(sorted(found.items()))


class Files:
    """The images and masks of lines, read when they are asked for."""

    def __init__(self, read: Read, quotas: VisionQuotas) -> None:
        self._read = read
        self._quotas = quotas

    def picture(self, line: Line) -> bytes:
        """The file of an image."""
        return self._read(line.bucket, line.key, most=self._quotas.bytes_per_image)

    def masks(self, line: Line, size: images.Size) -> dict[str, Image.Image]:
        """Where an image of a size shows which anomaly, by label."""
        if not line.mask:
            return {}
        content = self._read(line.mask.bucket, line.mask.key, most=self._quotas.bytes_per_image)
        return read_mask(line.mask, content, size, self._quotas)

    def sample(self, line: Line) -> Sample:
        """A line, whose image is measured, and whose mask is read."""
        size = images.measured(self.picture(line), line.source_ref, self._quotas)
        labels = tuple(self.masks(line, size))
        if labels and line.label == "normal":
            raise Invalid(f"{line.source_ref}: labeled normal, but its mask shows {', '.join(labels)}")
        return Sample(line, size, labels)

    def example(self, sample: Sample) -> Example:
        """An image with its masks, to be learnt or tested with."""
        masks = {label: np.asarray(pixels) > 0 for label, pixels in self.masks(sample.line, sample.size).items()}
        return Example(self.picture(sample.line), masks)


class Several(Sequence[T]):
    """What is made of samples when it is asked for, one at a time. `latest` is whose turn it was."""

    def __init__(self, samples: Sequence[Sample], make: Callable[[Sample], T]) -> None:
        self._samples = samples
        self._make = make
        self.latest: Sample | None = None

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> T:  # type: ignore[override]
        self.latest = self._samples[index]
        return self._make(self.latest)

    def __iter__(self) -> Iterator[T]:
        return map(self.__getitem__, range(len(self)))


def train(
    training: Iterable[Line],
    test: Iterable[Line] | None,
    files: Files,
    quotas: VisionQuotas,
    engine: Engine,
    cache: Cache | None = None,
) -> Trained:
    """Train with the labeled images; without a test dataset, those of the training dataset are split.

    Raises Invalid with the reason why the training fails.
    """
    lines = [line for line in training if line.label]
    test_lines = None if test is None else [line for line in test if line.label]
    _check_counts(lines, test_lines, quotas)
    if any(line.mask and line.label == "anomaly" for line in [*lines, *(test_lines or [])]):
        _at_most("training images for segmentation", len(lines), quotas.segmentation_training_images)
        _at_most("test images for segmentation", len(test_lines or []), quotas.segmentation_test_images)
    samples = [files.sample(line) for line in lines]
    tests = None if test_lines is None else [files.sample(line) for line in test_lines]
    _check_sizes([*samples, *(tests or [])])
    _check_labels(samples, tests, quotas)
    chosen, kept = (samples, tests) if tests is not None else _split(samples)
    return Trained(_learnt(chosen, files, engine, cache), chosen, kept)


def _learnt(samples: Sequence[Sample], files: Files, engine: Engine, cache: Cache | None) -> Model:
    normal = Several([one for one in samples if not one.anomalous], lambda sample: files.picture(sample.line))
    anomalous = Several([one for one in samples if one.anomalous], files.example)
    try:
        return fit(
            normal,
            anomalous,
            engine.settings,
            preprocessing=engine.preprocessing,
            backbone=engine.backbone,
            cache=cache,
        )
    except BadPicture as error:
        latest = anomalous.latest or normal.latest
        if latest is None:
            raise Invalid(str(error)) from error
        raise images.unreadable(latest.line.source_ref, error) from error


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
    labels = sorted({label for sample in [*training, *(test or [])] for label in sample.labels})
    _at_most("anomaly labels in the project", len(labels), quotas.anomaly_labels_per_project)
    minimum = quotas.images_per_label_in_single_dataset if test is None else quotas.images_per_label
    datasets = {"the training dataset": training} | ({} if test is None else {"the test dataset": test})
    for label in labels:
        for where, samples in datasets.items():
            alone = sum(1 for sample in samples if set(sample.labels) == {label})
            _at_least(f"images with only the anomaly label {label}", where, alone, minimum)


def _split(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """A single dataset in two: of the images with the same labels, every second one is for the test."""
    chosen: list[Sample] = []
    kept: list[Sample] = []
    seen: dict[tuple[bool, tuple[str, ...]], int] = {}
    for sample in samples:
        group = (sample.anomalous, tuple(sorted(sample.labels)))
        seen[group] = seen.get(group, 0) + 1
        (chosen if seen[group] % 2 else kept).append(sample)
    return chosen, kept
