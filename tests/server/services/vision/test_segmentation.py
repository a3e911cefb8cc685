"""Segmentation: masks, anomaly labels, and the figures per label."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.server.services.vision.material import COLORS, RED, SIZE, SPOT, mask_of, mask_picture, picture
from tests.server.services.vision.support import Studio, failed, result


def test_a_segmentation_model_has_figures_per_label(bottles: Studio) -> None:
    bottles.dataset(bottles.segmented({"scratch": 20, "dent": 20}))
    assert bottles.train()["Status"] == "TRAINED"
    metrics = result(bottles)["AggregatedEvaluationResults"]["Metrics"]["PixelAnomalyClassMetrics"]
    assert [each["ClassName"] for each in metrics] == ["dent", "scratch"]
    assert all(each["AIOU"] > 0.8 and each["F1Score"] > 0.9 for each in metrics)


def test_masks_are_taken_as_a_console_makes_them(bottles: Studio) -> None:
    """Of a palette whose background is transparent, which the map of colours does not name."""
    lines = bottles.segmented({"scratch": 20})
    drawn = Image.new("P", SIZE, 0)
    drawn.putpalette([0, 0, 0, 35, 164, 54])
    drawn.paste(1, SPOT)
    content = io.BytesIO()
    drawn.save(content, "PNG", transparency=b"\x00\xff")
    for each in lines:
        if "anomaly-mask-ref" in each:
            bottles.s3.put("images", each["anomaly-mask-ref"].removeprefix("s3://images/"), content.getvalue())
            colors = {"0": {"class-name": "scratch", "hex-color": "#23A436"}}
            each["anomaly-mask-ref-metadata"] |= {"internal-color-map": colors, "creation-date": "Mon Aug 22 2022"}
    bottles.dataset(lines)
    assert bottles.train()["Status"] == "TRAINED"
    [metrics] = result(bottles)["AggregatedEvaluationResults"]["Metrics"]["PixelAnomalyClassMetrics"]
    assert metrics["ClassName"] == "scratch"
    assert metrics["AIOU"] > 0.8


def test_masks_that_cover_too_much_lower_the_overlap(bottles: Studio) -> None:
    lines = bottles.segmented({"scratch": 20})
    for number in range(20):
        key = f"raw/scratch{number:03}.png"
        content = picture(spot=RED) if number % 2 == 0 else picture(spot=RED, shade=1)
        bottles.s3.put("images", key, content)
        bottles.s3.put("images", key.replace(".png", "-mask.png"), mask_picture(COLORS["scratch"], COLORS["scratch"]))
    half = mask_picture(COLORS["scratch"], "#ffffff")
    for number in range(1, 20, 2):
        bottles.s3.put("images", f"raw/scratch{number:03}-mask.png", half)
    bottles.dataset(lines)
    bottles.train()
    [metrics] = result(bottles)["AggregatedEvaluationResults"]["Metrics"]["PixelAnomalyClassMetrics"]
    assert metrics["AIOU"] == pytest.approx(0.5, abs=0.1)
    assert metrics["Precision"] == pytest.approx(0.5, abs=0.1)
    assert metrics["Recall"] > 0.9


def test_a_classification_model_has_none(bottles: Studio) -> None:
    bottles.trained()
    assert "PixelAnomalyClassMetrics" not in result(bottles)["AggregatedEvaluationResults"]["Metrics"]


@pytest.mark.parametrize(
    ("mask", "part"),
    [
        (picture(kind="JPEG"), "expected an image in the format PNG"),
        (mask_picture("#2ca02d"), "the colour #2ca02d of the mask is not in the internal-color-map"),
        (mask_picture("#2ca02c", size=(64, 80)), "the image has 64 x 80 pixels, expected 64 x 64 pixels as its image"),
    ],
    ids=["jpeg", "colour", "size"],
)
def test_a_mask_that_cannot_be_used_fails_the_training(bottles: Studio, mask: bytes, part: str) -> None:
    bottles.dataset(bottles.segmented({"scratch": 20}))
    bottles.s3.put("images", "raw/scratch003-mask.png", mask)
    message = failed(bottles)
    assert message.startswith("s3://images/raw/scratch003-mask.png: ")
    assert part in message


def test_a_normal_image_has_no_anomaly_in_its_mask(bottles: Studio) -> None:
    lines = bottles.segmented({"scratch": 20})
    lines[0] |= mask_of("raw/scratch000-mask.png")
    bottles.dataset(lines)
    assert failed(bottles) == "s3://images/raw/000.png: labeled normal, but its mask shows scratch"


def test_a_label_needs_enough_images_of_its_own(bottles: Studio) -> None:
    lines = bottles.segmented({"scratch": 20})
    bottles.s3.put("images", "raw/scratch000-mask.png", mask_picture(*COLORS.values()))
    bottles.dataset(lines)
    assert failed(bottles) == (
        "Too few images with only the anomaly label dent in the training dataset: got 0, expected at least 20"
    )


def test_a_label_needs_images_in_either_of_two_datasets(bottles: Studio) -> None:
    bottles.dataset(bottles.segmented({"scratch": 10}, normal=10))
    bottles.dataset(bottles.segmented({"scratch": 9, "dent": 1}, normal=10, folder="test"), "test")
    assert "with only the anomaly label dent in the training dataset: got 0, expected at least 10" in failed(bottles)


@pytest.mark.parametrize(
    ("quota", "message"),
    [
        ("anomaly_labels_per_project", "Too many anomaly labels in the project: got 1, the quota is 0"),
        ("anomaly_labels_per_mask", "the mask shows 1 anomaly labels, the quota is 0"),
        ("segmentation_training_images", "Too many training images for segmentation: got 40, the quota is 0"),
    ],
)
def test_a_segmentation_model_has_quotas_of_its_own(bottles: Studio, quota: str, message: str) -> None:
    bottles.dataset(bottles.segmented({"scratch": 20}))
    setattr(bottles.quotas, quota, 0)
    assert message in failed(bottles)


def test_a_segmentation_model_has_a_quota_of_test_images(bottles: Studio) -> None:
    bottles.dataset(bottles.segmented({"scratch": 10}, normal=10))
    bottles.dataset(bottles.segmented({"scratch": 10}, normal=10, folder="test"), "test")
    bottles.quotas.segmentation_test_images = 19
    assert failed(bottles) == "Too many test images for segmentation: got 20, the quota is 19"
