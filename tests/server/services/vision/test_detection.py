"""Detection: what a hosted model says of an image."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.server.services.support import refused
from tests.server.services.vision.material import BLUE, DARK, RED, SIZE, SPOT, picture, saved
from tests.server.services.vision.support import Studio


@pytest.fixture
def hosted(studio: Studio) -> Studio:
    """A hosted classification model."""
    studio.hosted()
    return studio


@pytest.fixture
def segmenting(studio: Studio) -> Studio:
    """A hosted segmentation model for red scratches and blue dents."""
    studio.hosted(studio.segmented({"scratch": 20, "dent": 20}))
    return studio


@pytest.mark.parametrize(("kind", "type_"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
@pytest.mark.parametrize("anomalous", [False, True])
def test_a_model_tells_a_normal_image_from_another(hosted: Studio, kind: str, type_: str, anomalous: bool) -> None:
    result = hosted.detect(picture(spot=DARK if anomalous else None, kind=kind), type_)
    assert result["IsAnomalous"] is anomalous
    assert result["Source"] == {"Type": "direct"}


def test_the_confidence_depends_on_the_image(hosted: Studio) -> None:
    faint, clear = hosted.detect(picture(spot=(110, 110, 110))), hosted.detect(picture(spot=(0, 0, 0)))
    assert faint["IsAnomalous"] is clear["IsAnomalous"] is True
    assert 0.5 <= faint["Confidence"] < clear["Confidence"] <= 1


def test_the_answer_depends_on_the_training(studio: Studio) -> None:
    lines = studio.images()
    for number in range(20):
        studio.s3.put("images", f"raw/{number:03}.png", picture(spot=DARK, shade=number % 3))
    for number in range(20, 30):
        studio.s3.put("images", f"raw/{number:03}.png", picture(spot=RED, shade=number % 3))
    studio.hosted(lines)
    assert studio.detect(picture(spot=DARK))["IsAnomalous"] is False
    assert studio.detect(picture(spot=RED))["IsAnomalous"] is True


def test_the_same_image_gets_the_same_answer(hosted: Studio) -> None:
    one, other = (hosted.detect(picture(spot=(120, 120, 120))) for _ in range(2))
    assert one == other


def test_a_classification_model_names_no_anomalies(hosted: Studio) -> None:
    assert hosted.detect(picture(spot=DARK)).keys() == {"Source", "IsAnomalous", "Confidence"}


@pytest.mark.parametrize(
    ("color", "name", "shown"), [(RED, "scratch", "#2CA02C"), (BLUE, "dent", "#1F77B4")], ids=["red", "blue"]
)
def test_a_segmentation_model_names_the_anomaly(
    segmenting: Studio, color: tuple[int, int, int], name: str, shown: str
) -> None:
    result = segmenting.detect(picture(spot=color))
    share = (SPOT[2] - SPOT[0]) * (SPOT[3] - SPOT[1]) / (SIZE[0] * SIZE[1])
    assert result["IsAnomalous"] is True
    background, anomaly = result["Anomalies"]
    areas = [each.pop("PixelAnomaly") for each in (background, anomaly)]
    assert (background, anomaly) == ({"Name": "background"}, {"Name": name})
    assert [area["Color"] for area in areas] == ["#FFFFFF", shown]
    assert areas[1]["TotalPercentageArea"] == pytest.approx(share, rel=0.2)
    assert areas[0]["TotalPercentageArea"] + areas[1]["TotalPercentageArea"] == pytest.approx(1)


def test_a_normal_image_has_only_a_background(segmenting: Studio) -> None:
    result = segmenting.detect(picture())
    assert result["IsAnomalous"] is False
    assert [each["Name"] for each in result["Anomalies"]] == ["background"]


def test_the_mask_is_a_png_with_the_anomaly_in_its_colour(segmenting: Studio) -> None:
    mask = Image.open(io.BytesIO(segmenting.detect(picture(spot=RED))["AnomalyMask"]))
    assert (mask.format, mask.size) == ("PNG", SIZE)
    assert {color for _, color in mask.getcolors()} == {(0x2C, 0xA0, 0x2C), (255, 255, 255)}
    assert mask.getpixel(((SPOT[0] + SPOT[2]) // 2, (SPOT[1] + SPOT[3]) // 2)) == (0x2C, 0xA0, 0x2C)
    assert mask.getpixel((SPOT[0] - 3, SPOT[1] - 3)) == (255, 255, 255)


def test_an_image_on_its_side_is_looked_at_upright(studio: Studio) -> None:
    """As its camera has noted; so are its dimensions, and the mask."""
    studio.hosted(studio.segmented({"scratch": 20}, size=(64, 80)))
    exif = Image.Exif()
    exif[274] = 6  # to be turned clockwise
    lying = Image.open(io.BytesIO(picture(spot=RED, size=(64, 80)))).transpose(Image.Transpose.ROTATE_90)
    content = io.BytesIO()
    lying.save(content, "PNG", exif=exif)
    assert studio.detect(content.getvalue()) == studio.detect(picture(spot=RED, size=(64, 80)))
    assert "80 x 64 pixels, expected 64 x 80" in refused(
        "ValidationException", lambda: studio.detect(saved(lying, "PNG"))
    )


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "I;16", "CMYK"])
def test_an_image_of_any_mode_is_looked_at(hosted: Studio, mode: str) -> None:
    for spot, anomalous in ((None, False), (DARK, True)):
        shown = Image.open(io.BytesIO(picture(spot=spot)))
        if mode == "I;16":
            shown = Image.frombytes(
                "I;16", SIZE, b"".join(bytes([level, level]) for level in shown.convert("L").tobytes())
            )
        else:
            shown = shown.quantize(8) if mode == "P" else shown.convert(mode)
        kind = "JPEG" if mode == "CMYK" else "PNG"
        assert hosted.detect(saved(shown, kind), f"image/{kind.lower()}")["IsAnomalous"] is anomalous


def test_latest_is_understood(hosted: Studio) -> None:
    assert hosted.detect(picture(), version="latest")["IsAnomalous"] is False


@pytest.mark.parametrize("kind", ["image/gif", "text/plain", "IMAGE/PNG"])
def test_another_content_type_is_refused(hosted: Studio, kind: str) -> None:
    message = refused("ValidationException", lambda: hosted.detect(picture(), kind))
    assert message == f"ContentType: got {kind}, expected image/png or image/jpeg"


@pytest.mark.parametrize(
    ("body", "kind"),
    [(picture(), "image/jpeg"), (picture(kind="JPEG"), "image/png"), (b"text", "image/png")],
    ids=["png", "jpeg", "text"],
)
def test_a_body_of_another_type_than_named_is_refused(hosted: Studio, body: bytes, kind: str) -> None:
    expected = {"image/png": "PNG", "image/jpeg": "JPEG"}[kind]
    message = refused("ValidationException", lambda: hosted.detect(body, kind))
    assert f"Body: expected an image in the format {expected}" in message


def test_an_empty_body_is_called_empty(hosted: Studio) -> None:
    message = refused("ValidationException", lambda: hosted.detect(b""))
    assert message == "Body: the file is empty, expected an image in the format PNG"


def test_an_image_of_other_dimensions_is_refused(hosted: Studio) -> None:
    message = refused("ValidationException", lambda: hosted.detect(picture(size=(128, 64))))
    assert message.startswith("Body: the image has 128 x 64 pixels, expected 64 x 64")


def test_an_image_that_is_too_large_is_refused(hosted: Studio) -> None:
    hosted.quotas.bytes_per_image = 10
    assert "the quota is 10" in refused("ValidationException", lambda: hosted.detect(picture()))


def test_a_model_that_is_not_hosted_detects_nothing(studio: Studio) -> None:
    studio.trained()
    message = refused("ConflictException", lambda: studio.detect(picture()))
    assert message == "Version 1 of project bottles cannot be used: its status is TRAINED, expected HOSTED"


def test_a_model_that_does_not_exist_detects_nothing(bottles: Studio) -> None:
    refused("ResourceNotFoundException", lambda: bottles.detect(picture()))
