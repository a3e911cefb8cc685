"""Callers at the same time: nothing happens twice, and no quota is exceeded."""

from __future__ import annotations

import pytest

from lookout_server.settings import Progress
from tests.server.services import restarting
from tests.server.services.gates import at_once
from tests.server.services.vision.material import line, manifest
from tests.server.services.vision.support import Studio

pytestmark = pytest.mark.skipif(restarting.WANTED, reason="the threads are of the process that ends")


def test_each_training_has_a_version_of_its_own(bottles: Studio) -> None:
    bottles.dataset(bottles.images())
    bottles.settings.progress = Progress.by_seconds(60)
    bottles.quotas.concurrent_trainings = 4
    made = at_once(6, lambda _: bottles.start_training())
    assert sorted(made) == ["1", "2", "3", "4", *["ServiceQuotaExceededException"] * 2]
    bottles.clock.advance(60)
    models = bottles.vision.list_models(ProjectName="bottles")["Models"]
    assert [each["Status"] for each in models] == ["TRAINED"] * 4


def test_one_of_two_changes_is_refused(bottles: Studio) -> None:
    bottles.dataset([line("a.png")])
    bottles.settings.progress = Progress.by_seconds(60)
    named = {"ProjectName": "bottles", "DatasetType": "train"}

    def update(number: int) -> str:
        changes = manifest([line(f"{number}.png")]).encode()
        return str(bottles.vision.update_dataset_entries(**named, Changes=changes)["Status"])

    assert sorted(at_once(4, update)) == [*["ConflictException"] * 3, "UPDATE_IN_PROGRESS"]
    bottles.clock.advance(60)
    assert len(bottles.entries()) == 2


def test_a_component_is_made_by_one_job(studio: Studio) -> None:
    studio.trained()
    studio.settings.progress = Progress.by_seconds(0)
    target = {"S3OutputLocation": {"Bucket": "results"}, "ComponentName": "c", "TargetDevice": "jetson_xavier"}
    named = {"ProjectName": "bottles", "ModelVersion": "1", "Configuration": {"Greengrass": target}}
    at_once(3, lambda number: studio.vision.start_model_packaging_job(**named, JobName=f"job-{number}"))
    jobs = studio.vision.list_model_packaging_jobs(ProjectName="bottles")["ModelPackagingJobs"]
    assert sorted(each["Status"] for each in jobs) == ["FAILED", "FAILED", "SUCCEEDED"]
