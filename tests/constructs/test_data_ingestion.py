"""Ingestions: what is sent, what reads the files, what has to wait for them, and their gate."""

from __future__ import annotations

from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from botocore.model import Shape, StructureShape
from botocore.session import Session

from cdk_lookout import InvalidProperty, Wait
from cdk_lookout.equipment import (
    DataGate,
    DataIngestion,
    Dataset,
    DatasetSchema,
    DatasetSource,
    IDataset,
    IModelVersion,
    KeyPattern,
    Model,
    ModelSource,
    ModelVersion,
    SchemaComponent,
)
from cdk_lookout.equipment.policy_document import flat
from lookout_server.equipment.key_patterns import KeyPattern as ServicePattern
from tests.constructs.support import Json, of_type, options, properties, resources

INGESTION = "Custom::LookoutEquipmentDataIngestion"


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "Sensors")


@pytest.fixture
def valves(stack: cdk.Stack) -> Dataset:
    """A dataset that begins empty."""
    schema = DatasetSchema.from_components(SchemaComponent("valve", ["pressure"]))
    return Dataset(stack, "Valves", source=DatasetSource.schema(schema))


def named(found: Json, part: str) -> list[str]:
    return [name for name in found if part in name]


def needed_by(stack: cdk.Stack, part: str) -> list[str]:
    """What the custom resource depends on whose logical id contains *part*."""
    found = resources(stack)
    [name] = [name for name in named(found, part) if found[name]["Type"].startswith("Custom::")]
    return cast(list[str], found[name]["DependsOn"])


def last_of(stack: cdk.Stack, ingestion: DataIngestion) -> str:
    """The logical id of what has the attributes of *ingestion*."""
    return cast(str, stack.resolve(ingestion.job_id)["Fn::GetAtt"][0])


def test_an_ingestion_is_the_request_of_the_api(stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket) -> None:
    valves.add_ingestion("March", bucket=bucket, prefix="valves/", key_pattern=KeyPattern.UNDERSCORE)
    found = properties(stack, "DataIngestion")
    assert found["DatasetName"] == stack.resolve(valves.dataset_name)
    assert found["IngestionInputConfiguration"] == {
        "S3InputConfiguration": {
            "Bucket": stack.resolve(bucket.bucket_name),
            "Prefix": "valves/",
            "KeyPattern": "{prefix}/{component_name}_*",
        }
    }
    assert found["RoleArn"]["Fn::GetAtt"][0].startswith("LookoutEquipmentRead")


def test_what_is_not_said_is_not_sent(stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket) -> None:
    valves.add_ingestion("March", bucket=bucket)
    location = properties(stack, "DataIngestion")["IngestionInputConfiguration"]["S3InputConfiguration"]
    assert list(location) == ["Bucket"]
    assert "Trigger" not in options(stack, "DataIngestion")


def test_by_itself_a_deployment_waits_55_minutes_and_wants_one_file(
    stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket
) -> None:
    valves.add_ingestion("March", bucket=bucket)
    found = options(stack, "DataIngestion")
    assert found["WaitSeconds"] == "3300"
    assert found["Gate"] == [{"Member": "IngestedFilesSummary.IngestedNumberOfFiles", "AtLeast": "1"}]


def test_an_ingestion_goes_into_a_dataset_from_elsewhere(stack: cdk.Stack, bucket: s3.Bucket) -> None:
    dataset = Dataset.from_dataset_name(stack, "Valves", "valves")
    DataIngestion(stack, "March", dataset=dataset, bucket=bucket, trigger="2024-04-01")
    assert properties(stack, "DataIngestion")["DatasetName"] == "valves"
    assert options(stack, "DataIngestion")["Trigger"] == "2024-04-01"


def test_the_role_reads_the_prefix(stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket) -> None:
    march = valves.add_ingestion("March", bucket=bucket, prefix="valves/")
    [role] = [
        role["Properties"]
        for name, role in of_type(resources(stack), "AWS::IAM::Role").items()
        if name.startswith("LookoutEquipmentRead")
    ]
    listing, reading = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["valves/*"]}}
    assert flat(reading["Resource"]).endswith(".Arn}/valves/*")
    assert stack.resolve(march.role.role_arn) == properties(stack, "DataIngestion")["RoleArn"]


