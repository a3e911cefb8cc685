"""Alarms of scheduled inference, as who listens at the address receives them."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from lookout_server import assembly, webhook
from lookout_server.detection.sensors import Judgement
from lookout_server.equipment import inference
from lookout_server.equipment.alarms import TELL, Alarm, Anomaly, alarms_of
from lookout_server.work.tasks import schedule
from tests.server.services import restarting
from tests.server.services.scheduling import NORMAL, ODD, at, executions, running, send
from tests.server.services.support import REGION, SOURCE, Cloud

_SECRET = bytes(range(32))


class Receiver(HTTPServer):
    """Listens, and answers with a status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.status = 204
        self.received: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/alarms"

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]


class _Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(f"whsec_{base64.b64encode(_SECRET).decode()}\n", encoding="ascii")
    file.chmod(0o600)
    return file


@pytest.fixture
def told(cloud: Cloud, receiver: Receiver, secret_file: Path) -> Cloud:
    """A cloud with a scheduler that runs, whose alarms are told."""
    cloud.settings.alarms.secret_file = secret_file
    cloud.settings.alarms.url = receiver.url
    cloud.trained_model("wear")
    running(cloud)
    return cloud


def runs(cloud: Cloud, *windows: list[tuple[float, float]]) -> None:
    """Let runs be made of windows of five rows, from now on."""
    for number, window in enumerate(windows):
        send(cloud, 5 * number + 0.5, *window)
    for _ in windows:
        cloud.clock.advance(300)
        cloud.backend.tick()
    assert len(executions(cloud, Status="SUCCESS")) == len(windows)


GOOD, BAD = [NORMAL] * 5, [ODD] * 5


def test_an_anomaly_is_told_with_what_it_is_about(told: Cloud, receiver: Receiver) -> None:
    runs(told, GOOD, BAD)
    [message] = receiver.messages
    data = message["data"]
    assert message["type"] == "equipment.anomaly"
    assert message["timestamp"] == data["start"]
    assert (data["InferenceSchedulerName"], data["ModelName"]) == ("watch", "wear")
    assert data["ModelVersionArn"].endswith("/model-version/1")
    assert data["anomaly_score"] >= 0.5
    top = data["diagnostics"][0]
    assert (top["name"], top["seen"]) == ("pump1\\heat", 90.0)
    assert 0 < top["expected"] < 60
    [result] = [one["CustomerResultObject"] for one in executions(told) if "00:10" in str(one["DataEndTime"])]
    assert data["result"] == f"s3://{result['Bucket']}/{result['Key']}"


def test_one_that_goes_on_is_told_once(told: Cloud, receiver: Receiver) -> None:
    runs(told, GOOD, BAD, BAD, BAD)
    assert len(receiver.messages) == 1


def test_one_that_begins_after_another_has_ended_is_told_as_well(told: Cloud, receiver: Receiver) -> None:
    runs(told, GOOD, BAD, *[GOOD] * 20, BAD)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == len(receiver.messages) == 2


def test_it_is_signed_as_standard_webhooks_are(told: Cloud, receiver: Receiver) -> None:
    runs(told, GOOD, BAD)
    [(headers, body)] = receiver.received
    id, timestamp = headers["webhook-id"], int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == webhook.signature(_SECRET, id, timestamp, body)


def test_the_signature_is_that_of_the_published_example() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = webhook.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [500, 404, 302])
def test_one_that_is_not_accepted_is_told_again_under_the_same_id(told: Cloud, receiver: Receiver, status: int) -> None:
    receiver.status = status
    runs(told, GOOD, BAD)
    assert len(receiver.messages) == 1
    receiver.status = 204
    told.clock.advance(60)
    told.backend.tick()
    told.clock.advance(3_600)
    told.backend.tick()
    first, second = receiver.received
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]


def test_one_that_nobody_accepts_is_given_up_in_the_end(told: Cloud, receiver: Receiver) -> None:
    receiver.status = 500
    runs(told, GOOD, BAD)
    told.settings.alarms.give_up_after = timedelta(hours=2)
    for _ in range(4):
        told.clock.advance(3_600)
        told.backend.tick()
    count = len(receiver.messages)
    assert 2 <= count <= 5
    receiver.status = 204
    told.clock.advance(86_400)
    told.backend.tick()
    assert len(receiver.messages) == count


