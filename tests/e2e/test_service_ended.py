"""Stacks whose service ends in the middle of their life: its address refuses connections, the rest of AWS is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import aws_cdk as cdk
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cdk_lookout import LookoutProvider, equipment, vision
from lookout_local import DeploymentFailed, LocalCloud

DESTROY = cdk.RemovalPolicy.DESTROY


class Endpoint:
    """An address of the services, which can be switched off: it asks the cloud in the name of the account's root.

    A signature is for one address only, so requests cannot be handed on as they are.
    """

    def __init__(self, cloud: LocalCloud) -> None:
        variables = cloud.env()
        root = Credentials(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])

        class Handler(BaseHTTPRequestHandler):
            def ask(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kept = {name: self.headers[name] for name in ("Content-Type", "X-Amz-Target") if name in self.headers}
                request = AWSRequest(self.command, f"{cloud.endpoint_url}{self.path}", headers=kept, data=body)
                service = self.headers["Authorization"].split("/")[3]
                SigV4Auth(root, service, variables["AWS_REGION"]).add_auth(request)
                there = HTTPConnection(urlsplit(cloud.endpoint_url).netloc)
                there.request(self.command, self.path, body, dict(request.headers.items()))
                answer = there.getresponse()
                content = answer.read()
                there.close()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower().startswith(("content-", "x-amz")):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = ask

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def switch_off(self) -> None:
        """From now on connections are refused; none is kept open between two requests."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A cloud of our own: what these tests leave behind is out of reach."""
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def endpoint(cloud: LocalCloud) -> Iterator[Endpoint]:
    endpoint = Endpoint(cloud)
    yield endpoint
    endpoint.switch_off()


def pumps(stack: cdk.Stack, sensor: str) -> None:
    component = equipment.SchemaComponent("pump", [sensor])
    source = equipment.DatasetSource.schema(equipment.DatasetSchema.from_components(component))
    equipment.Dataset(stack, "Pumps", source=source, removal_policy=DESTROY)


def bottles(stack: cdk.Stack, line: str) -> None:
    vision.Project(stack, "Bottles", project_name=f"bottles-{line}", removal_policy=DESTROY)


class Plant:
    """A stack whose provider finds the services at *endpoint*."""

    def __init__(
        self, cloud: LocalCloud, endpoint: Endpoint, define: Callable[[cdk.Stack, str], None], *, deletes: bool
    ) -> None:
        self.cloud = cloud
        self.endpoint = endpoint
        self.define = define
        self.deletes = deletes

    def stack(self, variant: str = "pressure") -> cdk.Stack:
        stack = cdk.Stack(cdk.App(), f"Ended{self.define.__name__.title()}")
        LookoutProvider(stack, endpoint_url=self.endpoint.url, delete_when_service_ended=self.deletes)
        self.define(stack, variant)
        return stack

    def deploy(self, variant: str = "pressure") -> None:
        self.cloud.deploy(self.stack(variant))

    def destroy(self) -> None:
        self.cloud.destroy(self.stack())

    @property
    def status(self) -> str | None:
        stacks = self.cloud.client("cloudformation").list_stacks()["StackSummaries"]
        name = self.stack().stack_name
        found = [stack["StackStatus"] for stack in stacks if stack["StackName"] == name]
        return found[0] if found else None

    def allow_deletion(self) -> None:
        """What the documentation says for a stack that is stuck: the variable of the function, by hand."""
        functions = self.cloud.client("lambda")
        stack = self.stack().stack_name
        [function] = [
            item for item in functions.list_functions()["Functions"] if item["FunctionName"].startswith(f"{stack}-")
        ]
        variables = {**function["Environment"]["Variables"], "DELETE_WHEN_SERVICE_ENDED": "true"}
        functions.update_function_configuration(
            FunctionName=function["FunctionName"], Environment={"Variables": variables}
        )


@pytest.fixture
def plant(cloud: LocalCloud, endpoint: Endpoint) -> Iterator[Plant]:
    yield Plant(cloud, endpoint, pumps, deletes=True)
    cloud.reset()


@pytest.mark.parametrize("define", [pumps, bottles], ids=["equipment", "vision"])
def test_a_stack_is_deleted_when_its_service_has_ended(plant: Plant, define: Callable[[cdk.Stack, str], None]) -> None:
    plant.define = define
    plant.deploy()
    plant.endpoint.switch_off()
    plant.destroy()
    assert plant.status == "DELETE_COMPLETE"


def test_a_stack_whose_update_and_rollback_failed_with_its_service_is_deleted(plant: Plant) -> None:
    plant.deploy()
    plant.endpoint.switch_off()
    with pytest.raises(DeploymentFailed, match="does not answer at its endpoint, see endpoint_url") as failure:
        plant.deploy("flow")
    assert failure.value.status == "UPDATE_ROLLBACK_FAILED"
    plant.destroy()
    assert plant.status == "DELETE_COMPLETE"


def test_a_stack_in_delete_failed_is_deleted_once_the_function_is_told_so(plant: Plant) -> None:
    plant.deletes = False
    plant.deploy()
    plant.endpoint.switch_off()
    with pytest.raises(DeploymentFailed, match="does not answer") as failure:
        plant.destroy()
    assert failure.value.status == "DELETE_FAILED"
    plant.allow_deletion()
    plant.destroy()
    assert plant.status == "DELETE_COMPLETE"
