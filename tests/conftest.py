"""What holds for every test."""

from __future__ import annotations

import os

# The CDK's own check of templates takes most of a first synthesis; one test, in constructs/test_quality.py, keeps it.
os.environ.setdefault("CDK_VALIDATION", "false")
