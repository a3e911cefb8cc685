"""Settings: declared once, from a file, the environment and the command line, and their page."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path

import pytest

from docs.generate_settings import PAGE
from lookout_server.config.configuration import Configuration
from lookout_server.config.declared import declared, groups
from lookout_server.config.loading import DEFAULT, Loaded, defaults, load, variables
from lookout_server.config.reference import page
from lookout_server.errors import ServerError


def written(directory: Path, text: str) -> Path:
    file = directory / "server.toml"
    file.write_text(text, encoding="utf-8")
    return file


def origins(loaded: Loaded) -> dict[str, str]:
    return {name: origin for name, _, origin in loaded.lines()}


def test_the_command_line_holds_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "port = 1\nthreads = 1\n[quotas]\ndatasets = 1\nmodels = 1")
    environment = {"LOOKOUT_SERVER_THREADS": "2", "LOOKOUT_SERVER_QUOTAS_DATASETS": "2"}
    loaded = load(file, environment, {"quotas.datasets": "3"})
    found = loaded.configuration
    quotas = found.services.quotas
    assert (found.port, found.threads, quotas.models, quotas.datasets) == (1, 2, 1, 3)
    where = origins(loaded)
    assert where["port"] == where["quotas.models"] == f"file {file}"
    assert where["threads"] == "environment, LOOKOUT_SERVER_THREADS"
    assert where["quotas.datasets"] == "command line"
    assert where["host"] == DEFAULT


def test_every_kind_of_value_can_be_written(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        host_names = ["a.example", "b.example"]
        shutdown = "2m"
        open_metrics = true
        buckets = "buckets"
        import_dataset_overwrites = false
        [limits]
        seconds_per_request = 1.5
        [limits.bytes_per_operation]
        CreateDataset = 5
        """,
    )
    found = load(file, {"LOOKOUT_SERVER_DATA": "/srv"}, {}).configuration
    assert (found.host_names, found.shutdown) == (("a.example", "b.example"), timedelta(minutes=2))
    assert (found.open_metrics, found.services.import_dataset_overwrites) == (True, False)
    assert (found.buckets, found.data) == (tmp_path / "buckets", Path("/srv"))
    limits = found.services.limits
    assert (limits.seconds_per_request, limits.bytes_per_operation["CreateDataset"]) == (1.5, 5)


def test_a_mapping_is_one_variable_of_the_environment() -> None:
    environment = {"LOOKOUT_SERVER_LIMITS_BYTES_PER_OPERATION": "CreateDataset=5,CreateModel=6"}
    found = load(None, environment, {}).configuration
    assert found.services.limits.bytes_per_operation == {"CreateDataset": 5, "CreateModel": 6}


def test_the_file_may_be_named_in_the_environment(tmp_path: Path) -> None:
    file = written(tmp_path, "port = 5")
    assert load(None, {"LOOKOUT_SERVER_CONFIG": str(file)}, {}).configuration.port == 5


def test_what_is_shown_can_be_given_back() -> None:
    given = {name: text for name, text in defaults().items() if text not in ("None", "")}
    assert load(None, {}, given).configuration == Configuration()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "setting (file {file}): got 'prot', expected a name as port; `lookout-server config` shows all"),
        ("port = 70000", "setting port (file {file}): port of Configuration: got 70000, expected "),
        ("shutdown = 5", "setting shutdown (file {file}): shutdown: got '5', expected a number with s, m, h or d"),
        ("port = ", "file of settings {file}: is not TOML: "),
        ("progress = 'seconds=1'", "setting (file {file}): got 'progress', expected a name as "),
        ("[services]\npage_size = 5", "setting (file {file}): got 'services.page_size', expected a name as "),
        ("quotas = 5", "setting quotas (file {file}): quotas: got '5', expected the name of one of them: quotas."),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ServerError) as raised:
        load(file, {}, {})
    assert str(raised.value).startswith(said.format(file=file))
    assert raised.value.__notes__


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"^file of settings .*: cannot be read: no such file or directory; "):
        load(tmp_path / "none.toml", {}, {})


def test_a_variable_that_would_do_nothing_is_refused() -> None:
    with pytest.raises(ServerError, match=r"^environment: got LOOKOUT_SERVER_PROT, expected .* LOOKOUT_SERVER_PORT"):
        load(None, {"LOOKOUT_SERVER_PROT": "1"}, {})


def test_what_kubernetes_says_of_a_service_of_our_name_is_let_be() -> None:
    environment = {"LOOKOUT_SERVER_SERVICE_HOST": "10.0.0.1", "LOOKOUT_SERVER_PORT_8484_TCP_ADDR": "10.0.0.1"}
    assert load(None, environment, {}).configuration == Configuration()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"host": "192.0.2.1"}, "host: got 192.0.2.1, which other machines reach, without TLS; "),
        ({"host": "0.0.0.0", "insecure": "true"}, "host_names: got none for the host '0.0.0.0', "),
        ({"tls.key": "k"}, "tls.certificate: got none, "),
        ({"tls.certificate": "c"}, "tls.key: got none, "),
        ({"buckets": "b", "s3_endpoint": "https://s3.example"}, "s3_endpoint: got one beside buckets, "),
        ({"s3_endpoint": "s3.example"}, "s3_endpoint: got 's3.example', expected an address "),
        (
            {"vision_backbone": "mine.onnx", "vision_inspection": "light"},
            "vision_backbone: got one beside vision_inspection light, ",
        ),
        ({"account": "12"}, "account: got '12', expected 12 digits"),
        ({"region": ""}, "region: got '', expected the name of a Region, such as us-east-1"),
        ({"roles": "*,Reader"}, "roles: got 'Reader', expected ARNs, such as arn:aws:iam::000000000000:role/*"),
    ],
)
def test_settings_hold_together(options: dict[str, str], said: str) -> None:
    with pytest.raises(ServerError) as raised:
        load(None, {}, options)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    "options",
    [
        {"host": "192.0.2.1", "tls.certificate": "c", "tls.key": "k"},
        {"host": "0.0.0.0", "insecure": "true", "host_names": "lookout.example"},
        {"host": "::1"},
    ],
)
def test_other_machines_are_served_when_that_is_meant(options: dict[str, str]) -> None:
    load(None, {}, options)


def test_a_configuration_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Configuration().port = 5  # type: ignore[misc]


def test_every_setting_is_declared_once() -> None:
    names = [each.name for each in declared()]
    assert len(set(names)) == len(names)
    assert len(variables()) == len(names)
    assert {name for name in defaults() if not name.startswith("limits.bytes_per_operation.")} <= set(names)


def test_every_setting_of_the_server_says_what_it_means() -> None:
    services = {"", "quotas", "vision_quotas", "limits"}
    ours = [group for group in groups() if group.name not in services or "data" in {s.name for s in group.settings}]
    assert len(ours) > 3
    assert [setting.name for group in ours for setting in group.settings if not setting.help] == []


def test_the_page_of_settings_is_what_make_docs_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
