"""Commands: what they say, their exit status, and that an error is a line and not a traceback."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.loaders import Loader

from lookout_server.config.reference import page
from lookout_server.monitoring.audit import DocumentAudit, Entry
from lookout_server.store import DirectoryBlobs, Put, SqliteDocuments
from lookout_server.store.schema import MIGRATIONS

from .support import POLICY, run

_HEAVY = ("PIL", "asyncio", "botocore", "cryptography", "hypercorn", "numpy", "prometheus_client", "pyarrow")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the environment counts, and what a command does to this process is taken back."""
    for name in [name for name in os.environ if name.startswith("LOOKOUT_SERVER_")]:
        monkeypatch.delenv(name)
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a key in it."""
    assert run("keys", "add", "plant", "--policy", "-", "--data", tmp_path / "data", stdin=POLICY).status == 0
    return tmp_path / "data"


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["keys", "--help"], ["config"]])
def test_a_command_loads_only_what_it_needs(arguments: list[str]) -> None:
    code = (
        "import sys; from lookout_server.cli import main\n"
        f"sys.argv = ['lookout-server', *{arguments!r}]\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([name for name in {_HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    assert ran.stdout


def test_a_server_answers_without_what_only_its_workers_compute_with() -> None:
    code = (
        "import sys\n"
        "from lookout_server import app, assembly, backend, serving\n"
        "print([name for name in ('pyarrow', 'onnxruntime') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_without_its_packages_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "typer" else name)
    ran = run("--help")
    said = "the server needs packages that are not installed (typer): pip install 'cdk-lookout[server]'"
    assert (ran.status, ran.err.splitlines()[0]) == (1, f"error: {said}")


def test_help_explains_every_command() -> None:
    text = run("--help").out
    commands = ["serve", "keys", "backup", "restore", "status", "check", "audit", "config", "client-models"]
    shown = [name for name in re.findall(r"^│ ([a-z-]+) ", text, re.MULTILINE) if not name.startswith("-")]
    assert sorted(shown) == sorted(commands)


def test_config_shows_where_every_value_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_SERVER_THREADS", "3")
    lines = run("config", "--set", "quotas.datasets=30").out.splitlines()
    assert "threads=3  # environment, LOOKOUT_SERVER_THREADS" in lines
    assert "quotas.datasets=30  # command line" in lines
    assert "port=8484  # default" in lines
    shown = [json.loads(line) for line in run("config", "--json").out.splitlines()]
    assert {"name": "threads", "value": "3", "from": "environment, LOOKOUT_SERVER_THREADS"} in shown


def test_config_prints_the_reference() -> None:
    assert run("config", "--reference").out == page()


def test_a_key_is_shown_once(tmp_path: Path) -> None:
    options = ("--data", tmp_path / "data")
    added = run("keys", "add", "plant", "--policy", "-", *options, stdin=POLICY).out
    secret = added.partition("AWS_SECRET_ACCESS_KEY=")[2].strip()
    assert len(secret) > 20
    listed = run("keys", "list", "--json", *options).out
    assert json.loads(listed)["name"] == "plant"
    assert secret not in listed + run("keys", "list", *options).out


def test_a_key_is_replaced_without_a_gap(data: Path) -> None:
    options = ("--data", data)
    (first,) = json.loads(run("keys", "list", "--json", *options).out)["keys"]
    second = json.loads(run("keys", "rotate", "plant", "--json", *options).out)["access_key"]
    assert list(json.loads(run("keys", "list", "--json", *options).out)["keys"]) == [first, second]
    assert run("keys", "revoke", first, *options).out == f"revoked {first}\n"
    assert list(json.loads(run("keys", "list", "--json", *options).out)["keys"]) == [second]
    assert run("keys", "remove", "plant", *options).status == 0
    assert run("keys", "list", "--json", *options).out == ""


def test_a_policy_is_shown_and_changed(data: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(POLICY.replace("Allow", "Deny"))
    assert run("keys", "policy", "plant", "--data", data).out.strip() == POLICY
    assert run("keys", "policy", "plant", tmp_path / "policy.json", "--data", data).status == 0
    assert '"Deny"' in run("keys", "policy", "plant", "--data", data).out


def test_a_temporary_key_comes_as_credential_process_wants_it(data: Path) -> None:
    made = json.loads(run("keys", "issue", "plant", "--data", data).out)
    assert made.keys() == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["serve"], 1, "data: got none, expected the directory"),
        (["serve", "--set", "threads"], 2, "--set: got 'threads', expected NAME=VALUE"),
        (["status", "--config", "none.toml"], 1, "file of settings none.toml: cannot be read"),
        (["check", "--data", "missing"], 1, "data directory {here}/missing: holds no data of a server"),
        (["backup", "b", "--data", "missing"], 1, "data directory {here}/missing: holds no data of a server"),
        (["restore", "none", "--data", "new"], 1, "backup none: no such file or directory"),
        (["keys", "add", "a", "--policy", "none", "--data", "new"], 1, "policy none: cannot be read"),
        (["keys", "list", "--data", "missing"], 1, "data directory {here}/missing: holds no data of a server"),
        (["audit", "--since", "yesterday", "--data", "missing"], 2, "since: got 'yesterday', expected a number with"),
        (["serve", "--data", "new", "--buckets", "missing"], 1, "buckets missing: is not a directory"),
        (["serve", "--data", "new", "--tls-certificate", "c", "--tls-key", "k"], 1, "tls.certificate c: cannot be"),
        (["client-models", "/dev/null/x"], 1, "models of clients: /dev/null/x cannot be written"),
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run(*arguments)
    first, *rest = ran.err.splitlines()
    assert first.startswith(f"error: {said.format(here=tmp_path)}")
    assert all(line.startswith("see docs/errors/") for line in rest)
    assert rest
    assert (ran.status, ran.out, os.listdir(tmp_path)) == (status, "", [])


def test_a_port_in_use_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("serve", "--data", tmp_path / "data", "--port", port)
    assert ran.err.startswith(f"error: port {port} on 127.0.0.1 cannot be used: address already in use; choose ")
    assert (ran.status, os.listdir(tmp_path)) == (1, [])


def test_a_key_file_that_cannot_be_read_is_said(data: Path) -> None:
    (data / "key").chmod(0o644)
    ran = run("serve", "--data", data, "--port", 0)
    assert ran.err.splitlines()[-2].startswith(f"error: {data / 'key'}: others than its owner may read it; chmod 600")
    assert ran.status == 1
    (data / "key").unlink()
    assert ": the key file is missing, expected " in run("serve", "--data", data, "--port", 0).err


def test_a_store_of_a_later_release_is_left_alone(data: Path) -> None:
    documents = SqliteDocuments(data / "documents.sqlite")
    with documents._connections.writing() as connection:
        connection.execute("UPDATE format SET version = version + 1")
    documents.close()
    newer = len(MIGRATIONS) + 1
    for command in (("serve", "--port", 0), ("check",), ("keys", "list")):
        ran = run(*command, "--data", data)
        assert f"got the format {newer}, expected at most {newer - 1}; use the release that wrote it" in ran.err
        assert (ran.status, "Traceback" in ran.err) == (1, False)


def test_check_reads_everything_and_says_what_is_wrong(data: Path) -> None:
    blobs = DirectoryBlobs(data / "blobs")
    digest = blobs.put(b"model")
    documents = SqliteDocuments(data / "documents.sqlite")
    documents.commit([Put("model", "one", {}, None, blobs=(digest,))])
    documents.close()
    assert run("check", "--data", data).out == "all is well: every document, and 1 blobs\n"
    (data / "blobs" / digest[:2] / digest).write_bytes(b"mudel")
    ran = run("check", "--data", data)
    assert ran.out.startswith(f"blob {digest}: is not what was written; ")
    assert (ran.status, "1 things are not as they were written" in ran.err) == (1, True)


def test_audit_shows_who_did_what_since_then(data: Path) -> None:
    documents = SqliteDocuments(data / "documents.sqlite")
    audit, now = DocumentAudit(documents, lambda: timedelta(days=90)), datetime.now(UTC)
    for hours, operation, key in (
        (48, "CreateModel", "AKIA1"),
        (2, "DeleteModel", "AKIA1"),
        (1, "CreateLabel", "AKIA2"),
    ):
        who = ("id", "111122223333", key, "arn:aws:iam::111122223333:user/plant", "eu-west-1", "lookoutequipment")
        documents.commit([audit.put(Entry(now - timedelta(hours=hours), *who, operation, "OK", "127.0.0.1"))])
    documents.close()

    def operations(*options: str) -> list[str]:
        return [
            json.loads(line)["operation"] for line in run("audit", "--json", *options, "--data", data).out.splitlines()
        ]

    assert operations() == ["DeleteModel", "CreateLabel"]
    assert operations("--since", "7d", "--key", "AKIA1") == ["CreateModel", "DeleteModel"]
    assert operations("--operation", "CreateLabel") == ["CreateLabel"]
    assert "CreateLabel" in run("audit", "--data", data).out


def test_no_server_runs_where_none_was_started(data: Path) -> None:
    ran = run("status", "--data", data)
    assert (ran.status, ran.out) == (1, f"no server runs in {data}\n")
    assert json.loads(run("status", "--json", "--data", data).out) == {"running": False, "data": str(data)}


def test_clients_find_both_services_with_the_models(tmp_path: Path) -> None:
    ran = run("client-models", tmp_path / "models")
    assert ran.out == f"export AWS_DATA_PATH={tmp_path / 'models'}\n"
    loader = Loader(extra_search_paths=[str(tmp_path / "models")], include_default_search_paths=False)
    assert loader.list_available_services("service-2") == ["lookoutequipment", "lookoutvision"]


def test_a_backup_is_restored_elsewhere(data: Path, tmp_path: Path) -> None:
    assert ", without the key file" in run("backup", tmp_path / "b", "--data", data).out
    assert "the backup has no key file: copy " in run("restore", tmp_path / "b", "--data", tmp_path / "c").out
    assert run("backup", tmp_path / "b2", "--with-key", "--data", data).status == 0
    assert run("restore", tmp_path / "b2", "--data", tmp_path / "d").status == 0
    for other in ("c", "d"):
        assert json.loads(run("keys", "list", "--json", "--data", tmp_path / other).out)["name"] == "plant"
    assert run("keys", "rotate", "plant", "--data", tmp_path / "d").status == 0
    assert ": the key file is missing, " in run("keys", "rotate", "plant", "--data", tmp_path / "c").err


def test_a_network_that_cannot_look_at_images_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    data, file = tmp_path / "new", tmp_path / "mine.onnx"
    for content, said in ((None, f"{file}: got no such file or directory, "), (b"", "mine: got a file that onnx")):
        if content is not None:
            file.write_bytes(content)
        ran = run("serve", "--data", data, "--port", 0, "--set", f"vision_backbone={file}")
        assert ran.status == 1
        assert f"vision_backbone: backbone {said}" in ran.err
        assert not data.exists()
