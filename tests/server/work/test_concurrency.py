"""Callers at the same time, in threads and in processes on one store: no update is lost, and no quota is exceeded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lookout_server.settings import Settings
from lookout_server.store.directory import DirectoryBlobs
from lookout_server.store.sqlite import SqliteDocuments
from tests.server.services.gates import at_once
from tests.server.services.support import Cloud

ROOT = Path(__file__).parents[3]
PROCESS = """
import sys
from pathlib import Path
from tests.server.work.test_concurrency import cloud_on, tag
tag(cloud_on(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]))
"""


def cloud_on(directory: Path) -> Cloud:
    """A server on the store in a directory, as one of several."""
    documents = SqliteDocuments(directory / "documents.sqlite")
    return Cloud(documents=documents, blobs=DirectoryBlobs(directory / "blobs"))


def tag(cloud: Cloud, who: str, times: int) -> None:
    """Add tags to the one dataset, each by a call of its own."""
    arn = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    for number in range(times):
        cloud.source.tag_resource(ResourceArn=arn, Tags=[{"Key": f"{who}-{number}", "Value": "x"}])


def tags(cloud: Cloud) -> set[str]:
    arn = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    return {one["Key"] for one in cloud.source.list_tags_for_resource(ResourceArn=arn)["Tags"]}


def test_threads_lose_no_update() -> None:
    cloud = Cloud()
    cloud.dataset()
    assert at_once(6, lambda number: tag(cloud, f"thread-{number}", 8)) == [None] * 6
    assert tags(cloud) == {f"thread-{thread}-{number}" for thread in range(6) for number in range(8)}
    assert cloud.backend.internal_failures == []


def test_processes_lose_no_update(tmp_path: Path) -> None:
    cloud = cloud_on(tmp_path)
    cloud.dataset()
    command = [sys.executable, "-c", PROCESS, str(tmp_path)]
    environment = {"PYTHONPATH": ":".join(str(ROOT / part) for part in ("", "lib", "lambda"))}
    processes = [
        subprocess.Popen([*command, f"process-{number}", "15"], cwd=ROOT, env=environment) for number in range(3)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert tags(cloud) == {f"process-{process}-{number}" for process in range(3) for number in range(15)}


def test_threads_together_do_not_exceed_a_quota() -> None:
    cloud = Cloud()
    made = at_once(20, lambda number: cloud.dataset(f"dataset-{number}"))
    refused = [one for one in made if one == "ServiceQuotaExceededException"]
    assert len(refused) == 20 - Settings().quotas.datasets
    assert len(cloud.source.list_datasets()["DatasetSummaries"]) == Settings().quotas.datasets


def test_threads_make_a_name_once() -> None:
    cloud = Cloud()
    made = at_once(8, lambda _: cloud.dataset("pumps"))
    assert sorted(one == "ConflictException" for one in made) == [False, *[True] * 7]


def test_a_dataset_is_not_deleted_while_a_model_is_made_of_it() -> None:
    """Each looks whether the other is there, and finds that it is not: one of them must not get through."""
    for _ in range(5):
        cloud = Cloud()
        cloud.active_dataset()
        at_once(
            2,
            lambda number, cloud=cloud: (  # type: ignore[misc]
                cloud.source.delete_dataset(DatasetName="pumps")
                if number
                else cloud.source.create_model(ModelName="wear", DatasetName="pumps")
            ),
        )
        datasets = [one["DatasetName"] for one in cloud.source.list_datasets()["DatasetSummaries"]]
        models = [one["DatasetName"] for one in cloud.source.list_models()["ModelSummaries"]]
        assert (datasets, models) in ((["pumps"], ["pumps"]), ([], []))