def test_a_role_of_ones_own_gets_the_permission_before_it_is_needed(
    stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket
) -> None:
    role = iam.Role(stack, "Mine", assumed_by=iam.ServicePrincipal("lookoutequipment.amazonaws.com"))
    march = valves.add_ingestion("March", bucket=bucket, role=role)
    assert named(dict.fromkeys(needed_by(stack, "March")), "MineDefaultPolicy")
    assert march.role is role


def test_the_attributes_are_those_of_the_job(stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket) -> None:
    march = valves.add_ingestion("March", bucket=bucket)
    [name] = of_type(resources(stack), INGESTION)
    asked = {
        attribute: stack.resolve(getattr(march, attribute))["Fn::GetAtt"]
        for attribute, member in vars(DataIngestion).items()
        if isinstance(member, property) and attribute != "role"
    }
    assert {resource for resource, _ in asked.values()} == {name}
    camel = {attribute: attribute.title().replace("_", "") for attribute in asked} | {"job_status": "Status"}
    assert {attribute: found for attribute, (_, found) in asked.items()} == camel


class TestWhatComesAfter:
    """Nothing that needs the data may come before them."""

    def test_a_model_waits_for_the_ingestions_into_its_dataset(
        self, stack: cdk.Stack, valves: Dataset, version_1: IModelVersion, bucket: s3.Bucket
    ) -> None:
        valves.add_ingestion("March", bucket=bucket)
        Model(stack, "Wear", source=ModelSource.imported(version_1, dataset=valves))
        assert named(dict.fromkeys(needed_by(stack, "Wear")), "March")

    def test_a_model_waits_for_ingestions_that_are_added_later(
        self, stack: cdk.Stack, valves: Dataset, version_1: IModelVersion, bucket: s3.Bucket
    ) -> None:
        Model(stack, "Wear", source=ModelSource.imported(version_1, dataset=valves))
        valves.add_ingestion("March", bucket=bucket)
        assert named(dict.fromkeys(needed_by(stack, "Wear")), "March")

    def test_a_model_waits_for_the_whole_relay(
        self, stack: cdk.Stack, valves: Dataset, version_1: IModelVersion, bucket: s3.Bucket
    ) -> None:
        march = valves.add_ingestion("March", bucket=bucket, wait=Wait.until_ready(timeout=cdk.Duration.hours(2)))
        Model(stack, "Wear", source=ModelSource.imported(version_1, dataset=valves))
        assert last_of(stack, march) in needed_by(stack, "Wear")

    def test_a_version_waits_for_the_dataset_that_it_works_on(
        self, stack: cdk.Stack, wear: Model, valves: Dataset, version_1: IModelVersion, bucket: s3.Bucket
    ) -> None:
        ModelVersion(stack, "Weekly", model=wear, source=version_1, dataset=valves)
        valves.add_ingestion("March", bucket=bucket)
        assert named(dict.fromkeys(needed_by(stack, "Weekly")), "March")
        assert not named(dict.fromkeys(needed_by(stack, "Wear")), "March")

    def test_a_copy_of_the_dataset_waits_for_what_is_ingested_into_it(
        self, stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket
    ) -> None:
        valves.add_ingestion("March", bucket=bucket)
        Dataset(stack, "Copy", source=DatasetSource.imported(valves))
        assert named(dict.fromkeys(needed_by(stack, "Copy")), "March")

    def test_a_model_of_a_dataset_from_elsewhere_waits_as_well(
        self, stack: cdk.Stack, version_1: IModelVersion, bucket: s3.Bucket
    ) -> None:
        elsewhere: IDataset = Dataset.from_dataset_name(stack, "Elsewhere", "valves")
        Model(stack, "Wear", source=ModelSource.imported(version_1, dataset=elsewhere))
        DataIngestion(stack, "March", dataset=elsewhere, bucket=bucket)
        assert named(dict.fromkeys(needed_by(stack, "Wear")), "March")

    def test_a_model_in_another_stack_makes_that_stack_wait(
        self, app: cdk.App, stack: cdk.Stack, valves: Dataset, version_1: IModelVersion, bucket: s3.Bucket
    ) -> None:
        models = cdk.Stack(app, "Models")
        loading = cdk.Stack(app, "Loading")
        Model(models, "Wear", source=ModelSource.imported(version_1, dataset=valves))
        DataIngestion(loading, "March", dataset=valves, bucket=bucket)
        app.synth()
        assert loading in models.dependencies

    def test_ingestions_into_one_dataset_come_one_after_another(
        self, stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket
    ) -> None:
        for month in ("March", "April", "May"):
            valves.add_ingestion(month, bucket=bucket, prefix=f"{month}/")
        assert named(dict.fromkeys(needed_by(stack, "April")), "March")
        assert named(dict.fromkeys(needed_by(stack, "May")), "April")
        assert not named(dict.fromkeys(needed_by(stack, "March")), "May")

    def test_ingestions_in_another_stack_need_none_of_the_dataset_s_own_that_come_later(
        self, app: cdk.App, stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket
    ) -> None:
        DataIngestion(cdk.Stack(app, "Loading"), "March", dataset=valves, bucket=bucket)
        valves.add_ingestion("April", bucket=bucket, prefix="april/")
        app.synth()
        assert stack.dependencies == []

    def test_a_model_of_another_dataset_waits_for_nothing(
        self, stack: cdk.Stack, wear: Model, valves: Dataset, bucket: s3.Bucket
    ) -> None:
        valves.add_ingestion("March", bucket=bucket)
        assert not named(dict.fromkeys(needed_by(stack, "Wear")), "March")


