"""The zip of a model component: what is in it, and that it is always the same."""

from __future__ import annotations

import importlib.metadata
import io
import json
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaging.requirements import Requirement

from hatch_build import ROOT, WEIGHTS
from lookout_server.detection.images import Judgement, save
from lookout_server.detection.images.painting import Painting, Part
from lookout_server.edge.description import Description
from lookout_server.vision import greengrass
from lookout_server.vision.greengrass import component, requirements
from tests.server.edge import plates

OURS = ROOT / "lib"
JETSON = {"TargetDevice": "jetson_xavier"}
NVIDIA = {
    "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "NVIDIA"},
    "CompilerOptions": "{'gpu-code': 'sm_72', 'trt-ver': '7.1.3', 'cuda-ver': '10.2'}",
}


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(plates.zipped()))


def recipe(settings: dict[str, Any], about: Description = plates.CLASSIFYING, uri: str = plates.URI) -> dict[str, Any]:
    """The recipe in a component."""
    with zipfile.ZipFile(io.BytesIO(component(plates.classifying(), about, settings, uri))) as made:
        found: dict[str, Any] = json.loads(made.read("recipe.json"))
    return found


def test_the_same_model_gives_the_same_bytes() -> None:
    assert component(plates.segmenting(), plates.ABOUT, plates.X86, plates.URI) == plates.zipped()


def test_entries_are_sorted_and_have_fixed_times_and_modes(archive: zipfile.ZipFile) -> None:
    assert archive.namelist() == sorted(archive.namelist())
    about = {(one.date_time, one.external_attr >> 16, one.create_system) for one in archive.infolist()}
    assert about == {((1980, 1, 1, 0, 0, 0), 0o100644, 3)}


def test_the_modules_are_those_of_the_server(archive: zipfile.ZipFile) -> None:
    ours = {name for name in archive.namelist() if name.startswith("lookout_server/")}
    rooms = ("detection/images", "edge")
    expected = {file for room in rooms for file in (OURS / "lookout_server" / room).glob("*.py")}
    assert {OURS / name for name in ours} >= expected
    assert [name for name in ours if archive.read(name) != (OURS / name).read_bytes()] == []


def test_licence_and_notice_of_what_is_in_it_are_in_it(archive: zipfile.ZipFile) -> None:
    for name in ("LICENSE", "NOTICE"):
        assert archive.read(name) == (ROOT / name).read_bytes(), "run `make install`"
    assert b"model/backbone.onnx" in archive.read("NOTICE")


def test_the_network_goes_along_and_a_component_is_small(archive: zipfile.ZipFile) -> None:
    assert archive.read("model/backbone.onnx") == WEIGHTS.read_bytes()
    assert len(plates.zipped()) < 16_000_000


def test_the_model_is_what_is_saved_of_it(archive: zipfile.ZipFile, tmp_path: Path) -> None:
    save(plates.segmenting(), tmp_path, with_backbone=True)
    found = {name: archive.read(name) for name in archive.namelist() if name.startswith("model/")}
    assert found == {f"model/{file.name}": file.read_bytes() for file in tmp_path.iterdir()}


def test_a_model_without_a_network_has_none() -> None:
    made = component(plates.classifying(), plates.CLASSIFYING, JETSON, plates.URI)
    assert "model/backbone.onnx" not in zipfile.ZipFile(io.BytesIO(made)).namelist()
    assert len(made) < 1_000_000


def test_it_says_what_it_is(archive: zipfile.ZipFile) -> None:
    assert Description.decoded(archive.read("component.json")) == plates.ABOUT
    mixed = replace(plates.ABOUT, size=None)
    assert Description.decoded(mixed.encoded()) == mixed


