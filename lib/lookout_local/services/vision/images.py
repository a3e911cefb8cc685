"""Image files, opened and checked: their size first, then the dimensions in their header, then what is in them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, JpegImagePlugin, PngImagePlugin

from lookout_local.services.settings import VisionQuotas
from lookout_local.services.vision.errors import Invalid

FORMATS = ("PNG", "JPEG")
# Image.open has a limit of pixels of its own, for all users of Pillow in the process; these have none.
_READERS = {"PNG": PngImagePlugin.PngImageFile, "JPEG": JpegImagePlugin.JpegImageFile}
_BEGINNINGS = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
_SCAN, _MOST_SCANS = b"\xff\xda", 100
"""A progressive JPEG has about ten scans. Each is decoded over the whole image, however little there is of it."""


def opened(content: bytes, name: str, quotas: VisionQuotas, *, formats: Sequence[str] = FORMATS) -> Image.Image:
    """The image in a file, of which only the header has been read: `loaded` makes sure that there is one.

    Raises Invalid, naming the file, when its type, dimensions or size are not allowed: a few bytes can claim billions
    of pixels.
    """
    if len(content) > quotas.bytes_per_image:
        raise Invalid(f"{name}: the image has {len(content)} bytes, the quota is {quotas.bytes_per_image}")
    expected = " or ".join(formats)
    kind = next((each for each in formats if content.startswith(_BEGINNINGS[each])), None)
    if kind is None:
        raise Invalid(f"{name}: expected an image in the format {expected}")
    try:
        image = _READERS[kind](io.BytesIO(content))
    except Exception as error:  # whatever Pillow's readers meet in a file
        raise Invalid(f"{name}: expected an image in the format {expected}: {error}") from error
    smallest, largest = quotas.smallest_dimension, quotas.largest_dimension
    if min(image.size) < smallest or max(image.size) > largest:
        raise Invalid(
            f"{name}: the image has {image.width} x {image.height} pixels, "
            f"expected {smallest} x {smallest} to {largest} x {largest}"
        )
    if kind == "JPEG" and content.count(_SCAN) > _MOST_SCANS:
        raise Invalid(f"{name}: the image has {content.count(_SCAN)} scans, expected at most {_MOST_SCANS}")
    return image


def loaded(image: Image.Image, name: str) -> Image.Image:
    """The image, decoded; raises Invalid when the file is damaged."""
    try:
        image.load()
    except Exception as error:  # whatever Pillow's readers meet in a file
        raise Invalid(f"{name}: the image cannot be read: {error}") from error
    return image
