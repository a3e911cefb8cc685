"""Masks of a segmentation model: which colour stands for which anomaly, and which of them an image shows.

Sources: developer guide, "Defining JSON lines for image segmentation", "Troubleshooting model training".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageChops

from lookout_server.settings import VisionQuotas
from lookout_server.vision import images
from lookout_server.vision.errors import Invalid

BACKGROUND, BACKGROUND_COLOR = "BACKGROUND", "#ffffff"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
#: What DetectAnomalies can answer as the name of an anomaly (AnomalyName).
_NAME = re.compile(r"[a-zA-Z0-9]{1,256}")

_MOST_COLORS = 1_024
Color = tuple[int, int, int]


@dataclass(frozen=True)
class Mask:
    """Where the mask of an image is, and what its colours mean."""

    attribute: str
    location: str
    bucket: str
    key: str
    #: Colour by anomaly label, without the background.
    colors: Mapping[str, str]


def parse_colors(raw: Any) -> dict[str, str]:
    """An `internal-color-map`: colour (lower case) by label; raises Invalid, the message beginning with the path.

    The guide asks for a `confidence` in each entry, and for the background in entry 0. What AWS's own samples and
    consoles have written has neither, so both may be missing.
    """
    if not isinstance(raw, dict) or not raw:
        raise Invalid(": expected an object with an entry for each anomaly label")
    colors: dict[str, str] = {}
    for key, entry in raw.items():
        if not isinstance(entry, dict):
            raise Invalid(f".{key}: expected an object")
        name, color, confidence = entry.get("class-name"), entry.get("hex-color"), entry.get("confidence", 0)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Invalid(f".{key}.class-name: got {name!r}, expected 1 to 256 letters (A to Z) and digits")
        if not isinstance(color, str) or not _COLOR.fullmatch(color):
            raise Invalid(f".{key}.hex-color: got {color!r}, expected a colour such as #2ca02c")
        if isinstance(confidence, bool) or not isinstance(confidence, int | float):
            raise Invalid(f".{key}.confidence: got {confidence!r}, expected a number")
        if name in colors or color.lower() in colors.values():
            raise Invalid(f".{key}: expected a class-name and a hex-color that no other entry has")
        if (name == BACKGROUND) != (color.lower() == BACKGROUND_COLOR):
            raise Invalid(
                f".{key}: got {name} in {color}, expected {BACKGROUND_COLOR} for {BACKGROUND} and for no other"
            )
        colors[name] = color.lower()
    colors.pop(BACKGROUND, None)
    return colors


def read_mask(mask: Mask, content: bytes, size: tuple[int, int], quotas: VisionQuotas) -> dict[str, Image.Image]:
    """The pixels of each label that the mask image shows, as images of 0 and 255.

    Raises Invalid when it is not a PNG, has another size than its image, or other colours than its map.
    """
    flat = images.read(content, mask.location, quotas, formats=("PNG",), like=("its image", size))
    found = flat.getcolors(_MOST_COLORS)
    if found is None:
        raise Invalid(f"{mask.location}: the mask has more than {_MOST_COLORS} colours")
    shown = {"#{:02x}{:02x}{:02x}".format(*color) for _, color in found if isinstance(color, tuple)}
    unknown = sorted(shown - {BACKGROUND_COLOR, *mask.colors.values()})
    if unknown:
        raise Invalid(f"{mask.location}: the colour {unknown[0]} of the mask is not in the internal-color-map")
    labels = {name: color for name, color in mask.colors.items() if color in shown}
    if len(labels) > quotas.anomaly_labels_per_mask:
        raise Invalid(
            f"{mask.location}: the mask shows {len(labels)} anomaly labels, the quota is "
            f"{quotas.anomaly_labels_per_mask}"
        )
    return {name: pixels_of(flat, rgb(color)) for name, color in sorted(labels.items())}


def rgb(color: str) -> Color:
    """A colour such as #2ca02c as numbers."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def pixels_of(image: Image.Image, color: Color) -> Image.Image:
    """Where an RGB image has exactly a colour: 255 there, 0 elsewhere."""
    red, green, blue = (
        band.point([255 if level == wanted else 0 for level in range(256)])
        for band, wanted in zip(image.split(), color, strict=True)
    )
    return ImageChops.darker(ImageChops.darker(red, green), blue)


def area(pixels: Image.Image) -> int:
    """How many pixels of an image of 0 and 255 are 255."""
    return pixels.histogram()[255]
