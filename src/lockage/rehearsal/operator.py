"""Whoever owns the accounts: asks and makes as the root of an account, which no job of the pipeline ever is."""

from typing import Any

import boto3
import msgspec
from botocore.config import Config

from lockage.rehearsal.embedded import EmbeddedAws

_NO_PROXY: dict[str, str] = {}
_ANY = "any"
"""The emulator takes any secret of an account's root."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Temporary credentials of a role, or an account's root."""

    key: str
    secret: str
    token: str = ""


class Operator:
    """The root of one account in one Region of an embedded AWS.

    Args:
        aws: the embedded AWS, running.
        account: 12 digits.
        region: where the account's things are.
    """

    def __init__(self, aws: EmbeddedAws, account: str, region: str) -> None:
        self.aws = aws
        self.account = account
        self.region = region
        self._session = boto3.Session(account, _ANY, region_name=region)
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """A boto3 client; made once."""
        if service not in self._clients:
            config = Config(proxies=_NO_PROXY, retries={"max_attempts": 2}, read_timeout=90)
            self._clients[service] = self._session.client(service, endpoint_url=self.aws.endpoint, config=config)
        return self._clients[service]

    def credentials(self) -> Credentials:
        """The root's own."""
        return Credentials(key=self.account, secret=_ANY)

    def assume(self, role: str) -> Credentials:
        """Take a role of this account, as a job does by its OIDC token."""
        answer = self.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{self.account}:role/{role}", RoleSessionName="rehearsal"
        )["Credentials"]
        return Credentials(key=answer["AccessKeyId"], secret=answer["SecretAccessKey"], token=answer["SessionToken"])
