"""Whatever a camera or a program wrote becomes levels of 0 to 255 in three colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookout_server.detection.images.pictures import BadPicture, Preprocessing, digest
from tests.server.images.scene import encoded

COLOURS = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)
GREY = COLOURS[:, :, 0]
PREPROCESSING = Preprocessing()


def decoded(picture: Any) -> Any:
    return PREPROCESSING.decoded(picture)


def test_a_png_and_an_array_are_taken_as_they_are() -> None:
    for picture in (COLOURS, encoded(COLOURS)):
        np.testing.assert_array_equal(decoded(picture), COLOURS)


@pytest.mark.parametrize("picture", [GREY, GREY[:, :, None], encoded(GREY)], ids=["array", "one channel", "png"])
def test_grey_is_all_three_colours(picture: Any) -> None:
    np.testing.assert_array_equal(decoded(picture), np.repeat(GREY[:, :, None], 3, axis=2))


@pytest.mark.parametrize("form", ["array", "png"])
def test_of_sixteen_bits_the_upper_eight_count(form: str) -> None:
    deep = GREY.astype(np.uint16) * 257
    picture = deep if form == "array" else encoded(Image.fromarray(deep))
    np.testing.assert_array_equal(decoded(picture)[:, :, 1], GREY)


def test_behind_what_is_transparent_there_is_white_unless_the_model_says_otherwise() -> None:
    picture = np.dstack([COLOURS, np.full(GREY.shape, 0, np.uint8)])
    picture[0, :, 3] = 255
    for given in (picture, encoded(picture)):
        np.testing.assert_array_equal(decoded(given)[0], COLOURS[0])
        assert (decoded(given)[1:] == 255).all()
    assert (replace(PREPROCESSING, background=0).decoded(picture)[1:] == 0).all()


def test_a_palette_with_a_transparent_colour_is_seen_through_there() -> None:
    image = Image.fromarray((GREY > 128).astype(np.uint8), "P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    found = decoded(encoded(image, transparency=0))
    np.testing.assert_array_equal(found[GREY > 128], [[40, 50, 60]] * int((GREY > 128).sum()))
    assert (found[GREY <= 128] == 255).all()


def test_black_and_white_and_four_inks_become_colours() -> None:
    assert set(np.unique(decoded(encoded(Image.fromarray(GREY > 128))))) == {0, 255}
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    np.testing.assert_allclose(decoded(encoded(inks, "JPEG", quality=95))[8, 8], (255, 0, 0), atol=3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_is_followed_unless_the_model_says_otherwise(orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    flips = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.transpose(1, 0, 2),
        6: np.rot90(COLOURS, -1),
        7: COLOURS[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(COLOURS),
    }
    picture = encoded(COLOURS, exif=exif)
    np.testing.assert_array_equal(decoded(picture), flips[orientation])
    np.testing.assert_array_equal(replace(PREPROCESSING, orientation=False).decoded(picture), COLOURS)


def test_without_colours_all_three_are_the_same() -> None:
    found = replace(PREPROCESSING, grey=True).decoded(COLOURS)
    assert (found == found[:, :, :1]).all()


@pytest.mark.parametrize(
    ("shape", "side", "expected"),
    [
        ((768, 576), 512, (512, 384)),
        ((640, 640), 512, (512, 512)),
        ((1, 900), 512, (64, 512)),
        ((64, 64), 320, (320, 320)),
    ],
)
def test_the_longer_side_has_its_size_and_both_are_multiples(
    shape: tuple[int, int], side: int, expected: tuple[int, int]
) -> None:
    found = replace(PREPROCESSING, side=side).resized(np.zeros((*shape, 3), np.uint8))
    assert found.shape[:2] == expected


def test_only_what_is_in_the_crop_is_looked_at() -> None:
    cropped = replace(PREPROCESSING, crop=(0.5, 0.0, 1.0, 0.5))
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:50, 100:] = 200
    assert cropped.box(100, 200) == (100, 0, 200, 50)
    assert (cropped.resized(pixels) == 200).all()
    assert replace(PREPROCESSING, crop=(1.0, 1.0, 1.0, 1.0)).box(3, 3) == (2, 2, 3, 3)


def test_levels_are_normalised_as_the_model_says() -> None:
    found = replace(PREPROCESSING, mean=100.0, deviation=50.0).normalised(COLOURS)
    np.testing.assert_allclose(found, (COLOURS.astype(float).transpose(2, 0, 1) - 100) / 50, rtol=1e-6)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (b"nothing", "got no PNG or JPEG"),
        (encoded(COLOURS, "BMP"), "got no PNG or JPEG"),
        (encoded(COLOURS)[:60], "it cannot be decoded"),
        (np.zeros((0, 5)), r"got an array of shape \(0, 5\)"),
        (np.zeros((5, 5, 2), np.uint8), r"got an array of shape \(5, 5, 2\)"),
        (np.zeros((5, 5)), "got an array of float64, expected uint8 or uint16"),
    ],
)
def test_what_is_no_picture_is_refused(picture: Any, message: str) -> None:
    with pytest.raises(BadPicture, match=message):
        decoded(picture)


def test_pictures_are_told_apart_by_what_is_in_them() -> None:
    assert digest(COLOURS) == digest(COLOURS.copy())
    assert len({digest(COLOURS), digest(GREY), digest(GREY.reshape(9, 6)), digest(GREY.astype(np.uint16))}) == 4
    assert digest(b"a") != digest(b"b")
