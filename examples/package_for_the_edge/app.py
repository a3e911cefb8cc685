"""A model of Lookout for Vision goes to the machines: as a component for AWS IoT Greengrass, for each kind of device.

The model is there already, and so is the bucket into which the components go. The model's ARN and the bucket's name
come in as context: `cdk deploy -c model=… -c bucket=…`. With another version of the model, there are other versions of
the components.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import vision

TARGETS = {
    "Camera": vision.PackagingTarget.jetson_xavier(),
    "Gateway": vision.PackagingTarget.linux(vision.Architecture.X86_64, compiler_options={"mcpu": "skylake-avx512"}),
}


class PackageForTheEdge(cdk.Stack):
    """A component for each kind of device."""

    def __init__(self, scope: Construct, id: str, *, model_arn: str, bucket_name: str) -> None:
        super().__init__(scope, id, description="Packages a model for AWS IoT Greengrass")
        inspection = vision.Model.from_model_arn(self, "Inspection", model_arn)
        files = s3.Bucket.from_bucket_name(self, "Files", bucket_name)
        for device, target in TARGETS.items():
            packaged = vision.ModelPackagingJob(
                self,
                device,
                model=inspection,
                target=target,
                # Its version is that of the model: 2.0.0 is the component of version 2.
                component_name=f"inspection.{device.lower()}",
                output_bucket=files,
                output_prefix="components/",
            )
            cdk.CfnOutput(self, f"{device}Component", value=packaged.component_version_arn)
            cdk.CfnOutput(self, f"{device}Version", value=packaged.component_version)


def main() -> None:
    app = cdk.App()
    model_arn, bucket_name = app.node.try_get_context("model"), app.node.try_get_context("bucket")
    if not (model_arn and bucket_name):
        raise SystemExit(
            "app.py: got no model or no bucket, expected ARN and name as the context keys model and bucket"
        )
    PackageForTheEdge(app, "PackageForTheEdge", model_arn=model_arn, bucket_name=bucket_name)
    app.synth()


if __name__ == "__main__":
    main()
