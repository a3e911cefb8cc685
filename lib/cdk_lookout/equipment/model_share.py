"""The sharing side of an import across accounts."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk_lookout.equipment.interfaces import IDataset, IModel, IModelVersion
from cdk_lookout.validation import Quoted, check_kind, check_pattern, invalid


class ModelShare(Construct):
    """Lets other accounts import a model and the dataset that it works on; `ModelImport` is the other side.

    It belongs into the account and Region of dataset and model. It calls `grant_import` of both, which makes their
    resource policies and grants their keys, and puts out the ARNs: no name leads to an ARN of the service. Labels,
    inference schedulers and retraining schedulers are never shared: the service copies none of them.

    API: PutResourcePolicy.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset: IDataset,
        model: IModel | None = None,
        versions: Sequence[IModelVersion] = (),
        with_accounts: Sequence[str] = (),
        with_principals: Sequence[iam.IPrincipal] = (),
        inference_data: bool | None = None,
        parameter_prefix: str | None = None,
    ) -> None:
        """Share *dataset*, and *model* or *versions*.

        :param dataset: what the model works on; it is imported first.
        :param model: shared with all its versions, those to come included. Default: *versions* say what is shared.
        :param versions: the only versions of one model that are shared, such as `[model.version(3)]`. Default: *model*
            says what is shared.
        :param with_accounts: accounts that may import, 12 digits each. Which role imports is not known on this side, so
            the whole account is allowed; its own IAM says who of it. Default: none.
        :param with_principals: principals of other accounts that may import, such as a single role
            (`iam.ArnPrincipal`) or an organization (`iam.OrganizationPrincipal`). Default: none.
        :param inference_data: whether the inference data that have accumulated must (True) or must not (False) be
            imported along. Default: the importing side decides.
        :param parameter_prefix: the path under which SSM parameters of this account hold the ARNs, too, such as
            `/lookout/wear` for `/lookout/wear/dataset-arn` and `/lookout/wear/model-arn`. Default: outputs only.
        :raises InvalidProperty: unless either *model* or *versions* are given, and somebody to share with; when
            something is no dataset, model, version or account, and when an ARN is not known.
        """
        super().__init__(scope, id)
        where = self.node.path
        check_kind("dataset", where, dataset, "dataset_arn", "a dataset")
        if (model is None) == (not versions):
            got = Quoted("neither model nor versions" if model is None else "both model and versions")
            raise invalid("ModelShare", where, got, "a model, shared with all its versions, or single versions of it")
        if model is not None:
            check_kind("model", where, model, "version", "a model")
        for version in versions:
            check_kind("versions", where, version, "model_version_arn", "model versions, such as model.version(1)")
        if not with_accounts and not with_principals:
            raise invalid("ModelShare", where, Quoted("nobody"), "with_accounts, with_principals or both")
        for account in with_accounts:
            check_pattern("with_accounts", where, account, "[0-9]{12}", "accounts, 12 digits each")
        if parameter_prefix is not None:
            expected = "a path that begins and does not end with a slash, such as /lookout/wear"
            check_pattern("parameter_prefix", where, parameter_prefix, r"(/[a-zA-Z0-9_.-]+)+", expected)
        self._prefix = parameter_prefix

        shared: Sequence[IModel | IModelVersion] = versions if model is None else [model]
        for grantee in (*(iam.AccountPrincipal(account) for account in with_accounts), *with_principals):
            dataset.grant_import(grantee)
            for target in shared:
                target.grant_import(grantee, inference_data=inference_data)
        for encrypted in (dataset, *shared):
            self._warn_of_key(encrypted)

        self._dataset_arn = self._put_out("DatasetArn", dataset.dataset_arn, "The dataset to import")
        self._model_arn = self._put_out("ModelArn", shared[0].model_arn, "The model to import")
        if versions:
            arns = ",".join(version.model_version_arn for version in versions)
            self._put_out("ModelVersionArns", arns, "The versions that can be imported")

    @property
    def dataset_arn(self) -> cdk.CfnOutput:
        """The output with the ARN of the dataset; `override_logical_id` gives it another name."""
        return self._dataset_arn

    @property
    def model_arn(self) -> cdk.CfnOutput:
        """The output with the ARN of the model; `override_logical_id` gives it another name."""
        return self._model_arn

    def _put_out(self, name: str, arn: str, description: str) -> cdk.CfnOutput:
        if self._prefix is not None:
            kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
            ssm.StringParameter(
                self, f"{name}Parameter", parameter_name=f"{self._prefix}/{kebab}", string_value=arn,
                description=description,
            )  # fmt: skip
        return cdk.CfnOutput(self, name, value=arn, description=description)

    def _warn_of_key(self, shared: IDataset | IModel | IModelVersion) -> None:
        """The policy of a key that is not of this app cannot be changed from here, and nothing else says so."""
        key = shared.encryption_key
        if key is not None and key.node.default_child is None:
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-lookout:key-elsewhere",
                f"key of {self.node.path}: got {key.node.path}, which is referred to by its ARN, expected one of this "
                "app: its policy must let the importing principals use it, and is not changed from here",
            )
