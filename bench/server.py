"""What `lookout-server` costs, against peers in the same run, and what grows when it should not."""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from lookout_server.api_models import MODELS
from lookout_server.files.storage import Storage, StoredObject

_COMMAND = str(Path(sys.executable).with_name("lookout-server"))
_TARGET = "AWSLookoutEquipmentFrontendService."
_POLICY = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
_ROLE = "arn:aws:iam::000000000000:role/Bench"
_REGION = "us-east-1"
_CONNECTIONS, _SECONDS, _TURNS = 4, 3.0, 5
_ROWS, _SENSORS = 100_000, 10
_EMPTY = """
import asyncio, socket, sys
from hypercorn.asyncio import serve
from hypercorn.config import Config

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
config = Config()
config.bind = [f"fd://{listener.detach()}"]
config.keep_alive_max_requests = 10**9
asyncio.run(serve(app, config))
"""


def describing() -> tuple[float, float]:
    """Seconds of a DescribeDataset, signed and checked, and of an empty application on the same web server."""
    return _described(lambda pid: time.perf_counter())


def computing() -> tuple[float, float]:
    """The same in seconds of the server's processor, which others that use the machine change less."""
    return _described(_processor_seconds)


def _described(clock: Callable[[int], float]) -> tuple[float, float]:
    """The medians of turns about, by a clock of the server's process."""
    with serving() as server, _empty() as (url, pid):
        server.equipment.create_dataset(DatasetName="pumps", ClientToken="1")
        request = server.signed("DescribeDataset", {"DatasetName": "pumps"})
        turns: list[tuple[float, ...]] = []
        for _ in range(_TURNS):
            turn = []
            for each, process in ((server.url, server.pid), (url, pid)):
                began = clock(process)
                count = len(_times(each, request, _SECONDS, _CONNECTIONS))
                turn.append((clock(process) - began) / count)
            turns.append(tuple(turn))
    ours, peer = (statistics.median(column) for column in zip(*turns, strict=True))
    return ours, peer


def listing() -> tuple[float, float]:
    """Seconds of a ListDatasets with 10,000 datasets, and with 100."""
    with serving("quotas.datasets=20000") as server:
        found = []
        made = 0
        for count in (100, 10_000):
            for number in range(made, count):
                server.equipment.create_dataset(DatasetName=f"dataset-{number}", ClientToken=str(number))
            made = count
            request = server.signed("ListDatasets", {"MaxResults": 50})
            found.append(statistics.median(seconds_each(server.url, request, _SECONDS, 1) for _ in range(3)))
        return found[1], found[0]


def waiting() -> tuple[float, float]:
    """The 99th percentile of DescribeModel in seconds while others have files read and models trained, and idle."""
    with serving() as server:
        folder = server.buckets / "plant" / "small" / "pump"
        folder.mkdir(parents=True)
        _write(folder / "a.csv", 2_000, 1)
        server.train("idle", "small/")
        request = server.signed("DescribeModel", {"ModelName": "idle"})
        idle = _percentile(server.url, request, lambda: False)
        folder = server.buckets / "plant" / "large" / "pump"
        folder.mkdir(parents=True)
        _write(folder / "a.csv", _ROWS, _SENSORS)
        busy = threading.Thread(target=server.train, args=("busy", "large/"))
        busy.start()
        loaded = _percentile(server.url, request, busy.is_alive)
        busy.join()
        return loaded, idle


def churning() -> tuple[float, float]:
    """Megabytes of the server after 10,000 datasets were created and deleted, and after the first 1,000."""
    with serving() as server:
        found = []
        for start, end in ((0, 1_000), (1_000, 10_000)):
            for number in range(start, end):
                name = f"dataset-{number}"
                server.equipment.create_dataset(DatasetName=name, ClientToken=name)
                server.equipment.delete_dataset(DatasetName=name)
            found.append(server.megabytes())
        return found[1], found[0]


def running_for_a_year() -> tuple[float, float]:
    """Megabytes of a process after a year of runs every five minutes, and after the first tenth of it."""
    code = """
        import sys
        sys.path[:0] = [%r, %r]
        from bench.server import year
        print(*year())
    """
    root = Path(__file__).parent.parent
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code % (str(root), str(root / "lib")))],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    before, after = map(float, ran.stdout.split())
    return after, before


