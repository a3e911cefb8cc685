"""Where the documentation has a message of this package. This module is generated: `make docs` writes it."""

from __future__ import annotations

#: The messages of every section; `…` stands for what differs from case to case.
SECTIONS: dict[str, list[str]] = {
    "docs/errors/deployment.md#not-ours": [
        "… exists and was not made by this stack; it was not touched: …",
    ],
    "docs/errors/deployment.md#belongs-to-another": [
        "… exists and belongs to …; it was not touched: …",
    ],
    "docs/errors/deployment.md#unproven": [
        "… exists and nothing proves that this stack made it; it was not touched: …",
    ],
    "docs/errors/deployment.md#models-of-others": [
        "… has models that are not this stack's alone, and nothing was touched: delete version …",
    ],
    "docs/errors/deployment.md#put-back": [
        "… failed: …; what was in it before was put back",
        "… failed: …; what was in it before could not be put back, it is in …",
    ],
    "docs/errors/deployment.md#manifest": [
        "…line …: got …, expected a JSON object with a source-ref s3://…",
        "…line …: got … characters, expected at most …",
        "…got images in …, expected all in one bucket",
        "…got no image, expected at least one",
        "…: …s3://…: …",
    ],
    "docs/errors/deployment.md#unreadable-object": [
        "cannot read …: …",
        "cannot read …: got more than … bytes, expected a smaller file",
    ],
    "docs/errors/deployment.md#not-deleted": [
        "… was not deleted: …",
    ],
    "docs/errors/deployment.md#renamed-and-changed": [
        "… is held by another construct of this stack, and is otherwise than desired: …",
    ],
    "docs/errors/deployment.md#explicit-name": [
        "… cannot change in place, and an explicit name leaves no room for a second one beside it; …",
    ],
    "docs/errors/deployment.md#left-behind": [
        "… was left by an earlier deployment of this stack with another …; delete it, or give this one another name",
    ],
    "docs/errors/deployment.md#adoption-differs": [
        "… exists with another …, so it cannot be adopted",
    ],
    "docs/errors/deployment.md#version-gate": [
        "version … does not pass its gate, so version … stays active: …",
    ],
    "docs/errors/deployment.md#gate": [
        "… does not pass its gate: …",
    ],
    "docs/errors/deployment.md#no-version": [
        "model … has no version… that can be used…: …",
    ],
    "docs/errors/deployment.md#time-without-offset": [
        "…: got …, expected a time with its offset from UTC, such as 2024-01-31T00:00:00Z",
    ],
    "docs/errors/deployment.md#service-failed": [
        "… failed: …",
    ],
    "docs/errors/deployment.md#labels-in-a-bucket": [
        "labels in s3://…: …",
        "labels for …: …",
    ],
    "docs/errors/deployment.md#end-before-start": [
        "EndTime: got …, expected a time after StartTime …",
    ],
    "docs/errors/deployment.md#data-gate": [
        "… does not pass its gate: … is …, expected …",
    ],
    "docs/errors/deployment.md#data-kept": [
        "…; dataset … has the data of job … now, and keeps them when this is rolled back: …",
    ],
    "docs/errors/deployment.md#version-stays": [
        "…; version … stays as it is, the API cannot delete one",
    ],
    "docs/errors/deployment.md#not-finished": [
        "…: not finished after … seconds…",
    ],
    "docs/errors/deployment.md#disappeared": [
        "… disappeared while it was being made",
    ],
    "docs/errors/deployment.md#access-denied": [
        "… - the provider's role needs this permission, and so does what it imports from another account: …",
    ],
    "docs/errors/deployment.md#in-use": [
        "… - something else uses or changes it; try again when that is gone or done",
    ],
    "docs/errors/deployment.md#no-endpoint": [
        "… - the service does not answer at its endpoint, see endpoint_url of LookoutProvider",
    ],
    "docs/errors/deployment.md#endpoint-credentials": [
        "endpoint_credentials: secret …: got …, expected JSON with access_key and secret_access_key, …",
        "endpoint_credentials: secret …: got …, expected a secret that exists and that the function can reach and …",
        "… - the endpoint refuses the key in secret …: put a valid one there",
    ],
    "docs/errors/deployment.md#no-model": [
        "DescribeModel: ResourceNotFoundException: there is no model …",
    ],
    "docs/errors/deployment.md#version-not-ready": [
        "UpdateActiveModelVersion: …: version … is not ready",
        "UpdateActiveModelVersion: …: the version is …",
    ],
    "docs/errors/deployment.md#property-value": [
        "…: got …, expected one of …",
        "…: got …, expected a list",
        "…: got …, expected a map…",
        "…: got …, expected a number…",
        "…: got …, expected a whole number",
        "…: got …, expected true or false",
        "…: unknown …, expected one of …",
        "…: got a list, expected a …",
        "…: got a map, expected a …",
        "Options.WaitSeconds: got …, expected whole seconds",
        "Options.Images: got …, expected Bucket, Normal and Anomaly",
        "….Days: got …, expected some of …",
        "…: got …, expected a time such as 08:00",
        "…: got a list, expected an …",
        "…: got a map, expected an …",
    ],
    "docs/errors/deployment.md#schema-object": [
        "Options.DatasetSchemaObject: cannot read the schema: …",
        "Options.DatasetSchemaObject: …: …",
    ],
    "docs/errors/deployment.md#too-large-to-remember": [
        "… bytes to remember, Step Functions takes …",
    ],
    "docs/errors/deployment.md#waiting-failed": [
        "waiting failed: …",
    ],
    "docs/errors/deployment.md#no-answer": [
        "the provider's function ended without an answer (…); its log has the details",
    ],
    "docs/errors/deployment.md#out-of-time": [
        "the provider's function ran out of time",
    ],
    "docs/errors/deployment.md#foreign-event": [
        "StackId: got …, expected that of the stack which the function is in",
    ],
    "docs/errors/deployment.md#foreign-response-url": [
        "ResponseURL: got another host, expected https and one of Amazon S3",
    ],
    "docs/errors/deployment.md#too-late": [
        "too late: the deletion of what it would make has begun",
    ],
    "docs/errors/deployment.md#too-late-for-a-rollback": [
        "too late: a later event of the same resource has come before it",
    ],
    "docs/errors/deployment.md#other-scheduler": [
        "…: a model has one, so remove that first, which takes a deployment of its own, …",
    ],
    "docs/errors/deployment.md#model-quality": [
        "…: model … is not good enough to run: …",
    ],
    "docs/errors/deployment.md#desired-state": [
        "Options.…: got …, expected … or …",
    ],
    "docs/errors/deployment.md#started-by-others": [
        "model … is …, and was not started by this stack; it was not touched: stop it first",
    ],
    "docs/errors/deployment.md#hosting-failed": [
        "… cannot be started: …",
    ],
    "docs/errors/deployment.md#hosted-elsewhere": [
        "…: … is hosted by …",
    ],
    "docs/errors/deployment.md#keep": [
        "Options.Keep: got …, expected a whole number from 1",
    ],
    "docs/errors/deployment.md#inference-units": [
        "…: got …, expected …, which is …, or more",
    ],
    "docs/errors/deployment.md#time-zone": [
        "….TimeZone: got …, expected the name of a time zone",
    ],
    "docs/errors/deployment.md#label-source": [
        "Options.Source: got no Bucket and Key, expected those of the file of labels",
    ],
    "docs/errors/deployment.md#being-deleted": [
        "DescribeDataset: DELETE_IN_PROGRESS: it is being deleted",
    ],
    "docs/errors/deployment.md#wait-target": [
        "properties: unknown …, expected Options only",
        "Options.…: got nothing, expected the resource to wait for",
        "Options.Target: got …, which does not exist (any more)",
    ],
    "docs/errors/deployment.md#other-scheduler-goes-first": [
        "CreateInferenceScheduler: …: … goes first",
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
