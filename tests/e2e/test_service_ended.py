"""Stacks whose service ends in the middle of their life: its address refuses connections, the rest of AWS is there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import aws_cdk as cdk
import pytest

from cdk_lookout import LookoutProvider, equipment, vision
from lookout_local import DeploymentFailed, LocalCloud

DESTROY = cdk.RemovalPolicy.DESTROY


class Endpoint:
    """An address of the services, which can be switched off: it hands connections on to the cloud."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def switch_off(self) -> None:
        """From now on connections are refused, and those that a function kept are cut."""
        self._run(self._close())

    def stop(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, away = await asyncio.open_connection(*self._target)
        self._open |= {writer, away}
        await asyncio.gather(_pass_on(reader, away), _pass_on(there, writer))


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A cloud of our own: what these tests leave behind is out of reach."""
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def endpoint(cloud: LocalCloud) -> Iterator[Endpoint]:
    endpoint = Endpoint(cloud.endpoint_url)
    yield endpoint
    endpoint.stop()


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
