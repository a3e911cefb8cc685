"""Training: what makes it fail, and the figures that it computes from the images."""

from __future__ import annotations

import json

import pytest

from tests.server.services.vision.material import DARK, Lines, line, picture
from tests.server.services.vision.support import Studio, failed, result


def predictions(studio: Studio) -> Lines:
    content = studio.s3.objects[("results", "out/EvaluationManifest-bottles-1.json")]
    return [json.loads(each) for each in content.decode().splitlines()]


@pytest.mark.parametrize(
    ("normal", "anomalous", "message"),
    [
        (19, 10, "Too few images labeled normal in the single dataset: got 19, expected at least 20"),
        (20, 9, "Too few images labeled anomaly in the single dataset: got 9, expected at least 10"),
    ],
)
def test_a_single_dataset_has_enough_images(bottles: Studio, normal: int, anomalous: int, message: str) -> None:
    bottles.dataset(bottles.images(normal, anomalous))
    assert failed(bottles) == message


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ((9, 0), (10, 10), "Too few images labeled normal in the training dataset: got 9, expected at least 10"),
        ((10, 0), (9, 10), "Too few images labeled normal in the test dataset: got 9, expected at least 10"),
        ((10, 0), (10, 9), "Too few images labeled anomaly in the test dataset: got 9, expected at least 10"),
    ],
)
def test_two_datasets_have_enough_images(
    bottles: Studio, train: tuple[int, int], test: tuple[int, int], message: str
) -> None:
    bottles.dataset(bottles.images(*train))
    bottles.dataset(bottles.images(*test, folder="test"), "test")
    assert failed(bottles) == message


def test_with_a_test_dataset_no_anomaly_is_needed_to_train(bottles: Studio) -> None:
    bottles.dataset(bottles.images(10, 0))
    bottles.dataset(bottles.images(10, 10, folder="test"), "test")
    assert bottles.train()["Performance"] == {"F1Score": 1.0, "Recall": 1.0, "Precision": 1.0}


def test_unlabeled_images_do_not_count(bottles: Studio) -> None:
    bottles.dataset([*bottles.images(19, 10), line("unknown.png", "unsure")])
    assert "got 19" in failed(bottles)


def test_unlabeled_images_are_not_even_opened(bottles: Studio) -> None:
    bottles.dataset([*bottles.images(), line("missing.png", "unsure")])
    assert bottles.train()["Status"] == "TRAINED"


def test_an_empty_test_dataset_makes_two_datasets(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.vision.create_dataset(ProjectName="bottles", DatasetType="test")
    assert "in the test dataset: got 0" in failed(bottles)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"text", "expected an image in the format PNG or JPEG"),
        (b"", "expected an image in the format PNG or JPEG"),
        (picture(kind="GIF"), "expected an image in the format PNG or JPEG"),
        (picture(kind="BMP"), "expected an image in the format PNG or JPEG"),
        (picture()[:100], "cannot be read"),
        (picture(size=(63, 64)), "the image has 63 x 64 pixels, expected 64 x 64 to 4096 x 4096"),
        (picture(size=(4_097, 64)), "the image has 4097 x 64 pixels"),
        (picture(size=(65, 64)), "the image has 65 x 64 pixels, expected 64 x 64 pixels as s3://images/raw/000.png"),
    ],
    ids=["text", "empty", "gif", "bmp", "cut", "small", "large", "other"],
)
def test_an_image_that_cannot_be_used_fails_the_training(bottles: Studio, content: bytes, part: str) -> None:
    bottles.dataset(bottles.images())
    bottles.s3.put("images", "raw/007.png", content)
    message = failed(bottles)
    assert message.startswith("s3://images/raw/007.png: ")
    assert part in message


