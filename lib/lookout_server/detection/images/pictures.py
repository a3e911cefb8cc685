"""Pictures as arrays: whatever a camera or a program wrote becomes h x w x 3 levels of 0 to 255.

How that is done is data: the model holds its `Preprocessing`, and whoever judges with the model does the same.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
#: An encoded picture (PNG or JPEG), or one as an array: h x w, h x w x 1, 3 or 4, of bytes or of 16 bits.
Picture = bytes | NDArray[Any]
_FORMATS = ("PNG", "JPEG")


class BadPicture(ValueError):
    """What was given is not a picture that can be looked at."""


@dataclass(frozen=True)
class Preprocessing:
    #: The longer side of what the backbone sees, in pixels; of what both of its sides are multiples, and at least two.
    side: int = 512
    multiple: int = 32
    #: Left, top, right and bottom of what is looked at, as parts of the picture.
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    #: Whether colours are left out.
    grey: bool = False
    #: Whether the orientation that a camera has noted (EXIF) is followed.
    orientation: bool = True
    #: The level behind what is transparent.
    background: int = 255
    #: Pillow's name of the filter by which a picture is resized.
    filter: str = "BILINEAR"
    #: What is taken from the levels, and by what they are divided then.
    mean: float = 127.0
    deviation: float = 128.0

    def decoded(self, picture: Picture) -> Pixels:
        """The whole picture, upright, in 8 bits of three colours; raises `BadPicture`."""
        try:
            return self._decoded(_opened(picture), picture)
        except (BadPicture, MemoryError):
            raise
        except UnidentifiedImageError as error:
            raise BadPicture("picture: got no PNG or JPEG, expected one of the two") from error
        except Exception as error:  # whatever Pillow's readers meet in a file
            raise BadPicture(f"picture: it cannot be decoded: {error}") from error

    def _decoded(self, image: Image.Image, picture: Picture) -> Pixels:
        if self.orientation and not isinstance(picture, np.ndarray):
            image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):
            image = Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
        if "A" in image.mode or "transparency" in image.info:
            image = image.convert("RGBA")
            behind = Image.new("RGBA", image.size, (self.background,) * 3 + (255,))
            image = Image.alpha_composite(behind, image)
        if self.grey:
            image = image.convert("L")
        return np.array(image.convert("RGB"))

    def box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what is looked at, in pixels; at least one pixel."""
        left, top, right, bottom = self.crop
        x, y = min(round(left * width), width - 1), min(round(top * height), height - 1)
        return x, y, max(round(right * width), x + 1), max(round(bottom * height), y + 1)

    def resized(self, pixels: Pixels) -> Pixels:
        """What the backbone sees."""
        left, top, right, bottom = self.box(*pixels.shape[:2])
        seen = Image.fromarray(np.ascontiguousarray(pixels[top:bottom, left:right]))
        factor = self.side / max(seen.size)
        width, height = (
            max(2, round(length * factor / self.multiple)) * self.multiple for length in (seen.width, seen.height)
        )
        return np.array(seen.resize((width, height), Image.Resampling[self.filter]))

    def normalised(self, pixels: Pixels) -> Floats:
        """3 x h x w, as the backbone wants it."""
        levels = (pixels.astype(np.float32) - np.float32(self.mean)) / np.float32(self.deviation)
        return np.ascontiguousarray(levels.transpose(2, 0, 1))


def digest(picture: Picture) -> str:
    """What identifies a picture: the SHA-256 of its content."""
    if isinstance(picture, np.ndarray):
        form = f"{picture.dtype.str} {picture.shape}".encode()
        return hashlib.sha256(form + np.ascontiguousarray(picture).tobytes()).hexdigest()
    return hashlib.sha256(picture).hexdigest()


def _opened(picture: Picture) -> Image.Image:
    if isinstance(picture, np.ndarray):
        return _from_array(picture)
    image = Image.open(io.BytesIO(picture), formats=_FORMATS)
    image.load()
    return image


def _from_array(array: NDArray[Any]) -> Image.Image:
    shape = array.shape
    if array.ndim not in (2, 3) or 0 in shape or (array.ndim == 3 and shape[2] not in (1, 3, 4)):
        raise BadPicture(f"picture: got an array of shape {shape}, expected height by width, and 1, 3 or 4 channels")
    if array.dtype == np.uint16:
        array = array // 257
    if array.dtype not in (np.uint8, np.uint16):
        raise BadPicture(f"picture: got an array of {array.dtype}, expected uint8 or uint16")
    eight = array.astype(np.uint8)
    return Image.fromarray(eight[:, :, 0] if array.ndim == 3 and shape[2] == 1 else eight)
