"""What users import has docstrings."""

from __future__ import annotations

import pytest

import cdk_lookout


@pytest.mark.parametrize(
    "module", [cdk_lookout, cdk_lookout.equipment, cdk_lookout.vision], ids=lambda module: module.__name__
)
def test_what_is_exported_is_there_and_has_a_docstring(module: object) -> None:
    exported = module.__all__  # type: ignore[attr-defined]
    assert [name for name in exported if not getattr(module, name).__doc__] == []
    assert exported == sorted(exported)


@pytest.mark.parametrize(
    "exported",
    [
        found
        for module in (cdk_lookout.equipment, cdk_lookout.vision)
        for found in map(vars(module).get, module.__all__)
        if isinstance(found, type)
    ],
    ids=lambda exported: f"{exported.__module__}.{exported.__name__}",
)
def test_every_public_member_has_a_docstring(exported: type) -> None:
    members = vars(exported).items()
    public = [(key, member) for key, member in members if not key.startswith("_")]
    functions = [
        (key, member) for key, member in public if callable(member) or isinstance(member, property | classmethod)
    ]
    assert [key for key, member in functions if not member.__doc__] == []
