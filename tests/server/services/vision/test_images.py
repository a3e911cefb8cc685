"""Pictures are measured before they are fetched, and before they are decoded."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import pytest
from PIL import Image, ImageFile

from lookout_server.settings import VisionQuotas
from lookout_server.vision.errors import Invalid
from lookout_server.vision.images import read
from tests.server.services.support import refused
from tests.server.services.vision.material import COLORS, line, mask_of, picture, saved
from tests.server.services.vision.support import Studio, failed

CLAIMED = (60_000, 60_000)


def png(width: int, height: int) -> bytes:
    """A small file that claims to be a large picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg(width: int, height: int) -> bytes:
    """A small file that claims to be a large picture."""
    content = picture(kind="JPEG")
    frame = content.index(b"\xff\xc0")
    return content[: frame + 5] + struct.pack(">HH", height, width) + content[frame + 9 :]


def with_scans(count: int) -> bytes:
    """A progressive JPEG in which a scan comes many times."""
    content = io.BytesIO()
    Image.new("RGB", (64, 64)).save(content, "JPEG", progressive=True)
    whole = content.getvalue()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scan * count + whole[-2:]


@pytest.fixture(autouse=True)
def strictly() -> None:
    """Pillow's own warnings of large pictures are failures: nothing here leaves it to those."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when a picture is decoded."""

    def load(image: ImageFile.ImageFile) -> None:
        raise AssertionError(f"a picture of {image.size} was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


@pytest.mark.parametrize("make", [png, jpeg])
@pytest.mark.parametrize("size", [CLAIMED, (65_000, 1), (64, 4_097), (10_000, 9_000), (63, 64)])
@pytest.mark.usefixtures("undecoded")
def test_dimensions_are_compared_before_a_picture_is_decoded(make: type[bytes], size: tuple[int, int]) -> None:
    with pytest.raises(Invalid) as caught:
        read(make(*size), "a.png", VisionQuotas())
    assert str(caught.value) == f"a.png: the image has {size[0]} x {size[1]} pixels, expected 64 x 64 to 4096 x 4096"


@pytest.mark.usefixtures("undecoded")
def test_the_size_is_compared_first() -> None:
    with pytest.raises(Invalid, match="bytes, the quota is 10"):
        read(png(*CLAIMED), "a.png", VisionQuotas(bytes_per_image=10))


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", picture()[:40], picture(kind="JPEG")[:30], b"\0" * 99],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read(content, "a.png", VisionQuotas())


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_picture_that_ends_too_early_is_refused(kind: str, cut: float) -> None:
    noise = Image.effect_noise((300, 300), 90).convert("RGB")
    content = saved(noise, kind)
    with pytest.raises(Invalid):
        read(content[: int(len(content) * cut)], "a", VisionQuotas())


def test_a_jpeg_has_a_number_of_scans() -> None:
    assert read(with_scans(50), "a.jpg", VisionQuotas()).size == (64, 64)
    with pytest.raises(Invalid, match="scans, expected at most 100"):
        read(with_scans(1_000), "a.jpg", VisionQuotas())


def test_a_picture_to_look_at_is_measured_before_it_is_decoded(studio: Studio, request: pytest.FixtureRequest) -> None:
    studio.hosted()
    request.getfixturevalue("undecoded")
    for make, kind in ((png, "image/png"), (jpeg, "image/jpeg")):
        for size in (CLAIMED, (65, 64)):
            message = refused(
                "ValidationException",
                studio.vision.detect_anomalies,
                ProjectName="bottles",
                ModelVersion="1",
                ContentType=kind,
                Body=make(*size),
            )
            assert f"the image has {size[0]} x {size[1]} pixels" in message


def test_a_picture_to_train_with_is_measured_before_it_is_decoded(bottles: Studio) -> None:
    lines = bottles.images()
    bottles.s3.put("images", "raw/000.png", png(*CLAIMED))
    bottles.dataset(lines)
    assert "raw/000.png: the image has 60000 x 60000 pixels" in failed(bottles)


def test_a_mask_is_measured_before_it_is_decoded(bottles: Studio) -> None:
    lines = bottles.segmented({"scratch": 20})
    for size, expected in (
        (CLAIMED, "expected 64 x 64 to 4096 x 4096"),
        ((128, 64), "expected 64 x 64 pixels as its image"),
    ):
        bottles.s3.put("images", "raw/scratch000-mask.png", png(*size))
        if size == CLAIMED:
            bottles.dataset(lines)
        assert expected in failed(bottles)


@pytest.mark.parametrize("key", ["raw/000.png", "raw/scratch000-mask.png"])
def test_a_file_that_is_too_large_is_not_fetched(bottles: Studio, key: str) -> None:
    bottles.dataset(bottles.segmented({"scratch": 20}))
    bottles.s3.put("images", key, b"\0" * 20_000)
    bottles.quotas.bytes_per_image = 10_000
    assert f"s3://images/{key} cannot be read: it has 20000 bytes, the quota is 10000" in failed(bottles)


def test_a_manifest_that_is_too_large_is_not_fetched(bottles: Studio) -> None:
    bottles.quotas.bytes_per_manifest = 10
    made = bottles.dataset([line("a.png")])
    assert "bytes, the quota is 10" in made["StatusMessage"]


@pytest.mark.parametrize("content", [b"\n" * 10**6, b"{}\n" * 10**6, b"x" * 10**6, b"[" * 8_000 + b"\n"])
def test_a_manifest_of_nothing_is_given_up_early(bottles: Studio, content: bytes) -> None:
    bottles.s3.put("manifests", "m", content)
    source = {"GroundTruthManifest": {"S3Object": {"Bucket": "manifests", "Key": "m"}}}
    bottles.vision.create_dataset(ProjectName="bottles", DatasetType="train", DatasetSource=source)
    made = bottles.settled_dataset()
    assert made["Status"] == "CREATE_FAILED"
    assert len(made["StatusMessage"]) < 5_000


def test_a_manifest_is_read_up_to_the_quota_of_images(bottles: Studio) -> None:
    bottles.quotas.training_images = 3
    made = bottles.dataset([line(f"{number}.png", mask=mask_of(f"m{number}.png", COLORS)) for number in range(100)])
    assert "the train dataset would have 4 images, the quota is 3" in made["StatusMessage"]