def test_an_image_has_eight_megabytes_at_most(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.s3.put("images", "raw/007.png", picture() + b"\0" * 8 * 1024**2)
    assert "the quota is 8388608" in failed(bottles)


def test_an_image_that_is_not_there_fails_the_training(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    del bottles.s3.objects[("images", "raw/007.png")]
    assert failed(bottles).startswith("s3://images/raw/007.png cannot be read: NoSuchKey")


@pytest.mark.parametrize(
    ("region", "part"), [("us-east-1", "is in us-east-1, expected eu-west-1"), (None, "NoSuchBucket")]
)
def test_the_bucket_of_the_images_is_in_the_region(bottles: Studio, region: str | None, part: str) -> None:
    bottles.dataset(bottles.images())
    bottles.s3.regions = {name: place for name, place in bottles.s3.regions.items() if name != "images"}
    bottles.s3.regions |= {"images": region} if region else {}
    message = failed(bottles)
    assert message.startswith("source-ref: the bucket images ")
    assert part in message


def test_images_of_both_datasets_have_the_same_dimensions(bottles: Studio) -> None:
    bottles.dataset(bottles.images(10, 0))
    bottles.dataset(bottles.images(10, 10, folder="test", size=(80, 80)), "test")
    assert "the image has 80 x 80 pixels, expected 64 x 64" in failed(bottles)


def test_images_may_be_png_and_jpeg(bottles: Studio) -> None:
    lines = bottles.images()
    for number in range(10):
        bottles.s3.put("images", f"raw/{number:03}.png", picture(shade=number % 3, kind="JPEG"))
    bottles.dataset(lines)
    assert bottles.train()["Performance"]["F1Score"] == 1.0


def test_half_of_a_single_dataset_is_for_the_test(bottles: Studio) -> None:
    bottles.trained()
    details = result(bottles)["EvaluationDetails"]
    assert (details["NumberOfTrainingImages"], details["NumberOfTestingImages"]) == (15, 15)
    assert sum(each["anomaly-label"] for each in predictions(bottles)) == 5


def test_two_datasets_are_used_as_they_are(bottles: Studio) -> None:
    bottles.dataset(bottles.images(12, 3))
    bottles.dataset(bottles.images(10, 11, folder="test"), "test")
    bottles.train()
    details = result(bottles)["EvaluationDetails"]
    assert (details["NumberOfTrainingImages"], details["NumberOfTestingImages"]) == (15, 21)


def test_the_figures_follow_from_the_images(bottles: Studio) -> None:
    """Of ten images labeled anomaly, four look normal; of ten labeled normal, one has a spot."""
    bottles.dataset(bottles.images(10, 0))
    lines = bottles.images(10, 10, folder="test")
    for number in range(10, 14):
        bottles.s3.put("images", f"test/{number:03}.png", picture())
    bottles.s3.put("images", "test/000.png", picture(spot=DARK))
    bottles.dataset(lines, "test")
    performance = bottles.train()["Performance"]
    assert performance == {
        "Precision": pytest.approx(6 / 7),
        "Recall": pytest.approx(6 / 10),
        "F1Score": pytest.approx(12 / 17),
    }


def test_other_images_give_other_figures(bottles: Studio) -> None:
    """Labels that have nothing to do with the images."""
    bottles.dataset(bottles.images(10, 0))
    lines = bottles.images(20, 0, folder="test")
    for each in lines[10:]:
        each["anomaly-label-metadata"]["class-name"] = "anomaly"
    bottles.dataset(lines, "test")
    assert bottles.train()["Performance"] == {"Precision": 0.0, "Recall": 0.0, "F1Score": 0.0}


def test_the_result_says_the_same_and_more(bottles: Studio) -> None:
    bottles.trained()
    performance = bottles.describe()["Performance"]
    document = result(bottles)
    metrics = document["AggregatedEvaluationResults"]["Metrics"]
    assert document["Version"] == 1
    assert document["EvaluationDetails"]["ModelArn"] == bottles.describe()["ModelArn"]
    assert performance == {name: metrics[name] for name in performance}
    assert metrics["ROCAUC"] == metrics["AveragePrecision"] == 1.0


def test_ranks_are_figures_of_their_own(bottles: Studio) -> None:
    """One of ten anomalous images looks just like the normal ones, so that it ties with some and loses to others."""
    bottles.dataset(bottles.images(10, 0))
    lines = bottles.images(10, 10, folder="test")
    bottles.s3.put("images", "test/010.png", picture(shade=1))
    bottles.dataset(lines, "test")
    bottles.train()
    metrics = result(bottles)["AggregatedEvaluationResults"]["Metrics"]
    assert 0.9 < metrics["ROCAUC"] < 1.0
    assert 0.9 < metrics["AveragePrecision"] < 1.0


def test_training_again_gives_the_same(bottles: Studio) -> None:
    bottles.trained()
    bottles.trained()
    one, other = result(bottles, "1"), result(bottles, "2")
    assert one["AggregatedEvaluationResults"] == other["AggregatedEvaluationResults"]


def test_each_test_image_has_a_line_with_label_and_prediction(bottles: Studio) -> None:
    bottles.trained()
    lines = predictions(bottles)
    arn = bottles.describe()["ModelArn"]
    for each in lines:
        detected = each["anomaly-label-detected-metadata"]
        assert each["anomaly-label"] == int(each["anomaly-label-metadata"]["class-name"] == "anomaly")
        assert each["anomaly-label-detected"] == int(detected["class-name"] == "anomaly")
        assert (detected["model-arn"], detected["project-name"], detected["model-version"]) == (arn, "bottles", "1")
        assert 0.5 <= detected["confidence"] <= 1
        assert detected["human-annotated"] == "no"
    assert len({each["source-ref"] for each in lines}) == len(lines) == 15


def test_the_evaluation_manifest_less_the_predictions_can_make_a_dataset(bottles: Studio) -> None:
    bottles.trained()
    lines = predictions(bottles)
    for each in lines:
        del each["anomaly-label-detected"], each["anomaly-label-detected-metadata"]
    assert bottles.dataset(lines, "test")["ImageStats"] == {"Total": 15, "Labeled": 15, "Normal": 10, "Anomaly": 5}
