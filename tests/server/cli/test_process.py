"""The server as a process: started, called by boto3 and the AWS CLI, ended in every way, and started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from tests.docs import pages

from .process import Serving, client, command, environment, key, serving

pytestmark = pytest.mark.e2e


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def names(equipment: Any) -> list[str]:
    return [item["DatasetName"] for item in equipment.list_datasets()["DatasetSummaries"]]


def test_boto3_and_the_aws_cli_call_both_services(data: Path) -> None:
    made = key(data)
    with serving(data) as server:
        client("lookoutequipment", server.url, made).create_dataset(DatasetName="pumps", ClientToken="1")
        assert client("lookoutvision", server.url, made).list_projects()["Projects"] == []
        variables = environment(
            AWS_ENDPOINT_URL=server.url,
            AWS_ACCESS_KEY_ID=made["access_key"],
            AWS_SECRET_ACCESS_KEY=made["secret_access_key"],
        )
        aws = str(Path(sys.executable).with_name("aws"))
        ran = subprocess.run(
            [aws, "lookoutequipment", "list-datasets"], env=variables, capture_output=True, text=True, check=True
        )
        assert [item["DatasetName"] for item in json.loads(ran.stdout)["DatasetSummaries"]] == ["pumps"]
        ran = subprocess.run(
            [aws, "lookoutvision", "create-project", "--project-name", "lids"],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(ran.stdout)["ProjectMetadata"]["ProjectName"] == "lids"
        assert "CreateProject" in command("audit", "--data", data)
        assert server.end() == 0
        assert [line["message"] for line in server.lines()][-1] == "ended"
        assert {line["level"] for line in server.lines()} == {"info"}


def test_files_are_read_from_the_buckets_by_the_roles_that_the_settings_name(data: Path, tmp_path: Path) -> None:
    made = key(data)
    folder = tmp_path / "buckets" / "plant" / "in" / "pump"
    folder.mkdir(parents=True)
    rows = [f"2024-01-01T{minute // 60:02d}:{minute % 60:02d}:00.000000,{minute % 7}" for minute in range(600)]
    (folder / "a.csv").write_text("\n".join(["t,p", *rows]))
    columns = [{"Name": "t", "Type": "DATETIME"}, {"Name": "p", "Type": "DOUBLE"}]
    schema = json.dumps({"Components": [{"ComponentName": "pump", "Columns": columns}]})
    options = ("--buckets", tmp_path / "buckets", "--set", "roles=arn:aws:iam::000000000000:role/Reader")
    with serving(data, *options) as server:
        equipment = client("lookoutequipment", server.url, made)
        equipment.create_dataset(DatasetName="pumps", ClientToken="1", DatasetSchema={"InlineDataSchema": schema})
        source = {"S3InputConfiguration": {"Bucket": "plant", "Prefix": "in/"}}
        for role, outcome in (("Reader", "SUCCESS"), ("Other", "FAILED")):
            job = equipment.start_data_ingestion_job(
                DatasetName="pumps",
                RoleArn=f"arn:aws:iam::000000000000:role/{role}",
                ClientToken=role,
                IngestionInputConfiguration=source,
            )["JobId"]
            while (found := equipment.describe_data_ingestion_job(JobId=job))["Status"] == "IN_PROGRESS":
                assert server.process.poll() is None
            assert found["Status"] == outcome, found.get("FailedReason")


def test_a_key_that_is_revoked_while_the_server_runs_is_refused_at_once(data: Path) -> None:
    made = key(data)
    with serving(data) as server:
        equipment = client("lookoutequipment", server.url, made)
        assert names(equipment) == []
        command("keys", "revoke", made["access_key"], "--data", data)
        with pytest.raises(equipment.exceptions.ClientError, match="UnrecognizedClientException"):
            names(equipment)


def test_a_server_that_was_killed_is_started_again_with_its_keys(data: Path) -> None:
    made = key(data)
    with serving(data) as server:
        assert names(client("lookoutequipment", server.url, made)) == []
        server.end(signal.SIGKILL)
    assert f"no server runs in {data}" in command("status", "--data", data, status=1)
    with serving(data) as server:
        assert names(client("lookoutequipment", server.url, made)) == []
        assert json.loads(command("status", "--json", "--data", data))["ready"] is True


def test_the_second_server_on_a_directory_is_refused_and_told_of_the_first(data: Path) -> None:
    with serving(data) as server:
        said = command("serve", "--data", data, "--port", 0, status=3)
        assert f"process {server.process.pid} is the server of it at {server.url}; " in said
        assert "docs/errors/server.md#in-use" in said


def test_a_port_in_use_is_refused(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = command("serve", "--data", data, "--port", port, status=1)
    assert said.startswith(f"error: port {port} on 127.0.0.1 cannot be used: address already in use; ")
    assert not data.exists()


def request_in_two_pieces(server: Serving, made: Mapping[str, str], between: Any) -> bytes:
    """What comes back of a request whose body comes after something else has happened."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "AWSLookoutEquipmentFrontendService.ListDatasets",
    }
    request = AWSRequest("POST", server.url + "/", headers=headers, data=b"{}")
    SigV4Auth(Credentials(made["access_key"], made["secret_access_key"]), "lookoutequipment", "us-east-1").add_auth(
        request
    )
    port = server.record["port"]
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    start = f"POST / HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: 2\r\nexpect: 100-continue\r\n{head}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(start.encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")  # it waits for the body
        between()
        connection.sendall(b"{}")
        answer = b""
        while received := connection.recv(65_536):
            answer += received
        return answer


