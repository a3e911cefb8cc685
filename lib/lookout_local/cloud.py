"""A local AWS for tests: the Lookout services, CloudFormation, Lambda, S3, IAM and the rest, on loopback."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from subprocess import Popen
from types import TracebackType
from typing import TYPE_CHECKING, Any

from lookout_local import bootstrap, process
from lookout_local.clients import ACCOUNT, REGION, client
from lookout_local.deployment import LONGEST_BODY, Deployer, Environment, StackEvent
from lookout_local.environment import proxied, variables
from lookout_local.errors import LocalCloudError
from lookout_local.state_directory import StateDirectory
from lookout_local.synthesis import synthesise, upload

if TYPE_CHECKING:
    from aws_cdk import Stack

    from lookout_local.remote import RemoteCalls, RemoteFaults, RemoteSettings

DEFAULT_TIME_SCALE = 0.01


class LocalCloud:
    """A local cloud of one's own, in a process of its own, with IAM enforcement.

        with LocalCloud() as cloud:
            outputs = cloud.deploy(stack)
            cloud.client("lookoutequipment").list_datasets()

    `port`: 0 takes a free one. `state_dir`: where its log and temporary files live; by default a temporary directory
    that goes away with it. `time_scale`: the factor on waits of state machines and on the time that the Lookout
    services take (0.01 by default: a minute takes 0.6 s). Several clouds can run at once. Starting one takes about half
    a second; it ends with `stop`, with the `with` block, or with the process that started it.
    """

    def __init__(self, *, port: int = 0, state_dir: Path | None = None, time_scale: float = DEFAULT_TIME_SCALE) -> None:
        process.check(port=port, time_scale=time_scale)
        self._port = port
        self._time_scale = time_scale
        self._own_dir = state_dir is None
        self._state_dir = state_dir
        self._running: process.Running | None = None
        self._child: Popen[bytes] | None = None
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.Lock()
        self._deployer = Deployer(self._client)

    def start(self) -> LocalCloud:
        """Start the cloud and wait until it serves; raises LocalCloudError. Does nothing when it runs already.

        When it has ended by itself, an empty one is started.
        """
        if self._running is not None and not self._running.alive():
            self.stop()
        if self._running is None:
            state_dir = self._state_dir or Path(tempfile.mkdtemp(prefix="lookout-local-"))
            self._state_dir = state_dir
            try:
                self._running, self._child = process.start(
                    state_dir, port=self._port, time_scale=self._time_scale, dies_with_us=True, discard=self._own_dir
                )
            except BaseException:
                self._forget_dir()
                raise
        return self

    def stop(self) -> None:
        """End the cloud and all functions that it runs. Does nothing when it does not run."""
        if self._running is not None:
            process.stop(self._running, self._child)
            self._running = self._child = None
            self._clients.clear()
            self._forget_dir()

    def __enter__(self) -> LocalCloud:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """The address of all services; raises LocalCloudError when the cloud does not run."""
        return self._process.endpoint_url

    @property
    def state_dir(self) -> Path:
        """Where the log of the server is (`server.log`), also of one that has ended by itself."""
        return Path(self._started.state_dir)

    @property
    def calls(self) -> RemoteCalls:
        """The calls that the Lookout services answered: `calls.all()`, `calls.clear()`."""
        from lookout_local.remote import RemoteCalls

        return RemoteCalls(self._process)

    @property
    def faults(self) -> RemoteFaults:
        """What goes wrong at the Lookout services: `faults.add("CreateDataset", Fault.throttle())`."""
        from lookout_local.remote import RemoteFaults

        return RemoteFaults(self._process)

    @property
    def settings(self) -> RemoteSettings:
        """How the Lookout services behave: `settings.progress = Progress.by_describes(0)`."""
        from lookout_local.remote import RemoteSettings

        return RemoteSettings(self._process)

    @property
    def now(self) -> datetime:
        """The time as the Lookout services see it: it runs faster than the machine's by the time scale."""
        from lookout_local import remote

        return remote.now(self._process)

    def env(self, *, account: str = ACCOUNT, region: str = REGION, proxy: bool = False) -> dict[str, str]:
        """Environment variables that point AWS tools and SDKs at this cloud, as the root of an account.

        The secret of the cloud is among them. With `proxy`, those that have AWS's own addresses written into them get
        there, too.
        """
        found = variables(self.endpoint_url, self._process.secret, account=account, region=region)
        if proxy:
            from lookout_local import remote

            opened = remote.proxy(self._process)
            found |= proxied(opened.url, opened.certificate)
        return found

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """A boto3 client that acts as the root of an account; the same one for the same arguments."""
        return self._client(service, account=account, region=region)

    def deploy(
        self,
        stack: Stack,
        *,
        account: str | None = None,
        region: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Create or update a stack as it is defined now; its outputs. Raises DeploymentFailed with the reasons.

        Account and Region are the stack's own, or 111111111111 and us-east-1 when it has none. Only this stack is
        deployed: deploy those that it depends on first. The account needs no bootstrapping, whatever the synthesizer.
        Parameters that `parameters` does not name keep their values, as the CDK CLI does it.
        """
        environment = _environment(stack, account, region)
        made = synthesise(stack, environment)

        def s3_of(region: str) -> Any:
            return self.client("s3", environment.account, region)

        bootstrap.ensure(self._deployer, self._client, made.needs, environment)
        upload(made.files, s3_of)
        url = None
        if len(made.template.encode()) > LONGEST_BODY and (file := made.template_file):
            upload([file], s3_of)
            url = f"{self.endpoint_url}/{file.bucket}/{file.key}"
        return self._deployer.put(
            stack.stack_name,
            made.template,
            environment,
            url=url,
            parameters={**made.parameters, **(parameters or {})},
            tags=made.tags,
        )

    def destroy(self, stack: Stack, *, account: str | None = None, region: str | None = None) -> None:
        """Delete a stack; does nothing when there is none. Raises DeploymentFailed with the reasons."""
        self._deployer.destroy(stack.stack_name, _environment(stack, account, region))

    def events(self, stack: Stack, *, account: str | None = None, region: str | None = None) -> list[StackEvent]:
        """The CloudFormation events of a stack, oldest first."""
        return self._deployer.events(stack.stack_name, _environment(stack, account, region))

    def reset(self) -> None:
        """Forget everything in all accounts: stacks, buckets, functions, datasets, models, calls and faults."""
        from lookout_local.remote import request

        request(self._process, "POST", "reset")

    @property
    def _process(self) -> process.Running:
        running = self._started
        if not running.alive():
            log = StateDirectory(Path(running.state_dir)).log_tail()
            raise LocalCloudError(f"the local cloud has ended by itself: start() starts an empty one\n{log}")
        return running

    @property
    def _started(self) -> process.Running:
        if self._running is None:
            raise LocalCloudError("the local cloud does not run: call start(), or use it in a with block")
        return self._running

    def _client(self, service: str, *, account: str, region: str) -> Any:
        endpoint_url = self.endpoint_url
        with self._lock:
            key = (service, account, region)
            if key not in self._clients:
                self._clients[key] = client(
                    service,
                    endpoint_url=endpoint_url,
                    account=account,
                    region=region,
                    aws_secret_access_key=self._process.secret,
                )
            return self._clients[key]

    def _forget_dir(self) -> None:
        if self._own_dir and self._state_dir is not None:
            shutil.rmtree(self._state_dir, ignore_errors=True)
            self._state_dir = None


def _environment(stack: Stack, account: str | None, region: str | None) -> Environment:
    from aws_cdk import Token

    own_account = None if Token.is_unresolved(stack.account) else stack.account
    own_region = None if Token.is_unresolved(stack.region) else stack.region
    return Environment(account or own_account or ACCOUNT, region or own_region or REGION)
