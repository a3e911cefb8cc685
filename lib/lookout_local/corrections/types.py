"""Which resource types are custom resources."""


def is_custom(resource_type: str) -> bool:
    """Whether a resource of this type is made by a function of the user's."""
    return resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource"