def test_a_recipe_says_what_greengrass_does_with_the_component(archive: zipfile.ZipFile) -> None:
    """As the component recipe reference has it."""
    found = json.loads(archive.read("recipe.json"))
    unpacked = "{artifacts:decompressedPath}/Plates-1.0.0"
    assert found == {
        "RecipeFormatVersion": "2020-01-25",
        "ComponentName": "Plates",
        "ComponentVersion": "1.0.0",
        "ComponentType": "aws.greengrass.generic",
        "ComponentDescription": f"Model {plates.ABOUT.model_arn}",
        "ComponentPublisher": "cdk-lookout",
        "ComponentConfiguration": {
            "DefaultConfiguration": {
                "ModelArn": plates.ABOUT.model_arn,
                "Target": {"Os": "LINUX", "Arch": "X86_64"},
                "Socket": "/tmp/aws.iot.lookoutvision.EdgeAgent.sock",
                "Python": "python3",
                "PipArguments": "--disable-pip-version-check",
            }
        },
        "Manifests": [
            {
                "Platform": {"os": "linux", "architecture": "amd64"},
                "Lifecycle": {
                    "install": {
                        "Script": "{configuration:/Python} -m venv {work:path}/venv && "
                        "{work:path}/venv/bin/python -m pip install {configuration:/PipArguments} "
                        f"--requirement {unpacked}/requirements.txt",
                        "Timeout": 900,
                    },
                    "run": {
                        "Script": f"exec {{work:path}}/venv/bin/python {unpacked} --socket {{configuration:/Socket}}"
                    },
                },
                "Artifacts": [{"Uri": plates.URI, "Unarchive": "ZIP"}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("settings", "architecture"),
    [
        (plates.X86, "amd64"),
        (JETSON, "aarch64"),
        (NVIDIA, "aarch64"),
        ({"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}}, "aarch64"),
    ],
)
def test_the_target_is_the_architecture_of_the_device(settings: dict[str, Any], architecture: str) -> None:
    found = recipe(settings)
    assert found["Manifests"][0]["Platform"] == {"os": "linux", "architecture": architecture}
    configured = found["ComponentConfiguration"]["DefaultConfiguration"]
    assert configured.get("CompilerOptions") == settings.get("CompilerOptions")


def test_a_description_and_another_name_are_taken_over() -> None:
    about = replace(plates.CLASSIFYING, component="com.plant.plates", version="2.1.0")
    uri = "s3://results/com.plant.plates-2.1.0.zip"
    found = recipe({**JETSON, "ComponentDescription": "For the line"}, about, uri)
    assert (found["ComponentName"], found["ComponentVersion"]) == ("com.plant.plates", "2.1.0")
    assert found["ComponentDescription"] == "For the line"
    (manifest,) = found["Manifests"]
    assert "{artifacts:decompressedPath}/com.plant.plates-2.1.0 " in manifest["Lifecycle"]["run"]["Script"]


def test_a_label_without_a_colour_is_refused() -> None:
    about = replace(plates.ABOUT, colors={"scratch": "#2ca02c"})
    with pytest.raises(ValueError, match="colors: got none for stain, expected one for each label of the model"):
        component(plates.segmenting(), about, JETSON, plates.URI)


def test_what_computes_is_required_in_the_version_that_computes_here() -> None:
    found = {one.name: str(one.specifier) for one in map(Requirement, requirements().splitlines())}
    for name in ("numpy", "onnxruntime", "pillow"):
        assert found[name] == f"=={importlib.metadata.version(name)}"


def test_what_is_required_is_what_the_extra_has() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    wanted = {one.name: one for one in map(Requirement, extras["edge"])}
    found = {one.name: one for one in map(Requirement, requirements().splitlines())}
    assert wanted.keys() == found.keys()
    assert {str(wanted[name]) for name in ("grpcio", "protobuf")} == {
        str(found[name]) for name in ("grpcio", "protobuf")
    }


def test_an_installation_without_its_licence_makes_no_component(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greengrass, "_LICENCES", ("GONE",))
    with pytest.raises(FileNotFoundError, match="cdk-lookout: the installation lacks its GONE"):
        component(plates.classifying(), plates.CLASSIFYING, JETSON, plates.URI)


def judgement(**labels: list[tuple[int, int]]) -> Judgement:
    """Of a picture of 2 x 4 pixels, with these places of labels."""
    found = {}
    for name, places in labels.items():
        found[name] = np.zeros((2, 4), bool)
        for place in places:
            found[name][place] = True
    return Judgement(0.9, 1.0, np.zeros((2, 4), np.float32), found)


def test_a_painting_has_the_colours_of_its_labels_and_their_shares() -> None:
    painting = Painting.of(judgement(scratch=[(0, 0), (0, 1)], stain=[(1, 3)]), plates.COLORS)
    white, green, orange = [255] * 3, [0x2C, 0xA0, 0x2C], [0xFF, 0x7F, 0x0E]
    assert painting.mask.tolist() == [[green, green, white, white], [white, white, white, orange]]
    assert painting.parts == [
        Part("background", "#FFFFFF", 0.625),
        Part("scratch", "#2CA02C", 0.25),
        Part("stain", "#FF7F0E", 0.125),
    ]


def test_a_painting_of_nothing_is_white() -> None:
    painting = Painting.of(judgement(), plates.COLORS)
    assert np.all(painting.mask == 255)
    assert painting.parts == [Part("background", "#FFFFFF", 1.0)]
