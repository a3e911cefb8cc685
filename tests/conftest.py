"""What holds for every test."""

from __future__ import annotations

import gc
import os
import tempfile

from hypothesis import HealthCheck, settings

from lookout_server.api_models import MODELS
from lookout_shared import properties

# The CDK's own check of templates takes most of a first synthesis; one test, in constructs/test_quality.py, keeps it.
os.environ.setdefault("CDK_VALIDATION", "false")

# Threads of numpy's own wait for one another by computing on: where many processes test, that is most of the work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A Node that is killed with its worker leaves its files; they go when the session ends. Workers inherit the place.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _TEMPORARY = tempfile.TemporaryDirectory(prefix="lookout-", ignore_cleanup_errors=True)
    os.chmod(_TEMPORARY.name, 0o711)  # tests act as another user of the machine, too
    os.environ["TMPDIR"] = tempfile.tempdir = _TEMPORARY.name

# Time is never asserted, so there is no deadline; a fixture that an example shares with the next one is meant to be.
settings.register_profile(
    "cdk-lookout", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("cdk-lookout")


def pytest_collection_finish() -> None:
    """Thousands of tests are not garbage: it is not looked for among them again and again."""
    gc.collect()
    gc.freeze()


# The asset has the models of both services beside the code; in the sources they are only where the build puts them.
if not properties._MODELS.is_dir():
    properties._MODELS = MODELS
