"""Where the documentation has a message of this package. This module is generated: `make docs` writes it."""

from __future__ import annotations

#: The messages of every section; `…` stands for what differs from case to case.
SECTIONS: dict[str, list[str]] = {
    "docs/errors/synthesis.md#name": [
        "… of …: got …, expected 1 to 200 letters, digits, hyphens and underscores",
    ],
    "docs/errors/synthesis.md#arn": [
        "… of …: got …, expected arn:aws:…",
    ],
    "docs/errors/synthesis.md#name-and-arn": [
        "… of …: got …, expected the one in …",
        "… of …: got None, expected …, … or both",
    ],
    "docs/errors/synthesis.md#no-arn": [
        "… of …: got a reference by name, expected …",
    ],
    "docs/errors/synthesis.md#wrong-kind": [
        "… of …: got …, expected a …",
        "… of …: got …, expected an …",
        "… of …: got …, expected buckets",
        "… of …: got …, expected models",
        "… of …: got …, expected model versions, such as model.version(1)",
        "… of …: got …, expected accounts, 12 digits each",
        "… of …: got …, expected Wait.until_ready() or Wait.started()",
    ],
    "docs/errors/synthesis.md#attribute-not-awaited": [
        "attribute … of …: got Wait.started(), expected Wait.until_ready(): it exists only when the service is done",
    ],
    "docs/errors/synthesis.md#attributes-context": [
        "context cdk-lookout:attributes of …: got …, expected one of …",
    ],
    "docs/errors/synthesis.md#wait-too-long": [
        "timeout of …: got …, expected whole seconds up to 48 hours; …",
    ],
    "docs/errors/synthesis.md#time-without-zone": [
        "… of …: got …, expected a time with its offset from UTC, in whole seconds, such as 2024-01-31T00:00:00+00:00",
    ],
    "docs/errors/synthesis.md#empty-range": [
        "end of …: got …, expected a time after the start, …",
        "created_before of …: got …, expected a time after created_after, …",
    ],
    "docs/errors/synthesis.md#whole-minutes": [
        "… of …: got …, expected whole minutes…",
    ],
    "docs/errors/synthesis.md#tag-key": [
        "tag key: got …, expected 1 to 128 of the characters that the service takes: …",
        "tag key: got …, expected one that does not begin with …",
        "value of tag …: got …, expected at most 256 …",
    ],
    "docs/errors/synthesis.md#too-many-tags": [
        "tags: got …, expected at most …: the service takes 50, some are the provider's",
        "tags: got … and … labels, which take one each, expected at most … together: …",
    ],
    "docs/errors/synthesis.md#prefix": [
        "… of …: got …, expected nothing, or at most 1024 characters ending with a slash",
        "… of …: got …, expected at most 1024 letters, digits and ! _ . * ' ( ) - / …",
        "… of …: got …, expected a path that begins and does not end with a slash, such as /lookout/wear",
    ],
    "docs/errors/synthesis.md#snapshot": [
        "removal_policy of …: got SNAPSHOT, expected RETAIN, RETAIN_ON_UPDATE_OR_DELETE or DESTROY",
    ],
    "docs/errors/synthesis.md#second-provider": [
        "LookoutProvider of …: got a second one, expected one per stack, made before the first resource: …",
    ],
    "docs/errors/synthesis.md#endpoint-url": [
        "endpoint_url of …: got …, expected http://... or https://...",
    ],
    "docs/errors/synthesis.md#endpoint-credentials": [
        "endpoint_credentials of …: got …, expected a secret, such as Secret.from_secret_name_v2 gives",
        "endpoint_url of …: got None, expected the endpoint that endpoint_credentials are for",
    ],
    "docs/errors/synthesis.md#asset": [
        "code of the provider's function: got no file … in …, expected the one that building cdk-lookout writes: …",
    ],
    "docs/errors/synthesis.md#node": [
        "the AWS CDK runs on Node.js, and no …",
        "environment variable JSII_NODE: got …, expected a program",
    ],
    "docs/errors/synthesis.md#no-file": [
        "path of …: got no such file, expected a file whose name ends with …",
    ],
    "docs/errors/synthesis.md#data-gate-span": [
        "… of …: got …, expected a duration above 0 that is known at synthesis",
    ],
    "docs/errors/synthesis.md#whole-number": [
        "… of …: got …, expected a whole number from …",
        "… of …: got …, expected min_version, …, or more",
    ],
    "docs/errors/synthesis.md#number": [
        "… of …: got …, expected a number from … to …",
    ],
    "docs/errors/synthesis.md#duration": [
        "… of …: got …, expected a duration of whole seconds that is known at synthesis",
        "… of …: got …, expected a duration that is known at synthesis",
        "… of …: got …, expected a cdk.Duration",
        "… of …: got …, expected a Duration",
    ],
    "docs/errors/synthesis.md#list": [
        "… of …: got …, expected a list of …",
        "… of …: got …, expected a list that is not empty",
        "… of …: got …, expected a list: at most …",
    ],
    "docs/errors/synthesis.md#choice": [
        "… of …: got …, expected one of …",
    ],
    "docs/errors/synthesis.md#true-or-false": [
        "… of …: got …, expected True or False",
    ],
    "docs/errors/synthesis.md#text": [
        "… of …: got …, expected 1 to … characters…",
        "… of …: got …, expected 1 to 256 letters, digits, spaces and …",
        "… of …: got …, expected a text that is not empty",
    ],
    "docs/errors/synthesis.md#namespace": [
        "namespace of …: got …, expected a namespace…",
    ],
    "docs/errors/synthesis.md#vpc": [
        "vpc of …: got None, expected the network that vpc_subnets and security_groups belong to",
    ],
    "docs/errors/synthesis.md#stack-of-a-provider": [
        "stack of …: got …, expected a stack: one provider serves all of it",
    ],
    "docs/errors/equipment.md#dataset-of-a-version": [
        "dataset of …: got None, expected the dataset that the version works on: …",
    ],
    "docs/errors/equipment.md#attribute-of-an-import": [
        "attribute … of …: got a dataset that is made empty, expected …",
    ],
    "docs/errors/equipment.md#version-not-awaited": [
        "model_version of …: got one with Wait.started(), expected one with Wait.until_ready(): …",
    ],
    "docs/errors/equipment.md#evaluation-before-training": [
        "evaluation_data of …: got …, expected a start after that of training_data, …",
    ],
    "docs/errors/equipment.md#sampling-rate": [
        "target_sampling_rate of …: got …, expected one of …",
    ],
    "docs/errors/equipment.md#unknown-sensor": [
        "schema of …: got …, expected a sensor of the dataset: …",
        "off_condition of …: got …, expected a sensor of the schema: …",
    ],
    "docs/errors/equipment.md#too-many-sensors": [
        "schema of …: got …, expected at most … in a training",
    ],
    "docs/errors/equipment.md#off-value": [
        "value of …: got …, expected a number",
    ],
    "docs/errors/equipment.md#gate-without-limits": [
        "limits of …: got none, expected at least one",
    ],
    "docs/errors/equipment.md#second-activation": [
        "ActiveModelVersion of …: got a second one of the model, after …, expected one",
    ],
    "docs/errors/equipment.md#second-policy": [
        "ResourcePolicy of …: got a second one for …, after …, expected one per resource: …",
    ],
    "docs/errors/equipment.md#policy-statement": [
        "…got …, expected …: nothing else can be granted to other accounts",
        "…got …, expected the resource itself, …",
        "…got …, expected principals of other accounts ('AWS')",
        "policy document: got no statement, expected at least one",
    ],
    "docs/errors/equipment.md#own-account": [
        "… of the resource's own account, expected other accounts: …",
    ],
    "docs/errors/equipment.md#any-principal": [
        "…got principal '*', expected accounts, or a condition such as aws:PrincipalOrgID that says whose they are",
    ],
    "docs/errors/equipment.md#policy-too-long": [
        "policy document: got … characters, expected at most …",
    ],
    "docs/errors/equipment.md#inference-data": [
        "inference_data of …: got …, expected None: it is a condition of importing models",
    ],
    "docs/errors/equipment.md#schema-too-long": [
        "schema of …: got … characters, expected at most …: write it into a file, …",
        "schema of …: got more than … characters, expected at most …",
    ],
    "docs/errors/equipment.md#column-type": [
        "….Type of …: got …, expected …: the first column is the time, the others are sensors",
    ],
    "docs/errors/equipment.md#key-pattern-needed": [
        "key_pattern of …: got None, expected a KeyPattern: the first ingestion detects the dataset's schema by it",
    ],
    "docs/errors/equipment.md#key-pattern": [
        "pattern of …: got …, expected at most 2048 characters with {component_name} in them",
    ],
    "docs/errors/equipment.md#gate-not-awaited": [
        "gate of …: got Wait.started(), expected Wait.until_ready(): the figures come when it is …",
    ],
    "docs/errors/equipment.md#data-gate-limit": [
        "… of …: got …, expected a whole number from 0 on, or None for no limit",
    ],
    "docs/errors/equipment.md#model-share": [
        "ModelShare of …: got …, expected a model, shared with all its versions, or single versions of it",
        "ModelShare of …: got nobody, expected with_accounts, with_principals or both",
    ],
    "docs/errors/equipment.md#import-version": [
        "source version of …: got …, expected either source_version, of source_model_arn, or source_model_version_arn",
        "source_model_arn of …: got None, expected the model that source_version is a version of",
    ],
    "docs/errors/equipment.md#import-region": [
        "… of …: got …, expected an ARN of the stack's Region, …",
    ],
    "docs/errors/equipment.md#monitored-models": [
        "Monitoring of …: got …, expected 1 to …; make another one for more",
        "models of …: got none, expected at least one model",
    ],
    "docs/errors/equipment.md#not-monitored": [
        "… of …: got what is not watched, expected one of its …",
    ],
    "docs/errors/equipment.md#upload-frequency": [
        "data_upload_frequency of …: got …, expected 5, 10, 15, 30 or 60 minutes",
    ],
    "docs/errors/equipment.md#upload-frequency-of-the-model": [
        "data_upload_frequency of …: got …, expected at least the target_sampling_rate of the model, …",
    ],
    "docs/errors/equipment.md#output-among-input": [
        "output_prefix of …: got …, expected another one than input_prefix, or another bucket",
    ],
    "docs/errors/equipment.md#second-scheduler": [
        "… of …: got a second one of the model, after …, expected one",
    ],
    "docs/errors/equipment.md#model-not-awaited": [
        "model of …: got one with Wait.started(), expected one with Wait.until_ready(): …",
    ],
    "docs/errors/equipment.md#model-elsewhere": [
        "model of …: got one of …, expected one of the stack's account and Region; import it first",
    ],
    "docs/errors/equipment.md#managed-promotion": [
        "promote_mode of …: got MANAGED beside …, expected PromoteMode.MANUAL, since …",
    ],
    "docs/errors/equipment.md#retraining-frequency": [
        "frequency of …: got …, expected 30 days to 1 year of days, months and years, …",
    ],
    "docs/errors/equipment.md#required-quality": [
        "require_quality of …: got …, expected a list of …",
    ],
    "docs/errors/equipment.md#fault-codes": [
        "fault_codes of …: got …, expected a list: at most … different texts of 1 to … characters",
        "fault_codes of …: got …, expected at most … different texts of 1 to … characters",
    ],
    "docs/errors/equipment.md#fault-code": [
        "fault_code of …: got …, expected one of …",
        "fault_code of …: got …, expected none: the group has no fault codes",
    ],
    "docs/errors/equipment.md#too-many-labels": [
        "label_group of …: got label … of …, expected at most …, as each takes a tag of the group: …",
    ],
    "docs/errors/equipment.md#second-label-set": [
        "label_group of …: got a second set for …, after …, expected one per group",
    ],
    "docs/errors/equipment.md#schema-json": [
        "schema of …: got …, expected JSON",
    ],
    "docs/errors/equipment.md#schema-components": [
        "Components… of …: got … twice, expected different names",
        "Components of …: got …, expected at most …",
        "columns of …: got … in all, expected at most …",
        "Components….Columns of …: got no sensor, expected at least one sensor after the time",
        "schema.Components of …: got …, expected a list that is not empty",
        "Components….Columns… of …: got …, expected an object with Name and Type",
        "Components… of …: got …, expected 1 to 200 letters (A to Z), digits…",
        "sensors of … of …: got …, expected a list of names",
    ],
    "docs/errors/equipment.md#time-zone-offset": [
        "input_time_zone_offset of …: got …, expected -12:00 to +12:00 in steps of 30 minutes, such as +05:30",
    ],
    "docs/errors/equipment.md#object-key": [
        "key of …: got …, expected 1 to 1024 characters without * and ?",
    ],
    "docs/errors/equipment.md#data-delay-offset": [
        "data_delay_offset of …: got …, expected whole minutes from 0 to 60",
    ],
    "docs/errors/vision.md#project-name": [
        "project_name of …: got …, expected 1 to 255 letters, digits, hyphens and underscores, …",
    ],
    "docs/errors/vision.md#second-vision-dataset": [
        "dataset_type of …: got a second …, after …, expected one of each",
    ],
    "docs/errors/vision.md#anomaly-prefix": [
        "anomaly_prefix of …: got …, expected a folder beside normal_prefix, …",
    ],
    "docs/errors/vision.md#images-gate": [
        "min_… of …: got …, expected a whole number from 0 on, or None",
    ],
    "docs/errors/vision.md#vision-description": [
        "description of …: got …, expected 1 to 500 letters, digits, hyphens, underscores and full stops (no spaces)",
    ],
    "docs/errors/vision.md#keep-versions": [
        "keep_versions of …: got …, expected a whole number from 1",
    ],
    "docs/errors/vision.md#second-hosted-model": [
        "HostedModel of …: got a second one of the model, after …, expected one",
    ],
    "docs/errors/vision.md#hosting-wait": [
        "wait of …: got …, expected at most 55 minutes: it takes 10 to 20",
    ],
    "docs/errors/vision.md#hour": [
        "… of …: got …, expected a time from 00:00 to 23:59",
    ],
    "docs/errors/vision.md#second-hosting-hours": [
        "HostingHours of …: got a second one of the hosted model, expected one",
    ],
    "docs/errors/vision.md#compiler-options": [
        "compiler_options of …: got …, expected at most … characters as JSON",
    ],
    "docs/errors/vision.md#component-of-a-package": [
        "component_name of …: got …, expected 1 to 128 letters, digits, hyphens, underscores and full stops",
        "component_version of …: got …, expected three numbers of up to six digits, such as 1.0.0",
        "component_tags of …: got …, expected tags that AWS takes",
        "gpu_code of …: got …, expected a code such as sm_…",
        "cuda_version of …: got …, expected a version such as 10.2",
        "tensorrt_version of …: got …, expected a version such as 7.1.3",
    ],
    "docs/errors/files.md#encoding": [
        "line …, character …: got the byte …, expected UTF-8",
        "file…: got UTF-16, expected UTF-8",
    ],
    "docs/errors/files.md#nul-byte": [
        "line …, character …: got a NUL byte, expected text",
    ],
    "docs/errors/files.md#long-line": [
        "line …: got a line of more than … bytes, expected a shorter one",
    ],
    "docs/errors/files.md#quotation-mark": [
        "line …: got a quotation mark that nothing closes, expected CSV",
        "line …: got a cell of more than … characters, or a quotation mark that nothing closes, expected CSV",
        "line …: got text behind a closing quotation mark, expected CSV",
    ],
    "docs/errors/files.md#sensor-header": [
        "it has no header: line … begins with …, expected names of columns",
    ],
    "docs/errors/files.md#sensor-columns": [
        "line …: got …, expected at least two columns, with commas between them",
    ],
    "docs/errors/files.md#sensor-name": [
        "line …, column …: got the name …, expected 1 to 200 letters (A to Z), digits and : # $ . - _",
        "line …, column …: got the name … again, expected different names",
    ],
    "docs/errors/files.md#sensor-times": [
        "…, expected at least one row with a time in a supported format: …",
    ],
    "docs/errors/files.md#labels-of-a-training": [
        "line …, start: got …, expected a time, and no header: …",
        "line …: got …, expected two columns, start and end",
        "line …, end: got …, expected a time that is not before the start",
    ],
    "docs/errors/files.md#empty-image": [
        "… the file is empty, expected an image in the format …",
    ],
    "docs/errors/files.md#color-map": [
        "….internal-color-map…: got … in …, expected … for … and for no other",
    ],
    "docs/errors/files.md#json": [
        "…not UTF-8: …",
        "…more than … levels deep…",
        "…the member … occurs more than once…",
        "…got …, expected a finite number…",
        "…got a number of … digits…",
        "…got one half of a surrogate pair, expected characters…",
        "… at …column …",
    ],
    "docs/errors/files.md#label-file": [
        "line …: got …, expected the columns …",
        "line …: got … cells, expected … as in the header",
        "line …: got the label of line …, expected it once",
        "line …, …: got …, expected a time after the start, …",
        "line …, …: got …, expected one of …",
        "line …, …: got …, expected at most … characters",
        "label from …, fault_code: got …, expected one of …",
        "line …, start: got …, expected a time with its offset from UTC, …",
        "line …, end: got …, expected a time with its offset from UTC, …",
    ],
    "docs/errors/files.md#label-file-too-long": [
        "file…: got … labels, expected at most …",
        "file…: got more than … bytes, expected at most … labels",
    ],
    "docs/errors/files.md#label-file-empty": [
        "file…: got nothing, expected a header with …",
    ],
}
