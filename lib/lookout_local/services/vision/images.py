"""Image files, opened and checked."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from lookout_local.services.settings import VisionQuotas
from lookout_local.services.vision.errors import Invalid

FORMATS = ("PNG", "JPEG")


def opened(content: bytes, name: str, quotas: VisionQuotas, *, formats: Sequence[str] = FORMATS) -> Image.Image:
    """The image in a file; raises Invalid, naming the file, when its type, dimensions or size are not allowed."""
    if len(content) > quotas.bytes_per_image:
        raise Invalid(f"{name}: the image has {len(content)} bytes, the quota is {quotas.bytes_per_image}")
    expected = " or ".join(formats)
    try:
        image = Image.open(io.BytesIO(content), formats=tuple(formats))
    except Exception as error:  # whatever Pillow's readers meet in a file
        raise Invalid(f"{name}: expected an image in the format {expected}: {error}") from error
    smallest, largest = quotas.smallest_dimension, quotas.largest_dimension
    if min(image.size) < smallest or max(image.size) > largest:
        raise Invalid(
            f"{name}: the image has {image.width} x {image.height} pixels, "
            f"expected {smallest} x {smallest} to {largest} x {largest}"
        )
    try:
        image.load()
    except Exception as error:  # a damaged file shows only now
        raise Invalid(f"{name}: the image cannot be read: {error}") from error
    return image