def test_who_listens_and_speaks_something_else_was_not_reached(secret_file: Path) -> None:
    def greet() -> None:
        with listener.accept()[0] as caller:
            asked = b""
            while not asked.endswith(b"{}"):  # what nobody reads would have the connection reset
                asked += caller.recv(65_536)
            caller.sendall(b"220 mail.example ready\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(webhook.WebhookError, match="it could not be reached: 220 mail"):
            webhook.send(f"http://127.0.0.1:{listener.getsockname()[1]}/", secret_file, "id", b"{}")
        thread.join()


def test_who_answers_a_byte_at_a_time_is_not_waited_for(secret_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_PATIENCE", 0.5)
    over = threading.Event()

    def drip() -> None:
        with listener.accept()[0] as caller, suppress(OSError):
            for _ in range(200):
                caller.sendall(b"H")
                if over.wait(0.05):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(webhook.WebhookError, match="there was no answer in"):
                webhook.send(f"http://127.0.0.1:{listener.getsockname()[1]}/", secret_file, "id", b"{}")
        finally:
            over.set()
            thread.join()


def test_of_a_run_that_finds_very_many_the_first_ones_are_told(
    told: Cloud, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that comes of a run is committed at once, and what a commit takes has a limit."""

    def many(_: Judgement) -> tuple[Anomaly, ...]:
        return tuple(Anomaly(at(2 + n / 100), at(2 + n / 100), 0.9, (), False, False) for n in range(60))

    monkeypatch.setattr(inference, "anomalies", many)
    runs(told, BAD)
    assert len(receiver.messages) == 20


def test_runs_go_on_while_nobody_listens(told: Cloud, receiver: Receiver) -> None:
    told.settings.alarms.url = "http://127.0.0.1:1/"
    runs(told, GOOD, BAD, GOOD)
    assert receiver.messages == []


def test_what_is_for_this_machine_goes_past_a_proxy(
    told: Cloud, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    runs(told, GOOD, BAD)
    assert len(receiver.messages) == 1


def test_nobody_is_told_without_an_address(told: Cloud, receiver: Receiver) -> None:
    told.settings.alarms.url = None
    runs(told, GOOD, BAD)
    assert receiver.messages == []


@pytest.mark.parametrize("url", ["http://example.com/", "ftp://127.0.0.1/", "https:///nowhere", "alarms"])
def test_an_address_that_others_may_read_along_is_refused(url: str) -> None:
    assert not webhook.is_private(url)


@pytest.mark.parametrize("url", ["https://example.com/alarms", "http://127.0.0.1:8000/", "http://[::1]/"])
def test_an_address_with_tls_or_on_this_machine_will_do(url: str) -> None:
    assert webhook.is_private(url)


def test_a_secret_that_others_may_read_is_refused(secret_file: Path) -> None:
    secret_file.chmod(0o644)
    with pytest.raises(webhook.WebhookError, match="others than its owner may read it; chmod 600"):
        webhook.secret(secret_file)


@pytest.mark.parametrize("text", ["", "secret", base64.b64encode(b"short").decode(), "é" * 40])
def test_what_is_no_secret_is_refused(secret_file: Path, text: str) -> None:
    secret_file.write_text(text, encoding="utf-8")
    with pytest.raises(webhook.WebhookError, match="holds no secret, expected 24 to 64 bytes as base64"):
        webhook.secret(secret_file)


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(webhook.WebhookError, match="nowhere: cannot be read: no such file"):
        webhook.secret(tmp_path / "nowhere")


@pytest.mark.skipif(restarting.WANTED, reason="what is held up is in the process that ends")
def test_receivers_that_do_not_answer_hold_up_no_run(
    told: Cloud, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, threads = threading.Event(), assembly.supervising()
    monkeypatch.setattr(webhook, "send", lambda *_: answers.wait(600))
    told.backend._in_background = lambda id, do: threads.of(id).submit(do)
    try:
        for number in range(100):
            home: Any = told.backend._open("lookoutequipment", SOURCE, REGION)
            alarms_of(home)[str(number)] = Alarm(str(number), at(0), "{}")
            schedule(home, TELL, str(number), at(0))
            home.session.commit()
        send(told, 1, NORMAL)
        told.clock.advance(300)
        told.backend.tick()
        for _ in range(300):
            if executions(told, Status="SUCCESS"):
                break
            threading.Event().wait(0.1)
        assert executions(told, Status="SUCCESS")
    finally:
        answers.set()
        for pool in threads:
            pool.shutdown()
    assert not alarms_of(told.backend._open("lookoutequipment", SOURCE, REGION))
