"""The package is replaced under a server and under a local cloud that run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from lookout_local import clients
from lookout_server.monitoring import health
from tests.packaging.test_wheel import ROOT, User, run
from tests.server.cli.process import client
from tests.server.cli.test_inspection import ONE, Works, detect, settled
from tests.server.images import scene

pytestmark = pytest.mark.e2e
POISON = "raise SystemExit('this is of another release')\n"
POLICY = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
ROLE = "arn:aws:iam::000000000000:role/Data"
CSV = "t,p\n" + "".join(f"2024-01-{day:02}T00:00:00,{day % 7}\n" for day in range(1, 29))
PATIENCE = 120


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory), cwd=ROOT)
    return next(directory.glob("*.whl"))


@pytest.fixture
def user(wheel: Path, tmp_path: Path) -> User:
    made = User(tmp_path / "user", {}, 0o022)
    made.install(wheel)
    return made


def release(wheel: Path, number: str, change: Callable[[str, bytes], bytes] = lambda _, content: content) -> Path:
    """The same wheel under another version, with its files changed."""
    old = version("cdk-lookout")
    made = wheel.parent / wheel.name.replace(f"-{old}-", f"-{number}-")
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(made, "w") as changed:
        for name in whole.namelist():
            content = change(name, whole.read(name))
            if ".dist-info/" in name:
                content = content.replace(f"Version: {old}\n".encode(), f"Version: {number}\n".encode())
                content = content.replace(f"cdk_lookout-{old}.".encode(), f"cdk_lookout-{number}.".encode())
            changed.writestr(name.replace(f"cdk_lookout-{old}.", f"cdk_lookout-{number}."), content)
    return made


def poisoned(name: str, content: bytes) -> bytes:
    """A file that whoever loads it dies of."""
    return POISON.encode() if name.endswith(".py") and not name.startswith("cdk_lookout") else content


def install(user: User, wheel: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(user.python)]
    run(*pip, "install", "--no-index", "--no-deps", "--force-reinstall", str(wheel))


def command(user: User, name: str, *arguments: object) -> list[str]:
    return [str(user.python.with_name(name)), *map(str, arguments)]


@contextmanager
def serving(user: User, *more: object) -> Iterator[str]:
    """A server of what is installed; its address."""
    (user.directory / "buckets/plant/in/pump").mkdir(parents=True, exist_ok=True)
    (user.directory / "buckets/plant/in/pump/a.csv").write_text(CSV)
    options = ("--data", user.directory / "data", "--buckets", user.directory / "buckets", "--port", 0, "--json")
    process = subprocess.Popen(
        command(user, "lookout-server", "serve", *options, "--set", f"roles={ROLE}", *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def ingest(equipment: Any, name: str, role: str = ROLE) -> str:
    """Have data in a new dataset; the id of the job."""
    source = {"Bucket": "plant", "Prefix": "in/", "KeyPattern": "{prefix}/{component_name}/*"}
    equipment.create_dataset(DatasetName=name)
    started = equipment.start_data_ingestion_job(
        DatasetName=name,
        RoleArn=role,
        IngestionInputConfiguration={"S3InputConfiguration": source},
    )
    return str(started["JobId"])


def status(equipment: Any, job: str) -> str:
    return str(equipment.describe_data_ingestion_job(JobId=job)["Status"])


def end(equipment: Any, job: str) -> str:
    """The status of a job when it is over."""
    until = time.monotonic() + PATIENCE
    while (found := status(equipment, job)) == "IN_PROGRESS":
        assert time.monotonic() < until, "the job stays in progress"
        time.sleep(0.2)
    return found


def checks(url: str) -> dict[str, str]:
    """What a server says of whether it is ready, when what it last said no longer holds."""
    time.sleep(health.SECONDS)
    try:
        with urllib.request.urlopen(f"{url}/health/ready") as answer:
            return dict(json.load(answer)["checks"])
    except urllib.error.HTTPError as error:
        return dict(json.load(error)["checks"])


def test_a_server_whose_package_is_replaced_goes_on_and_its_jobs_wait_for_the_next_start(
    user: User, wheel: Path
) -> None:
    arguments = ("keys", "add", "plant", "--policy", "-", "--json", "--data", user.directory / "data")
    added = subprocess.run(
        command(user, "lookout-server", *arguments), input=POLICY, capture_output=True, text=True, check=True
    )
    made = json.loads(added.stdout)
    with serving(user) as url:
        equipment = client("lookoutequipment", url, made)
        assert end(equipment, ingest(equipment, "before")) == "SUCCESS"
        assert checks(url)["release"] == "ok"
        install(user, release(wheel, "998.0", poisoned))
        waiting = ingest(equipment, "meanwhile")
        equipment.create_label_group(LabelGroupName="log")
        assert [one["DatasetName"] for one in equipment.list_datasets()["DatasetSummaries"]] == ["before", "meanwhile"]
        assert "998.0 is installed: start the server anew" in checks(url)["release"]
        assert status(equipment, waiting) == "IN_PROGRESS"
    install(user, release(wheel, "999.0"))
    with serving(user) as url:
        equipment = client("lookoutequipment", url, made)
        assert end(equipment, waiting) == "SUCCESS"
        assert checks(url)["release"] == "ok"


def test_a_hosted_model_looks_at_images_while_its_package_is_replaced_and_after_the_next_start(
    user: User, wheel: Path
) -> None:
    works, image = Works(user.directory), scene.encoded(scene.scratched(150)[0])
    with serving(user, *works.options) as url:
        vision = client("lookoutvision", url, works.made)
        assert works.host(vision, units=1)["Status"] == "HOSTED"
        found = detect(vision, image)
        assert [one["Name"] for one in found["Anomalies"]] == ["background", "scratch"]
        install(user, release(wheel, "998.0", poisoned))
        assert detect(vision, image) == found
        vision.stop_model(**ONE)
        assert settled(lambda: vision.describe_model(**ONE)["ModelDescription"])["Status"] == "TRAINED"
        vision.start_model(**ONE, MinInferenceUnits=2)  # though no second process may be started
        assert settled(lambda: vision.describe_model(**ONE)["ModelDescription"])["Status"] == "HOSTED"
        assert detect(vision, image) == found
        assert "998.0 is installed: start the server anew" in checks(url)["release"]
    install(user, release(wheel, "999.0"))
    with serving(user, *works.options) as url:
        vision = client("lookoutvision", url, works.made)
        assert checks(url)["release"] == "ok"
        assert vision.describe_model(**ONE)["ModelDescription"]["Status"] == "HOSTED"
        assert detect(vision, image) == found


def test_a_local_cloud_whose_package_is_replaced_goes_on_as_it_is(user: User, wheel: Path) -> None:
    state = user.directory / "state"
    subprocess.run(command(user, "lookout-local", "up", "--state-dir", state), check=True, capture_output=True)
    try:
        install(user, release(wheel, "998.0", poisoned))
        record = json.loads((state / "server.json").read_text())
        account, url = "111111111111", f"http://127.0.0.1:{record['port']}"
        named = {"account": account, "region": "us-east-1", "aws_secret_access_key": record["secret"]}
        s3, iam, equipment = (
            clients.client(name, endpoint_url=url, **named) for name in ("s3", "iam", "lookoutequipment")
        )
        s3.create_bucket(Bucket="plant")
        s3.put_object(Bucket="plant", Key="in/pump/a.csv", Body=CSV.encode())
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lookoutequipment.amazonaws.com"},
        }
        made = iam.create_role(RoleName="Data", AssumeRolePolicyDocument=json.dumps({"Statement": trust}))
        role = made["Role"]["Arn"]
        iam.put_role_policy(RoleName="Data", PolicyName="all", PolicyDocument=POLICY)
        assert end(equipment, ingest(equipment, "pumps", role=role)) == "SUCCESS"
    finally:
        install(user, wheel)
        subprocess.run(command(user, "lookout-local", "down", "--state-dir", state), check=True, capture_output=True)