def year() -> tuple[float, float]:
    """Run a scheduler every five minutes of a simulated year; megabytes after a tenth of it, and at its end.

    Executions are kept for a month, so that from the second one on there are always as many.
    """
    from lookout_server.backend import Backend
    from lookout_server.clock import ManualClock
    from lookout_server.inprocess import connect
    from lookout_server.settings import Progress, Settings
    from lookout_server.store import DirectoryBlobs, SqliteDocuments

    with tempfile.TemporaryDirectory() as directory:
        clock, storage = ManualClock(), _Memory()
        documents = SqliteDocuments(Path(directory) / "documents.sqlite")
        settings = Settings(progress=Progress.by_seconds(0), execution_retention=timedelta(days=30))
        blobs = DirectoryBlobs(Path(directory) / "blobs")
        backend = Backend(storage=storage, clock=clock, settings=settings, documents=documents, blobs=blobs)
        equipment = _client(Credentials("AKIA", "secret"), "http://localhost")
        connect(equipment, backend, account="000000000000")
        storage.write("", "plant", "in/pump/a.csv", _text(2_000, 2).encode())
        _train(equipment, "wear", "in/")
        equipment.create_inference_scheduler(
            ModelName="wear",
            InferenceSchedulerName="watch",
            DataUploadFrequency="PT5M",
            DataInputConfiguration={"S3InputConfiguration": {"Bucket": "plant", "Prefix": "new/"}},
            DataOutputConfiguration={"S3OutputConfiguration": {"Bucket": "plant", "Prefix": "out/"}},
            RoleArn=_ROLE,
            ClientToken="1",
        )
        backend.tick()
        found = []
        runs = int(os.environ.get("BENCH_RUNS", 365 * 24 * 12))
        for run in range(1, runs + 1):
            clock.advance(300)
            row = clock.now() - timedelta(minutes=2)
            storage.objects = {("plant", f"new/pump-{row:%Y%m%d%H%M%S}.csv"): _row(row).encode()}
            backend.tick()
            if run % (runs // 10) == 0:
                found.append(_own_megabytes())
                print(f"{run} runs: {found[-1]:.1f} MB", file=sys.stderr, flush=True)
        summaries = equipment.list_inference_executions(InferenceSchedulerName="watch")["InferenceExecutionSummaries"]
        assert {one["Status"] for one in summaries} == {"SUCCESS"}, summaries[0]
        documents.close()
        return found[0], found[-1]


class _Memory(Storage):
    """Files of the moment."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def list(self, role_arn: str, bucket: str, prefix: str) -> list[Any]:
        return [StoredObject(key, len(body)) for (_, key), body in self.objects.items() if key.startswith(prefix)]

    def read(self, role_arn: str, bucket: str, key: str, *, most: int) -> bytes:
        return self.objects[bucket, key]

    def open(self, role_arn: str, bucket: str, key: str) -> BinaryIO:
        return io.BytesIO(self.objects[bucket, key])

    @contextmanager
    def writer(self, role_arn: str, bucket: str, key: str) -> Iterator[BinaryIO]:
        file = io.BytesIO()
        yield file
        self.objects[bucket, key] = file.getvalue()

    def of_account(self, account: str, region: str) -> Any:
        raise NotImplementedError


class Server:
    def __init__(self, url: str, key: dict[str, str], buckets: Path, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.buckets = buckets
        self._process = process
        self._credentials = Credentials(key["access_key"], key["secret_access_key"])
        self.equipment = _client(self._credentials, url)
        self.vision = _client(self._credentials, url, "lookoutvision")

    def signed(self, operation: str, parameters: dict[str, Any]) -> AWSRequest:
        """A request that may be sent for a quarter of an hour."""
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"{_TARGET}{operation}"}
        request = AWSRequest("POST", f"{self.url}/", headers=headers, data=json.dumps(parameters).encode())
        return self.sign(request, "lookoutequipment")

    def sign(self, request: AWSRequest, service: str) -> AWSRequest:
        """The request, signed for a service."""
        SigV4Auth(self._credentials, service, _REGION).add_auth(request)
        return request

    def train(self, name: str, prefix: str) -> None:
        _train(self.equipment, name, prefix)

    @property
    def pid(self) -> int:
        return self._process.pid

    def megabytes(self) -> float:
        return _resident(self.pid)


@contextmanager
def serving(*settings: str) -> Iterator[Server]:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data, buckets = root / "data", root / "buckets"
        buckets.mkdir()
        made = subprocess.run(
            [_COMMAND, "keys", "add", "bench", "--policy", "-", "--json", "--data", str(data)],
            input=_POLICY, capture_output=True, text=True, check=True,
        )  # fmt: skip
        rates = ("rates.per_second=100000", "rates.burst=100000", f"roles={_ROLE}", "log_level=warning")
        options = [option for setting in (*rates, *settings) for option in ("--set", setting)]
        process = subprocess.Popen(
            [_COMMAND, "serve", "--data", str(data), "--buckets", str(buckets), "--port", "0", "--json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        stack.callback(process.wait)
        stack.callback(process.terminate)
        assert process.stdout is not None
        record = json.loads(process.stdout.readline())
        yield Server(record["url"], json.loads(made.stdout), buckets, process)


@contextmanager
def _empty() -> Iterator[tuple[str, int]]:
    process = subprocess.Popen([sys.executable, "-c", _EMPTY], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid
    finally:
        process.kill()
        process.wait()


def _client(credentials: Credentials, url: str, service: Any = "lookoutequipment") -> Any:
    session = boto3.Session(credentials.access_key, credentials.secret_key, region_name=_REGION)
    session._loader.search_paths.insert(0, str(MODELS))
    return session.client(service, endpoint_url=url, config=Config(retries={"total_max_attempts": 3}))


def _train(equipment: Any, name: str, prefix: str) -> None:
    """Make a dataset of files and a model of it, and wait for both."""
    equipment.create_dataset(DatasetName=name, ClientToken=name)
    location = {"Bucket": "plant", "Prefix": prefix, "KeyPattern": "{prefix}/{component_name}/*"}
    equipment.start_data_ingestion_job(
        DatasetName=name,
        RoleArn=_ROLE,
        ClientToken=name,
        IngestionInputConfiguration={"S3InputConfiguration": location},
    )
    while equipment.describe_dataset(DatasetName=name)["Status"] != "ACTIVE":
        time.sleep(0.2)
    equipment.create_model(ModelName=name, DatasetName=name, ClientToken=name)
    while equipment.describe_model(ModelName=name)["Status"] == "IN_PROGRESS":
        time.sleep(0.2)


def _row(time: Any) -> str:
    return f"t,sensor0,sensor1\n{time:%Y-%m-%dT%H:%M:%S},1,2\n"


def _text(rows: int, sensors: int) -> str:
    names = [f"sensor{number}" for number in range(sensors)]
    lines = [",".join(["t", *names])]
    for row in range(rows):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_600_000_000 + 60 * row))
        lines.append(",".join([stamp, *(str((row * 7 + number) % 13) for number in range(sensors))]))
    return "\n".join(lines)


def _write(file: Path, rows: int, sensors: int) -> None:
    file.write_text(_text(rows, sensors))


def seconds_each(url: str, request: AWSRequest, seconds: float, connections: int) -> float:
    """Seconds of a request, of as many at a time as there are connections."""
    began = time.perf_counter()
    count = len(_times(url, request, seconds, connections))
    return (time.perf_counter() - began) / count


def _percentile(url: str, request: AWSRequest, more: Callable[[], bool]) -> float:
    found: list[float] = []
    while not found or more():
        found += _times(url, request, _SECONDS, 1)
    return sorted(found)[int(len(found) * 0.99)]


def _times(url: str, request: AWSRequest, seconds: float, connections: int) -> list[float]:
    """How long each answer took, of requests that are sent one after the other, for some time."""
    found: list[float] = []
    headers = {name: str(value) for name, value in request.headers.items()}
    path = urlsplit(str(request.url)).path

    def send() -> None:
        connection = HTTPConnection(urlsplit(url).netloc)
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            connection.request("POST", path, request.data, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            found.append(time.perf_counter() - start)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _processor_seconds(pid: int) -> float:
    """Seconds that a process has had a processor (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _own_megabytes() -> float:
    return _resident(os.getpid())


def _resident(pid: int) -> float:
    """Megabytes of a process that are in memory (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
