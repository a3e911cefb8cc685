"""Image files, read and checked: their size first, then the dimensions in their header, then what is in them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from PIL import Image, JpegImagePlugin, PngImagePlugin

from lookout_server.settings import VisionQuotas
from lookout_server.vision.errors import Invalid

FORMATS = ("PNG", "JPEG")
# Image.open has a limit of pixels of its own, for all users of Pillow in the process; these have none.
_READERS = {"PNG": PngImagePlugin.PngImageFile, "JPEG": JpegImagePlugin.JpegImageFile}
_BEGINNINGS = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
#: A progressive JPEG has about ten scans. Each is decoded over the whole image, however little there is of it.
_SCAN, _MOST_SCANS = b"\xff\xda", 100

#: EXIF's tag, and its values for what lies on a side.
_ORIENTATION, _SIDEWAYS = 274, (5, 6, 7, 8)
_OBJECT = re.compile(r"\s*<[^<>]* at 0x[0-9a-fA-F]+>")
Size = tuple[int, int]


def read(
    content: bytes,
    name: str,
    quotas: VisionQuotas,
    *,
    formats: Sequence[str] = FORMATS,
    like: tuple[str, Size] | None = None,
) -> Image.Image:
    """The image in a file, in red, green and blue of 8 bits each; what is transparent in it is white.

    Raises Invalid, naming the file, when its type, dimensions or size are not allowed, when it is damaged, and when it
    has not the size that `like` names, with what else has it. A few bytes can claim billions of pixels, so nothing is
    decoded before that.
    """
    image = _opened(content, name, quotas, formats)
    if like and image.size != like[1]:
        raise Invalid(f"{name}: the image has {pixels(image.size)}, expected {pixels(like[1])} as {like[0]}")
    return _decoded(image, name)


def measured(
    content: bytes,
    name: str,
    quotas: VisionQuotas,
    *,
    formats: Sequence[str] = FORMATS,
    like: tuple[str, Size] | None = None,
) -> Size:
    """Width and height of the image in a file, upright as its camera has noted (EXIF); raises Invalid as `read` does.

    Nothing is decoded: who looks at the image may still find it damaged.
    """
    image = _opened(content, name, quotas, formats)
    size = image.size if like and sorted(image.size) != sorted(like[1]) else _upright(image, name)
    if like and size != like[1]:
        raise Invalid(f"{name}: the image has {pixels(size)}, expected {pixels(like[1])} as {like[0]}")
    return size


def unreadable(name: str, error: Exception) -> Invalid:
    """What to raise when an image turns out to be damaged, by what came first."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return Invalid(f"{name}: the image cannot be read: {_reason(error)}")


def pixels(size: Size) -> str:
    """Width and height in words."""
    return f"{size[0]} x {size[1]} pixels"


def _opened(content: bytes, name: str, quotas: VisionQuotas, formats: Sequence[str]) -> Image.Image:
    """The image, of which only the header has been read."""
    expected = f"expected an image in the format {' or '.join(formats)}"
    if not content:
        raise Invalid(f"{name}: the file is empty, {expected}")
    if len(content) > quotas.bytes_per_image:
        raise Invalid(f"{name}: the image has {len(content)} bytes, the quota is {quotas.bytes_per_image}")
    kind = next((each for each in formats if content.startswith(_BEGINNINGS[each])), None)
    if kind is None:
        raise Invalid(f"{name}: {expected}")
    try:
        image = _READERS[kind](io.BytesIO(content))
    except Exception as error:  # whatever Pillow's readers meet in a file
        raise Invalid(f"{name}: {expected}: {_reason(error)}") from error
    smallest, largest = quotas.smallest_dimension, quotas.largest_dimension
    if min(image.size) < smallest or max(image.size) > largest:
        raise Invalid(
            f"{name}: the image has {pixels(image.size)}, expected {smallest} x {smallest} to {largest} x {largest}"
        )
    if kind == "JPEG" and content.count(_SCAN) > _MOST_SCANS:
        raise Invalid(f"{name}: the image has {content.count(_SCAN)} scans, expected at most {_MOST_SCANS}")
    return image


def _upright(image: Image.Image, name: str) -> Size:
    try:
        # Of a PNG, Pillow would decode the pixels to see whether EXIF comes after them.
        noted = image.format != "PNG" or "exif" in image.info
        sideways = noted and image.getexif().get(_ORIENTATION) in _SIDEWAYS
    except Exception as error:  # whatever Pillow's readers meet in a file
        raise unreadable(name, error) from error
    return (image.height, image.width) if sideways else image.size


def _decoded(image: Image.Image, name: str) -> Image.Image:
    try:
        image.load()
        if image.mode.startswith("I"):
            # Grey of 16 bits, which Pillow would cut off at 255.
            return image.convert("I").point(lambda level: level * (1 / 257) + 0.5).convert("L").convert("RGB")
        if image.has_transparency_data:
            white = Image.new("RGBA", image.size, "white")
            white.alpha_composite(image.convert("RGBA"))
            return white.convert("RGB")
        return image.convert("RGB")
    except Exception as error:  # whatever Pillow's readers meet in a file
        raise unreadable(name, error) from error


def _reason(error: Exception) -> str:
    """What Pillow says, without the objects in this process that it speaks of."""
    return _OBJECT.sub("", str(error)) or type(error).__name__
