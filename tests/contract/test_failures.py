"""What only the service can know: failed work, quotas, permissions, time, and its end."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lookout_provider import ownership
from lookout_provider.resources.base import State
from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import (
    ACTIVE_MODEL_VERSION,
    IMPORTED_DATASET,
    MODEL_VERSION,
    RESOURCE_POLICY,
    RETRAINING_SCHEDULER,
    Case,
)
from tests.contract.marks import named, working
from tests.contract.player import Player, Resource
from tests.contract.test_ownership import with_options
from tests.contract.test_sequences import is_gone
from tests.contract.world import World, until


@working
def test_failed_work_fails_with_the_service_s_reason_and_the_real_id(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    world.backend.faults.add(case.work, Fault.fail("the data is on fire"))
    answer = player.create(resource)
    assert not answer.ok
    assert "the data is on fire" in answer.reason
    assert not answer.physical_id.startswith("refused:")
    assert player.delete(resource).ok
    if case.traits.deletable:
        assert case.live(world) == {}


@working
def test_what_failed_is_made_again_by_the_next_deployment(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    world.backend.faults.add(case.work, Fault.fail("the data is on fire"))
    player.create(resource)
    answer = player.create(resource)
    assert answer.ok, answer.reason
    ready = [status for status in case.live(world).values() if status != "FAILED"]
    assert len(ready) == 1


def test_a_version_that_failed_stays_and_the_reason_says_so(player: Player, world: World) -> None:
    world.backend.faults.add("ImportModelVersion", Fault.fail("the data is on fire"))
    resource = Resource(MODEL_VERSION.type, "Pumps1A2B3C4D", MODEL_VERSION.desired(world))
    answer = player.create(resource)
    assert "the API cannot delete one" in answer.reason
    assert player.delete(resource).ok
    assert MODEL_VERSION.live(world) == {answer.physical_id: "FAILED"}


def test_a_version_that_was_imported_before_is_used_again(player: Player, world: World) -> None:
    resource = Resource(MODEL_VERSION.type, "Pumps1A2B3C4D", MODEL_VERSION.desired(world))
    first = player.create(resource).physical_id
    assert MODEL_VERSION.replaced is not None
    second = player.update(resource, MODEL_VERSION.replaced(world)).physical_id
    again = player.update(resource, MODEL_VERSION.desired(world)).physical_id
    assert first == again != second
    assert len(MODEL_VERSION.live(world)) == 2


def test_a_missing_permission_is_waited_out_for_two_minutes_then_named(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    started = world.clock.now()
    world.backend.faults.add(case.calls[0], Fault.access_denied(), times=500)
    answer = player.create(resource)
    assert not answer.ok
    assert f"{case.calls[0]}: AccessDeniedException" in answer.reason
    assert 120 <= (world.clock.now() - started).total_seconds() < 240


def test_a_permission_that_comes_late_is_waited_for(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    world.backend.faults.add(case.calls[0], Fault.access_denied(), times=3)
    assert player.create(resource).ok


@working
def test_a_quota_of_work_in_progress_is_waited_out(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    world.backend.settings.quotas.import_dataset_jobs_in_progress = 1
    world.backend.settings.quotas.import_model_jobs_in_progress = 1
    world.backend.settings.progress = Progress.by_seconds(200)
    world.target.import_dataset(SourceDatasetArn=world.dataset, DatasetName="busy", ClientToken="busy")
    world.target.import_model_version(
        SourceModelVersionArn=world.version(1), ModelName="busy", DatasetName="plain-dataset", ClientToken="busy"
    )
    answer = player.create(resource)
    assert answer.ok, answer.reason


@named
def test_a_quota_of_things_fails_by_its_name(case: Case, player: Player, world: World, resource: Resource) -> None:
    world.backend.settings.quotas.datasets = 1
    world.backend.settings.quotas.models = 1
    world.backend.settings.quotas.label_groups = 0
    world.backend.settings.vision_quotas.projects = 0
    if case.traits.one_per_parent:
        assert case.by_hand is not None
        case.by_hand(world)
    answer = player.create(resource)
    assert "ServiceQuotaExceededException" in answer.reason
    assert answer.physical_id.startswith("refused:")


@working
def test_the_time_to_wait_ends_with_the_real_id(case: Case, player: Player, world: World, resource: Resource) -> None:
    resource.properties = with_options(resource, WaitSeconds="300")
    world.backend.settings.progress = Progress.by_seconds(4000)
    answer = player.create(resource)
    assert not answer.ok
    assert "not finished after 3" in answer.reason
    assert answer.physical_id in case.live(world)


@working
def test_what_is_not_waited_for_is_answered_when_it_has_started(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    resource.properties = with_options(resource, WaitSeconds="0")
    world.backend.settings.progress = Progress.by_seconds(4000)
    answer = player.create(resource)
    assert answer.ok, answer.reason
    assert (player.invocations, len(player.machine.executions)) == (2, 1)


@working
def test_work_of_an_hour_takes_fewer_than_75_polls(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    world.backend.settings.progress = Progress.by_seconds(3200 / case.states)
    url = player.begin("Create", resource)
    polls = player.drain()
    assert player.answers[url][0].ok
    assert polls < 75


def test_the_deletion_of_what_something_else_uses_fails_after_15_minutes(player: Player, world: World) -> None:
    """A dataset of the stack, and a model that somebody made of it by hand."""
    resource = Resource(IMPORTED_DATASET.type, "Pumps1A2B3C4D", IMPORTED_DATASET.desired(world))
    name = player.create(resource).physical_id
    world.target.import_model_version(
        SourceModelVersionArn=world.version(1), ModelName="by-hand", DatasetName=name, ClientToken="by-hand"
    )
    until(lambda: world.status(world.target, "by-hand", 1) == "SUCCESS")
    started = world.clock.now()
    answer = player.delete(resource)
    assert not answer.ok
    assert "ConflictException" in answer.reason
    assert "something else uses" in answer.reason
    assert 900 <= (world.clock.now() - started).total_seconds() < 1200
    assert name in IMPORTED_DATASET.live(world)


@working
def test_a_deletion_waits_for_what_is_being_made_however_long(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    # The deletion itself may take as long.
    world.backend.settings.progress = Progress.by_seconds(1500)
    player.begin("Create", resource)
    [waiting] = player.machine.running()
    player.poll(waiting)
    resource.physical_id = waiting.state["PhysicalId"]
    assert player.delete(resource).ok
    assert is_gone(case, world)


def test_an_import_of_what_does_not_exist_fails_with_the_service_s_words(player: Player, world: World) -> None:
    properties = {**MODEL_VERSION.desired(world), "SourceModelVersionArn": world.version(99)}
    answer = player.create(Resource(MODEL_VERSION.type, "Pumps1A2B3C4D", properties))
    assert "ImportModelVersion: ResourceNotFoundException" in answer.reason
    assert answer.physical_id.startswith("refused:")


@pytest.mark.parametrize(
    ("attached", "member", "refused"),
    [
        (ACTIVE_MODEL_VERSION, "ModelVersion", "99"),
        (RESOURCE_POLICY, "ResourcePolicy", '{"Version": "2012-10-17", "Statement": []}'),
        (RETRAINING_SCHEDULER, "RetrainingFrequency", "P7D"),
    ],
    ids=["active model version", "resource policy", "retraining scheduler"],
)
def test_a_create_that_the_service_refuses_leaves_no_lease(
    attached: Case, member: str, refused: str, player: Player, world: World
) -> None:
    resource = Resource(attached.type, "Pumps1A2B3C4D", {**attached.desired(world), member: refused})
    assert not player.create(resource).ok
    assert player.delete(resource).ok
    arn = world.target.describe_model(ModelName="plain-model")["ModelArn"]
    assert ownership.reserved(ownership.read(world.target.list_tags_for_resource(ResourceArn=arn)["Tags"])) == {}
    resource.properties = attached.desired(world)
    assert player.create(resource).ok


def test_a_policy_that_somebody_else_put_meanwhile_is_not_overwritten_blindly(player: Player, world: World) -> None:
    resource = Resource(RESOURCE_POLICY.type, "Pumps1A2B3C4D", RESOURCE_POLICY.desired(world))
    player.create(resource)
    world.calls()
    assert RESOURCE_POLICY.changed is not None
    player.update(resource, RESOURCE_POLICY.changed(world))
    [put] = [call for call in world.backend.calls.all() if call.operation == "PutResourcePolicy"]
    assert put.parameters["PolicyRevisionId"]


def test_a_policy_that_is_only_spelled_differently_is_not_put_again(player: Player, world: World) -> None:
    resource = Resource(RESOURCE_POLICY.type, "Pumps1A2B3C4D", RESOURCE_POLICY.desired(world))
    player.create(resource)
    world.calls()
    respelled = resource.properties["ResourcePolicy"].replace("arn:aws:iam::111111111111:root", "111111111111")
    assert respelled != resource.properties["ResourcePolicy"]
    player.update(resource, {**resource.properties, "ResourcePolicy": respelled})
    assert world.mutations() == []


class TestWhenTheServiceHasEnded:
    @pytest.fixture
    def created(self, player: Player, resource: Resource, monkeypatch: pytest.MonkeyPatch) -> Resource:
        player.create(resource)

        def unreachable(**_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://lookoutequipment.us-east-1.amazonaws.com")

        reachable = player.client

        class Ended:
            def __getattr__(self, operation: str) -> Any:
                return unreachable

        monkeypatch.setattr(player, "client", lambda s, r: reachable(s, r) if s == "stepfunctions" else Ended())
        return resource

    def test_a_delete_succeeds(self, case: Case, player: Player, created: Resource) -> None:
        assert player.delete(created).ok

    def test_an_update_fails_and_names_the_way_out(self, case: Case, player: Player, created: Resource) -> None:
        answer = player.finish(player.begin("Update", created, properties=created.properties))
        assert (answer.status, answer.physical_id) == ("FAILED", created.physical_id)
        assert "endpoint_url" in answer.reason

    @pytest.mark.where(lambda case: not case.owns and case.traits.deletable)
    def test_what_only_waits_for_something_is_gone_at_once(self, case: Case, player: Player, created: Resource) -> None:
        """A relay has many links, and each would find out for itself."""
        player.invocations = 0
        assert player.delete(created).ok
        assert player.invocations == 1

    @pytest.mark.where(lambda case: case.traits.deletable and case.owns)
    def test_a_delete_fails_where_the_function_is_told_so(
        self, case: Case, player: Player, created: Resource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DELETE_WHEN_SERVICE_ENDED", "false")
        assert not player.delete(created).ok


def test_every_status_of_a_version_is_known() -> None:
    from lookout_provider.resources.model import version_state
    from lookout_shared.properties import service_model

    statuses = service_model("lookoutequipment").shape_for("ModelVersionStatus").metadata["enum"]
    assert {version_state({"Status": status}) for status in statuses} == set(State)


@pytest.mark.parametrize("policy", ["{", "[" * 5_000 + "]" * 5_000], ids=["cut off", "deep"])
def test_a_policy_that_is_no_json_is_refused_in_the_service_s_words(player: Player, world: World, policy: str) -> None:
    properties = RESOURCE_POLICY.desired(world) | {"ResourcePolicy": policy}
    resource = Resource(RESOURCE_POLICY.type, "Share1A2B3C4D", properties)
    answer = player.create(resource)
    assert "PutResourcePolicy: ValidationException: ResourcePolicy: not valid JSON" in answer.reason
    assert player.delete(resource).ok
    assert RESOURCE_POLICY.live(world) == {}
