"""Whoever owns the accounts: asks and makes as the root of an account, which no job of the pipeline ever is."""

from typing import Any

import boto3
from botocore.config import Config

from lockage.aws.sessions import open_session
from lockage.rehearsal.embedded import EmbeddedAws

_CONFIG = Config(proxies={}, retries={"max_attempts": 2}, read_timeout=90)
_ANY = "any"
"""The emulator takes any secret of an account's root."""


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
        self._session = open_session(account, _ANY, region=region)
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """A boto3 client; made once."""
        if service not in self._clients:
            made = self._session.client(service, endpoint_url=self.aws.endpoint, config=_CONFIG)
            self._clients[service] = made
        return self._clients[service]

    def session_of(self, role: str) -> boto3.Session:
        """What a job of the pipeline has: a role of this account, taken here as a job does by its token."""
        taken = self.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{self.account}:role/{role}", RoleSessionName="rehearsal"
        )["Credentials"]
        return open_session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"], region=self.region)
