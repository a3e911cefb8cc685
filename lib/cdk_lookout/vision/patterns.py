"""What the service's API takes: the patterns of its model, in words where they meet a reader."""

from __future__ import annotations

from cdk_lookout.validation import check_pattern

_PROJECT = r"[a-zA-Z0-9][a-zA-Z0-9_\-]{0,254}"
_PROJECT_ARN = rf"arn:aws(-[^:]+)?:lookoutvision:[a-zA-Z0-9\-]*:[0-9]{{12}}:project/{_PROJECT}"

_MODEL_ARN = rf"arn:aws(-[^:]+)?:lookoutvision:[a-zA-Z0-9\-]*:[0-9]{{12}}:model/{_PROJECT}/[1-9][0-9]{{0,9}}"
_KEY_CHARACTER = r"[a-zA-Z0-9!_.*'()-]"


def check_project_name(where: object, name: str) -> str:
    """*name*, if it is one of a project; raises InvalidProperty otherwise."""
    expected = "1 to 255 letters, digits, hyphens and underscores, the first a letter or digit"
    return check_pattern("project_name", where, name, _PROJECT, expected)


def check_project_arn(where: object, arn: str) -> str:
    """*arn*, if it is one of a project; raises InvalidProperty otherwise."""
    return check_pattern(
        "project_arn", where, arn, _PROJECT_ARN, "arn:aws:lookoutvision:<region>:<account>:project/<name>"
    )


def check_model_arn(where: object, arn: str) -> str:
    """*arn*, if it is one of a model; raises InvalidProperty otherwise."""
    expected = "arn:aws:lookoutvision:<region>:<account>:model/<project>/<version>"
    return check_pattern("model_arn", where, arn, _MODEL_ARN, expected)


def check_description(where: object, description: str) -> str:
    """*description*, if it is one of a model; raises InvalidProperty otherwise."""
    expected = "1 to 500 letters, digits, hyphens, underscores and full stops (no spaces)"
    return check_pattern("description", where, description, r"[0-9A-Za-z.\-_]{1,500}", expected)


def check_prefix(what: str, where: object, prefix: str) -> str:
    """*prefix*, if objects may begin with it; raises InvalidProperty otherwise."""
    expected = "at most 1024 letters, digits and ! _ . * ' ( ) - / without a slash at its beginning"
    return check_pattern(what, where, prefix, rf"{_KEY_CHARACTER}(/|{_KEY_CHARACTER}){{0,1023}}", expected)
