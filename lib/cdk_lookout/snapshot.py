"""Snapshots of stacks with syrupy, which this module alone needs: `pip install syrupy`."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from syrupy.extensions.json import JSONSnapshotExtension

from cdk_lookout.testing import template


class TemplateSnapshotExtension(JSONSnapshotExtension):
    """Compares `cdk_lookout.testing.template(stack)` with a JSON file, one per assertion.

    In `conftest.py`::

        @pytest.fixture
        def snapshot(snapshot):
            return snapshot.use_extension(TemplateSnapshotExtension)

    and in a test `assert stack == snapshot`.
    """

    def serialize(self, data: Any, **kwargs: Any) -> Any:
        """The snapshot of *data*, a stack or whatever else syrupy takes."""
        return super().serialize(template(data) if isinstance(data, cdk.Stack) else data, **kwargs)
