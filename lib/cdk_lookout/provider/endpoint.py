"""Where the Lookout API is, when that is not at AWS, and whose key signs there."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_lookout.validation import check_kind, check_pattern, invalid


@dataclass(frozen=True)
class Endpoint:
    """Where functions find the API; nothing is AWS's own, and the function's role signs where no secret has a key."""

    url: str | None = None
    credentials: secretsmanager.ISecret | None = None

    @classmethod
    def checked(cls, where: str, url: str | None, credentials: secretsmanager.ISecret | None) -> Endpoint:
        """The endpoint of *where*; raises InvalidProperty for what is none."""
        if url is not None:
            check_pattern("endpoint_url", where, url, r"https?://[^\s/]\S*", "http://... or https://...")
        if credentials is not None:
            kind = "a secret, such as Secret.from_secret_name_v2 gives"
            check_kind("endpoint_credentials", where, credentials, "secret_arn", kind)
            if url is None:
                raise invalid("endpoint_url", where, None, "the endpoint that endpoint_credentials are for")
        return cls(url, credentials)

    @property
    def environment(self) -> dict[str, str]:
        """What a function has to know."""
        found = {}
        if self.url is not None:
            found["LOOKOUT_ENDPOINT_URL"] = self.url
        if self.credentials is not None:
            found["LOOKOUT_ENDPOINT_SECRET"] = self.credentials.secret_arn
        return found

    @property
    def statements(self) -> list[iam.PolicyStatement]:
        """What a function needs in order to read the key: this secret, and its KMS key through Secrets Manager only.

        They are the function's own, so that they stay until its last Delete. What a grant would add besides, to the
        policies of secret and key, would be for their owner to take away at any time.
        """
        secret = self.credentials
        if secret is None:
            return []
        # Secrets Manager adds six characters to the name, which who knows the name alone does not know.
        arn = secret.secret_full_arn or f"{secret.secret_arn}-??????"
        found = [iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[arn])]
        if secret.encryption_key is not None:
            via = f"secretsmanager.{secret.env.region}.amazonaws.com"
            found.append(
                iam.PolicyStatement(
                    actions=["kms:Decrypt"],
                    resources=[secret.encryption_key.key_arn],
                    conditions={"StringEquals": {"kms:ViaService": via}},
                )
            )
        return found