class TestRelay:
    def test_every_link_checks_the_gate(self, stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket) -> None:
        gate = DataGate(max_discarded_files=0)
        wait = Wait.until_ready(timeout=cdk.Duration.hours(2))
        valves.add_ingestion("March", bucket=bucket, gate=gate, wait=wait)
        links = of_type(resources(stack), "Custom::LookoutWait").values()
        assert links
        assert all(link["Properties"]["Options"]["Gate"] == gate.limits for link in links)

    def test_the_resource_itself_only_starts_the_work(
        self, stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket
    ) -> None:
        march = valves.add_ingestion("March", bucket=bucket, wait=Wait.until_ready(timeout=cdk.Duration.hours(48)))
        assert options(stack, "DataIngestion")["WaitSeconds"] == "0"
        last = resources(stack)[last_of(stack, march)]
        assert (last["Type"], last["Properties"]["Options"]["Last"]) == ("Custom::LookoutWait", "true")


class TestWhatIsNotWaitedFor:
    def test_it_has_no_gate(self, stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket) -> None:
        valves.add_ingestion("March", bucket=bucket, wait=Wait.started())
        assert "Gate" not in options(stack, "DataIngestion")

    def test_a_gate_is_refused(self, valves: Dataset, bucket: s3.Bucket) -> None:
        with pytest.raises(InvalidProperty, match=r"gate of Plant/Valves/March: got Wait.started\(\), expected"):
            valves.add_ingestion("March", bucket=bucket, gate=DataGate(), wait=Wait.started())

    def test_the_job_is_known_but_not_its_figures(self, valves: Dataset, bucket: s3.Bucket) -> None:
        march = valves.add_ingestion("March", bucket=bucket, wait=Wait.started())
        assert march.job_id
        with pytest.raises(InvalidProperty, match=r"attribute IngestedNumberOfFiles of .*: got Wait.started"):
            assert march.ingested_number_of_files