def test_a_request_that_runs_is_finished_when_the_server_is_told_to_end(data: Path) -> None:
    made = key(data)
    with serving(data) as server:

        def ending() -> None:
            server.process.send_signal(signal.SIGTERM)
            while not any(line["message"] == "ending" for line in server.lines()):
                assert server.process.poll() is None

        answer = request_in_two_pieces(server, made, ending)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"DatasetSummaries"' in answer
        assert server.process.wait(60) == 0


def test_a_second_interrupt_does_not_wait(data: Path) -> None:
    made = key(data)
    with serving(data) as server:

        def interrupted() -> None:
            server.process.send_signal(signal.SIGINT)
            while not any(line["message"] == "ending" for line in server.lines()):
                assert server.process.poll() is None
            server.process.send_signal(signal.SIGINT)
            server.process.wait(60)

        with contextlib.suppress(OSError):  # the connection is gone
            assert request_in_two_pieces(server, made, interrupted) == b""
        assert server.process.returncode == 130


def test_a_backup_is_made_while_the_server_runs_and_restored_elsewhere(data: Path, tmp_path: Path) -> None:
    made = key(data)
    with serving(data) as server:
        equipment = client("lookoutequipment", server.url, made)
        calling, stop = threading.Event(), threading.Event()

        def call() -> None:
            number = 0
            while not stop.is_set():
                equipment.create_label_group(LabelGroupName=f"g{number}", ClientToken=str(number))
                equipment.delete_label_group(LabelGroupName=f"g{number}")
                number += 1
                calling.set()

        caller = threading.Thread(target=call)
        caller.start()
        assert calling.wait(60)
        try:
            command("backup", tmp_path / "backup", "--with-key", "--data", data)
        finally:
            stop.set()
            caller.join()
        assert json.loads(command("status", "--json", "--data", data))["ready"] is True
        command("check", "--data", data)
    command("restore", tmp_path / "backup", "--data", tmp_path / "other")
    with serving(tmp_path / "other") as server:
        assert names(client("lookoutequipment", server.url, made)) == []
        assert "CreateLabelGroup" in command("audit", "--data", tmp_path / "other")


def test_with_a_certificate_it_speaks_tls_only(data: Path, tmp_path: Path) -> None:
    certificate, private = certified(tmp_path)
    made = key(data)
    with serving(data, "--tls-certificate", certificate, "--tls-key", private) as server:
        assert server.url.startswith("https://")
        assert names(client("lookoutequipment", server.url, made, verify=str(certificate))) == []
        assert json.loads(command("status", "--json", "--data", data))["ready"] is True
        with pytest.raises(OSError, match=r".*"):
            urllib.request.urlopen(server.url.replace("https:", "http:"))


def certified(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that trusts itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate, file = directory / "certificate.pem", directory / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.PKCS8
    file.write_bytes(private.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()))
    return certificate, file


def test_a_page_in_a_browser_gets_nothing(data: Path) -> None:
    with serving(data) as server:
        request = urllib.request.Request(f"{server.url}/health/ready", headers={"Origin": "https://attacker.example"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request)


def test_the_quick_start_does_what_it_says(tmp_path: Path) -> None:
    """The commands of the README, but for the installation, on another port."""
    page = (pages.ROOT / "README.md").read_text(encoding="utf-8").partition("## Both services on a machine of yours")[2]
    first, second = (block.partition("```")[0] for block in page.split("```console\n")[1:3])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    *preparing, serve = first.strip().splitlines()[1:]
    variables = environment(HOME=str(tmp_path))
    del variables["AWS_DATA_PATH"]
    scripts = Path(sys.executable).parent
    variables["PATH"] = f"{scripts}{os.pathsep}{variables['PATH']}"
    shell: dict[str, Any] = {"cwd": tmp_path, "env": variables, "text": True, "shell": True}
    for line in preparing:
        subprocess.run(line, check=True, **shell)
    process = subprocess.Popen(
        f"exec {serve} --port {port}", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **shell
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"ready: http://127.0.0.1:{port} ")
        script = "set -e\n" + second.replace("8484", port)
        ran = subprocess.run(script, check=False, capture_output=True, **shell)
        assert ran.returncode == 0, ran.stderr
        assert '"Projects": []' in ran.stdout
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()