class TestWhatTheServiceWouldRefuse:
    @pytest.fixture
    def detected(self, stack: cdk.Stack) -> Dataset:
        return Dataset(stack, "Detected", source=DatasetSource.detected())

    def test_the_first_ingestion_that_detects_a_schema_needs_a_pattern(
        self, detected: Dataset, bucket: s3.Bucket
    ) -> None:
        with pytest.raises(
            InvalidProperty, match=r"key_pattern of .*March: got None, expected a KeyPattern: the first"
        ):
            detected.add_ingestion("March", bucket=bucket)

    def test_a_later_one_does_not(self, stack: cdk.Stack, detected: Dataset, bucket: s3.Bucket) -> None:
        detected.add_ingestion("March", bucket=bucket, key_pattern=KeyPattern.FOLDER)
        detected.add_ingestion("April", bucket=bucket)
        assert len(of_type(resources(stack), INGESTION)) == 2

    def test_a_prefix_without_a_slash_at_its_end(self, valves: Dataset, bucket: s3.Bucket) -> None:
        with pytest.raises(InvalidProperty, match=r"prefix of Plant/Valves/March: got 'valves', expected .* slash"):
            valves.add_ingestion("March", bucket=bucket, prefix="valves")

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"bucket": "sensors"}, "bucket of .*: got 'sensors', expected a bucket"),
            ({"key_pattern": "{prefix}/{component_name}/*"}, "key_pattern of .* expected a KeyPattern"),
            ({"role": "reader"}, "role of .*: got 'reader', expected a role"),
            ({"gate": 14}, "gate of .*: got an int, expected a DataGate"),
            ({"trigger": 4}, "trigger of .*: got 4, expected a text"),
            ({"wait": 4}, "wait of .* expected Wait.until_ready"),
            ({"dataset": "valves"}, "dataset of .*: got 'valves', expected a dataset"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_a_thing_of_another_kind(
        self, given: dict[str, Any], message: str, stack: cdk.Stack, valves: Dataset, bucket: s3.Bucket
    ) -> None:
        with pytest.raises(InvalidProperty, match=message):
            DataIngestion(stack, "March", **{"dataset": valves, "bucket": bucket, **given})


class TestKeyPattern:
    @pytest.mark.parametrize("name", ["FOLDER", "UNDERSCORE", "HYPHEN", "DOT", "SPACE"])
    def test_the_service_knows_every_constant(self, name: str) -> None:
        pattern = getattr(KeyPattern, name).pattern
        delimiter = pattern.removeprefix("{prefix}/{component_name}").removesuffix("*")
        assert ServicePattern(pattern, "").component_of(f"pump{delimiter}1.csv", None) == "pump"

    def test_another_pattern_is_taken_as_it_is(self) -> None:
        assert KeyPattern.of("{prefix}/{component_name}+*").pattern == "{prefix}/{component_name}+*"

    @pytest.mark.parametrize("pattern", ["", "{prefix}/*", "{component_name}" + "x" * 2048])
    def test_what_names_no_component_is_refused(self, pattern: str) -> None:
        with pytest.raises(InvalidProperty, match=r"pattern of KeyPattern.of: got .* with {component_name} in them"):
            KeyPattern.of(pattern)


def numbers(shape: Shape, path: str) -> list[str]:
    """The paths to all numbers and lists in *shape*."""
    if isinstance(shape, StructureShape):
        return [found for name, member in shape.members.items() for found in numbers(member, f"{path}.{name}")]
    return [path]


class TestGate:
    def test_every_figure_of_the_service_can_be_limited(self) -> None:
        limits: dict[str, Any] = {name: 0 for name in DataGate.__init__.__annotations__ if name.startswith("max_")}
        limited = {limit["Member"] for limit in DataGate(**limits).limits}
        service = Session().get_service_model("lookoutequipment")
        found = {
            path
            for name in ("DataQualitySummary", "IngestedFilesSummary")
            for path in numbers(service.shape_for(name), name)
        }
        # Of all files, those that were not discarded were ingested.
        assert found - limited == {"IngestedFilesSummary.TotalNumberOfFiles"}
        assert limited <= found

    def test_only_what_is_given_is_limited(self) -> None:
        assert DataGate(min_ingested_files=None, max_discarded_files=2).limits == [
            {"Member": "IngestedFilesSummary.DiscardedFiles", "AtMost": "2"}
        ]

    @pytest.mark.parametrize(
        ("span", "days"),
        [
            (cdk.Duration.days(14), "14"),
            (cdk.Duration.hours(36), "1.5"),
            (cdk.Duration.seconds(100), "0.001157"),
        ],
        ids=["14 days", "36 hours", "100 seconds"],
    )
    def test_a_span_counts_in_days(self, span: cdk.Duration, days: str) -> None:
        assert DataGate(min_ingested_files=None, min_span=span).limits == [
            {"Member": "DataSpanInDays", "AtLeast": days}
        ]

    @pytest.mark.parametrize("limit", [-1, 1.5, "1", True])
    def test_a_limit_that_counts_nothing_is_refused(self, limit: Any) -> None:
        with pytest.raises(InvalidProperty, match=r"max_missing_values of DataGate: got .*, expected a whole number"):
            DataGate(max_missing_values=limit)

    @pytest.mark.parametrize(
        "span",
        [14, cdk.Duration.days(0), cdk.Duration.days(cdk.Token.as_number({"Ref": "Days"}))],
        ids=["number", "nothing", "token"],
    )
    def test_a_span_that_is_none_is_refused(self, span: Any) -> None:
        with pytest.raises(InvalidProperty, match=r"min_span of DataGate: got .*, expected a"):
            DataGate(min_span=span)
